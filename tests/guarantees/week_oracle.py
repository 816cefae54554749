"""What must have been told and done in the week, counted from the sandbox's state; and what was."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.catalogue import Resource
from sandbox.server import Sandbox
from sandbox.telegram.chats import Message
from storage import cards
from storage.database import Database
from tests.e2e.words import Words
from tests.guarantees.week_people import BUDGET, LIMIT, Follow, Member, Town

Told = tuple[int, str]
SLACK = 5
_OFFSET = re.compile(r"UTC([+-])(\d\d):(\d\d)")


def local(moment: float, zone: str) -> datetime:
    """What a clock on somebody's wall shows."""
    there = datetime.fromtimestamp(moment, UTC)
    found = _OFFSET.fullmatch(zone)
    if found is None:
        return there.astimezone(ZoneInfo(zone))
    span = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return there + (span if found[1] == "+" else -span)


@dataclass
class Account:
    """What came of the week."""

    news: Counter[Told] = field(default_factory=Counter)
    """Each new resource by the chat it was told in; a message that came again counts for itself."""
    checkins: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Rows of check-ins by the person that was told of them."""
    lost: Counter[int] = field(default_factory=Counter)
    dead: Counter[int] = field(default_factory=Counter)
    again: int = 0
    """Messages on whose card another one came before: they were on their way in a kill."""
    in_quiet: list[str] = field(default_factory=list)
    elsewhere: int = 0
    """Group notices in another topic than asked for."""
    messages: int = 0


def due(follows: list[Follow], made: list[Resource]) -> set[Told]:
    """What must be told: each new resource once in every chat in which it is followed and wanted."""
    return {
        (follow.chat, one.slug)
        for one in made
        for follow in follows
        if follow.title == (one.media_type, one.tmdb_id) and follow.fits(one)
    }


async def count(box: Sandbox, db: Database, town: Town) -> Account:
    """Read every message that is in a chat, and of each the card it is."""
    found, seen = Account(), set()
    for chat in [*town.members, *(group.id for group in town.groups)]:
        for message in box.world.telegram.chats[chat].messages.values():
            if message.data.get("from", {}).get("id") != box.world.telegram.bot.id:
                continue
            found.messages += 1
            card_id = _card_of(message)
            if card_id is None:
                # A hello to a group, which has no buttons to press.
                continue
            card = await db.read(lambda tx, i=card_id: cards.get(tx, i))  # type: ignore[misc]
            if card_id in seen:
                found.again += 1
                continue
            seen.add(card_id)
            if card is not None:
                _note(found, town, chat, message, card.route, card.state)
    return found


def _card_of(message: Message) -> str | None:
    rows = message.data.get("reply_markup", {}).get("inline_keyboard", [])
    data = [button["callback_data"] for row in rows for button in row if "callback_data" in button]
    return data[0].partition(":")[0] if data else None


def _note(
    found: Account, town: Town, chat: int, message: Message, route: str, state: Mapping[str, Any]
) -> None:
    for slug in _slugs(route, state):
        found.news[chat, slug] += 1
    if route in ("groupnews", "groupnewslist"):
        topics = next(group.topics for group in town.groups if group.id == chat)
        found.elsewhere += message.data.get("message_thread_id") != next(iter(topics), None)
    if route == "checkin_end":
        found.checkins.update((chat, int(row)) for row in state["rows"])
    member = town.members.get(chat)
    if member is None:
        return
    text = str(message.data.get("text") or message.data.get("caption") or "")
    found.lost[chat] += Words(member.language)("link.lost", service="HDHive") in text
    found.dead[chat] += "💔" in text
    if not _may_ring(member, float(message.data["date"])):
        found.in_quiet.append(f"{route} to {chat} at {local(message.data['date'], member.timezone)}")


def _slugs(route: str, state: Mapping[str, Any]) -> Iterator[str]:
    """The resources a card tells of, whichever page of it is shown."""
    parts: list[Mapping[str, Any]] = []
    if route in ("news", "groupnews"):
        parts = [state["news"]]
    elif route in ("newslist", "groupnewslist"):
        parts = list(state["news"])
    elif route == "receipt":
        parts = [state["receipt"]]
    for part in parts:
        assert part["count"] == len(part["items"]), "more than a notice lists"
        yield from (item["slug"] for item in part["items"])


def _may_ring(member: Member, moment: float) -> bool:
    """Tell whether somebody lets themselves be told of something at a moment."""
    first, last = member.quiet
    if first is None or last is None:
        return True
    clocks = [f"{local(moment + slack, member.timezone):%H:%M}" for slack in (-SLACK, SLACK)]
    inside = [first <= c < last if first <= last else c >= first or c < last for c in clocks]
    return not all(inside)


def doubled(told: Counter[Told]) -> int:
    """How many came more than once."""
    return sum(times - 1 for times in told.values())


def overspent(box: Sandbox, town: Town) -> list[str]:
    """Every breach of somebody's limits by what was bought without a press."""
    spent: Counter[tuple[int, date]] = Counter()
    bought: Counter[tuple[int, str]] = Counter()
    faults = []
    for charge in box.world.hdhive.charges:
        member = town.members[charge.person]
        spent[charge.person, local(charge.at, member.timezone).date()] += charge.points
        bought[charge.person, charge.slug] += 1
        if charge.points > LIMIT:
            faults.append(f"{charge.points} points at once of {charge.person}")
    faults += [
        f"{points} points on {day} of {who}" for (who, day), points in spent.items() if points > BUDGET
    ]
    return faults + [f"{slug} bought {n} times by {who}" for (who, slug), n in bought.items() if n > 1]
