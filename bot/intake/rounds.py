"""What one commit of the intake does: store, claim, mark done, refill, give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from bot.intake.lines import Outcomes
from storage import inbox
from storage.inbox import Entry
from storage.tx import Tx

# So many chats are taken over from the table in one round; the next round takes the next.
ADOPT_AT_ONCE = 100


@dataclass
class Plan:
    """Say what a round shall write.

    A chat in `behind` or `give_back` has nothing in memory; one in `left` has updates in the table that a
    process before this one left there. Of a held chat `known` are the updates in memory, where these should
    be all there are.
    """

    entries: Sequence[Entry]
    outcomes: Outcomes
    held: frozenset[int] = frozenset()
    known: Mapping[int, list[int]] = field(default_factory=dict)
    left: Set[int] = frozenset()
    behind: tuple[int, ...] = ()
    give_back: list[int] = field(default_factory=list)
    room: int = 0
    room_per_chat: int = 0
    scan: bool = False
    renew: bool = False


@dataclass
class Written:
    """Say what a round has written."""

    new: set[int] = field(default_factory=set)
    claimed: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    given_back: set[int] = field(default_factory=set)
    behind: set[int] = field(default_factory=set)
    filled: list[tuple[int, list[Entry], bool]] = field(default_factory=list)
    unfilled: bool = False
    taken: int = 0


async def recover(tx: Tx, holder: str, now: float) -> set[int]:
    """Take over from processes that died; return the chats with updates that wait."""
    at = inbox.clock_of_claims(tx, now)
    await inbox.recover(tx, holder, at)
    return set(await inbox.waiting_chats(tx, at))


async def keep(tx: Tx, entries: Sequence[Entry]) -> None:
    """Store without claiming; a later scan finds the chats."""
    await inbox.store(tx, entries)


async def run(tx: Tx, plan: Plan, holder: str, now: float, seconds: float) -> Written:
    """Write a plan in one transaction."""
    written = Written()
    if plan.entries:
        written.new = await inbox.store(tx, plan.entries)
    await _mark(tx, plan.outcomes, now)
    at = inbox.clock_of_claims(tx, now)
    if plan.renew and plan.held:
        ours = await inbox.renew_chats(tx, list(plan.held), holder, at, seconds)
        written.lost = set(plan.held) - ours
    await _claim(tx, plan, written, holder, at, seconds)
    await _look_for_strangers(tx, plan, written)
    await _give_back(tx, plan, written, holder)
    if plan.scan or (tx.dialect != "sqlite" and written.given_back):
        await _adopt(tx, plan, written, holder, at, seconds)
    for chat_key in plan.behind:
        await _fill(tx, chat_key, plan, written)
    return written


async def settle(tx: Tx, plan: Plan, holder: str, now: float) -> None:
    """Write what is left at the end, and give every chat back."""
    if plan.entries:
        await inbox.store(tx, plan.entries)
    await _mark(tx, plan.outcomes, now)
    if plan.give_back:
        await inbox.release_chats(tx, plan.give_back, holder)


async def _mark(tx: Tx, outcomes: Outcomes, now: float) -> None:
    if outcomes.done:
        await inbox.done(tx, outcomes.done, now)
    for failure in outcomes.failed:
        if failure.last:
            await inbox.bury(tx, failure.update_id, failure.error)
        else:
            await inbox.failed(tx, failure.update_id, failure.error, now, failure.counts)
    for update_id, error in outcomes.buried:
        await inbox.bury(tx, update_id, error)


async def _claim(
    tx: Tx, plan: Plan, written: Written, holder: str, now: float | None, seconds: float
) -> None:
    chats = {entry.chat_key for entry in plan.entries if entry.update_id in written.new}
    if wanted := chats - plan.held:
        written.claimed = await inbox.claim_chats(tx, list(wanted), holder, now, seconds)
    # What was left in the table comes before what came now. On SQLite we know where something is left.
    doubted = written.claimed & plan.left if tx.dialect == "sqlite" else written.claimed
    for chat_key in sorted(doubted):
        await _fill(tx, chat_key, plan, written)


async def _look_for_strangers(tx: Tx, plan: Plan, written: Written) -> None:
    """Note the held chats for which another process, which could not claim them, has stored something.

    It comes before what came now, so the line of such a chat is filled from the table. On SQLite nobody
    else stores anything.
    """
    chats = {entry.chat_key for entry in plan.entries} & plan.known.keys()
    if chats and tx.dialect != "sqlite":
        known = [update_id for chat in chats for update_id in plan.known[chat]]
        written.behind = await inbox.strangers(tx, list(chats), [*known, *written.new])


async def _give_back(tx: Tx, plan: Plan, written: Written, holder: str) -> None:
    fresh = {entry.chat_key for entry in plan.entries if entry.update_id in written.new}
    written.given_back = set(plan.give_back) - fresh - written.lost
    if written.given_back:
        await inbox.release_chats(tx, list(written.given_back), holder)


async def _adopt(
    tx: Tx, plan: Plan, written: Written, holder: str, now: float | None, seconds: float
) -> None:
    """Claim chats that wait in the table and nobody works on, ours just given back included.

    After the release, not before: an update that another process stores meanwhile is seen here or there.
    """
    ours = (plan.held - written.given_back) | written.claimed
    waiting = [chat for chat in await inbox.waiting_chats(tx, now) if chat not in ours]
    wanted = waiting[:ADOPT_AT_ONCE]
    written.unfilled = len(wanted) < len(waiting)
    if wanted:
        adopted = await inbox.claim_chats(tx, wanted, holder, now, seconds)
        written.given_back -= adopted
        for chat_key in (chat for chat in wanted if chat in adopted):
            await _fill(tx, chat_key, plan, written)


async def _fill(tx: Tx, chat_key: int, plan: Plan, written: Written) -> None:
    room = min(plan.room - written.taken, plan.room_per_chat)
    if chat_key in written.lost:
        return
    entries = await inbox.pending(tx, chat_key, room) if room > 0 else []
    written.taken += len(entries)
    written.filled.append((chat_key, entries, len(entries) >= room))
