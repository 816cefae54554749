"""Keep updates safe before anyone is told so: one commit for all that waits, done marks with it.

Everything the intake writes goes through the rounds of one task. So no chat can be given back in the same
moment in which an update for it is stored: the next round sees both.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.intake import rounds, updates
from bot.intake.dispatch import Dispatch
from bot.intake.lines import Outcomes
from bot.intake.ratelimit import Decision, RateLimiter
from bot.intake.rounds import Plan, Written
from bot.metrics import Metrics
from services.clock import Clock
from services.outages import Outage
from services.steps import Reached, nothing
from storage.database import Database
from storage.inbox import Entry
from storage.supervisor import Supervisor

log = logging.getLogger(__name__)

# Done marks wait this long for others, and for updates to be stored, to share a commit with.
GATHER_SECONDS = 0.02
CLAIM_SECONDS = 30.0
RENEW_SECONDS = 10.0
# How often the table is searched for chats nobody works on: another process may have died.
SCAN_SECONDS = {"sqlite": 30.0, "postgresql": 2.0}
COMPANY_SECONDS = 0.002
PAUSE_SECONDS = 0.5


class NotStored(Exception):
    """Say that an update is not safe: the caller must not acknowledge it."""


@dataclass
class Waiter:
    """Hold a caller until its updates are committed."""

    entries: list[Entry]
    settled: asyncio.Future[None]

    def settle(self, error: Exception | None = None) -> None:
        """Tell the caller, if it still waits."""
        if self.settled.done():
            return
        if error is None:
            self.settled.set_result(None)
        else:
            self.settled.set_exception(NotStored(str(error)))


class Store:
    """Store updates and settle what became of them, many in one commit."""

    def __init__(
        self,
        db: Database,
        dispatch: Dispatch,
        clock: Clock,
        metrics: Metrics,
        *,
        holder: str,
        gather: float = GATHER_SECONDS,
        scan: float | None = None,
        gate: RateLimiter | None = None,
        reached: Reached = nothing,
        supervisor: Supervisor | None = None,
    ) -> None:
        self._db = db
        self._dispatch = dispatch
        self._clock = clock
        self._metrics = metrics
        self._holder = holder
        self._gather = gather
        self._gate = gate
        self._reached = reached
        self._supervisor = supervisor or Supervisor()
        self._scan_every = SCAN_SECONDS[db.dialect] if scan is None else scan
        self._waiters: list[Waiter] = []
        self._stir = asyncio.Event()
        self._outage = Outage(log, "a round of the inbox failed")
        self._urgent = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._left: set[int] = set()
        self._open = self._closing = self._in_round = False
        self._scan = True
        self._renew = False
        dispatch.changed = self._stir.set

    async def start(self) -> None:
        """Take over what an earlier process left, then serve."""
        now = self._clock.now()
        self._left = await self._db.write(lambda tx: rounds.recover(tx, self._holder, now))
        if self._left:
            log.info("updates were left to do", extra={"chats": len(self._left)})
        self._open = True
        self._stir.set()
        start = self._supervisor.start
        self._server = start("inbox", self._serve)
        self._tasks = [start("inbox.tick", self._tick), start("inbox.listen", self._listen)]

    async def accept(self, raw: Sequence[object]) -> None:
        """Return once these updates are committed; raise `NotStored` or `BadUpdate` otherwise."""
        if not self._open:
            raise NotStored("stopping")
        now = self._clock.now()
        entries = [self._entry(update, now) for update in raw]
        let_in = [entry for entry in entries if self._lets_in(entry)]
        if let_in:
            await self._stored(let_in)
        if self._gate is not None:
            self._metrics.updates.labels("flood").inc(len(entries) - len(let_in))
            self._gate.settled(entry.update_id for entry in entries)

    async def stop(self, patience: float = 20.0) -> None:
        """Take no more, let work in progress end, write what became of it, give the chats back."""
        self._open = False
        await self._dispatch.stop(patience)
        for task in self._tasks:
            task.cancel()
        self._closing = True
        if not self._in_round:
            # A round under way is not cancelled: its callers wait for an answer.
            self._server.cancel()
        await asyncio.gather(self._server, *self._tasks, return_exceptions=True)
        outcomes, held = self._dispatch.take_outcomes(), self._dispatch.lines.keys()
        self._dispatch.lines.drop(held)
        plan = Plan(self._all_entries(), outcomes, give_back=held)
        try:
            await self._db.write(lambda tx: rounds.settle(tx, plan, self._holder, self._clock.now()))
        except Exception:
            log.exception("the last done marks were not written; these updates will be replayed")
            self._settle(NotStored("stopping"))
        else:
            self._settle()
            self._dispatch.written(outcomes)

    @property
    def quiet(self) -> bool:
        """Tell whether nothing waits to be stored, done or written."""
        return not (self._waiters or len(self._dispatch.lines) or self._stir.is_set() or self._in_round)

    def _entry(self, update: Any, now: float) -> Entry:
        number, chat, person = updates.update_id(update), updates.chat_key(update), updates.person(update)
        return Entry(number, chat, update, now, owner_id=person)

    def _lets_in(self, entry: Entry) -> bool:
        """Tell whether an update is worth storing: one of a flood would never be answered."""
        return self._gate is None or self._gate.check(entry) is Decision.TAKE

    async def _stored(self, entries: list[Entry]) -> None:
        waiter = Waiter(entries, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        self._urgent.set()
        self._stir.set()
        await waiter.settled

    def _all_entries(self) -> list[Entry]:
        return [entry for waiter in self._waiters for entry in waiter.entries]

    def _settle(self, error: Exception | None = None) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.settle(error)

    async def _serve(self) -> None:
        while not self._closing:
            await self._stir.wait()
            await self._linger()
            self._stir.clear()
            self._urgent.clear()
            self._in_round = True
            try:
                await self._round()
                self._outage.over()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next round tries again
                self._outage.failed(error)
                self._stir.set()
                await asyncio.sleep(PAUSE_SECONDS)
            finally:
                self._in_round = False

    async def _linger(self) -> None:
        """Give done marks company; an update that waits for its commit only gets that of its own moment."""
        if self._waiters:
            # Telegram answers one batch of 200s with the next batch of updates, one socket after the other.
            await asyncio.sleep(COMPANY_SECONDS)
        elif not self._closing:
            try:
                async with asyncio.timeout(self._gather):
                    await self._urgent.wait()
            except TimeoutError:
                return

    async def _round(self) -> None:
        waiters, self._waiters = self._waiters, []
        outcomes, scan, renew = self._dispatch.take_outcomes(), self._scan, self._renew
        self._scan = self._renew = False
        plan = self._plan([entry for waiter in waiters for entry in waiter.entries], outcomes, scan, renew)
        now = self._clock.now()
        await self._reached("inbox.writing")
        try:
            written = await self._db.write(lambda tx: rounds.run(tx, plan, self._holder, now, CLAIM_SECONDS))
        except Exception as error:
            self._dispatch.return_outcomes(outcomes)
            # A database that was away may have been so for longer than our claims lasted.
            self._scan, self._renew = self._scan or scan, True
            await self._one_by_one(waiters, error)
            raise
        await self._reached("inbox.written")
        for waiter in waiters:
            waiter.settle()
        self._hand_on(plan, written)
        self._dispatch.written(outcomes)

    async def _one_by_one(self, waiters: list[Waiter], error: Exception) -> None:
        """Store each caller's updates alone, so that one bad update takes no other with it."""
        if len(waiters) == 1:
            waiters[0].settle(error)
            return
        for waiter in waiters:
            try:
                await self._db.write(lambda tx, w=waiter: rounds.keep(tx, w.entries))  # type: ignore[misc]
            except Exception as own:  # noqa: BLE001 - told to the caller
                waiter.settle(own)
            else:
                waiter.settle()
                chats = {entry.chat_key for entry in waiter.entries}
                self._left |= chats
                # What comes for them in the next round must not overtake what only the table holds.
                self._dispatch.lines.fall_behind(chats)
                self._scan = True

    def _plan(self, entries: list[Entry], outcomes: Outcomes, scan: bool, renew: bool) -> Plan:
        lines = self._dispatch.lines
        resting = lines.resting()
        return Plan(
            entries,
            outcomes,
            held=frozenset(lines.keys()),
            known={} if self._db.dialect == "sqlite" else lines.known(entry.chat_key for entry in entries),
            left=self._left,
            behind=tuple(line.chat_key for line in resting if line.behind),
            give_back=[line.chat_key for line in resting if not line.behind],
            room=lines.free,
            room_per_chat=lines.room_per_chat,
            scan=scan,
            renew=renew,
        )

    def _hand_on(self, plan: Plan, written: Written) -> None:
        lines, new = self._dispatch.lines, [e for e in plan.entries if e.update_id in written.new]
        lines.drop(written.given_back | written.lost)
        lines.fall_behind(written.behind)
        filled = {key for key, _, _ in written.filled}
        self._left -= filled
        for chat_key, entries, more in written.filled:
            self._dispatch.offer(lines.refill(chat_key, entries, more=more))
        seen: set[int] = set()
        for entry in sorted(new, key=lambda entry: entry.update_id):
            ours = entry.chat_key in written.claimed or entry.chat_key in lines
            if ours and entry.chat_key not in filled and entry.update_id not in seen:
                seen.add(entry.update_id)
                self._dispatch.offer(lines.add(entry))
        if new:
            self._metrics.batch.observe(len(new))
            self._metrics.updated(self._clock.now())
        self._scan = self._scan or written.unfilled
        # A line at rest is filled or given back by the next round; one that has no room waits for done marks.
        if self._scan or any(lines.free or not line.behind for line in lines.resting()):
            self._stir.set()

    async def _tick(self) -> None:
        """Renew the claims and look for chats nobody works on."""
        # Not by the clock, which may be set back: the claims would run out meanwhile.
        tick = asyncio.get_running_loop().time
        last_scan = last_renew = tick()
        while True:
            await asyncio.sleep(min(self._scan_every, RENEW_SECONDS))
            now = tick()
            if now - last_renew >= RENEW_SECONDS:
                self._renew, last_renew = True, now
            if now - last_scan >= self._scan_every:
                self._scan, last_scan = True, now
            self._stir.set()

    async def _listen(self) -> None:
        """Look for work when another process stored some; on SQLite all of it is our own."""
        while self._db.dialect != "sqlite":
            await self._db.wait("inbox")
            self._scan = True
            self._stir.set()
