"""E7: who may do what, for every command, card, button and step that is registered."""

import itertools
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from handlers import start
from handlers.groups.admins import ANONYMOUS_ADMIN
from sandbox.server import Sandbox
from sandbox.telegram.chats import Chat, User
from storage.cards import Card
from storage.schema import cards as stored_cards
from storage.tx import Tx
from tests.conftest import BEN, GROUP, LAOCHEN, XIAOYU, Start, linked
from tests.driver import Person
from tests.guarantees.figures import FULL, at_least, exactly
from tests.guarantees.roles_stage import OPERATOR, OTHER_BOT, STRANGER, Outcome, Stage

# 小雨 made the group, 老陈 is one of its admins, Ben is a member, the other two are not in it.
GROUP_ADMINS = frozenset({XIAOYU, LAOCHEN})
MEMBERS = GROUP_ADMINS | {BEN}
PEOPLE = (XIAOYU, BEN, LAOCHEN, OPERATOR, STRANGER)
WRITERS = (*PEOPLE, ANONYMOUS_ADMIN, OTHER_BOT)
# Whom the operator allows: everybody, three people, or one group.
ALLOWED: tuple[frozenset[int], ...] = (
    frozenset(),
    frozenset({XIAOYU, BEN, ANONYMOUS_ADMIN}),
    frozenset({GROUP}),
)
# Of the cards, these show what is their owner's alone; a new kind of card belongs on one side or the other.
PRIVATE_CARDS = frozenset(
    {"accounts", "acgbtaccount", "checkin", "checkin_end", "checkins", "device", "drive"}
    | {"drive_delete", "linkkey", "mikaaccount"}
    | {"drive_file", "drive_search", "folder", "forget", "link", "news", "newslist", "panel", "privacy"}
    | {"receipt", "resource", "save", "settings", "share", "shares", "unlink", "upload", "upload_offer"}
    | {"admin", "admin_dead", "admin_doubts", "broadcast", "uploads", "usage", "watch"}
    | {"field", "site", "site_categories", "site_setting", "site_settings", "stats", "transcode"}
    | {"acgitem", "acgcomments", "inbox", "inboxnews", "publish"}
    | {"transcode_task", "video", "video_categories", "video_delete", "video_edit", "videos"}
)
SHARED_CARDS = frozenset(
    {
        "check",
        "follow",
        "grouplend",
        "groupnews",
        "groupnewslist",
        "help",
        "notice",
        "search",
        "subscription",
        "subscriptions",
    }
    | {"acg", "transcode_group"}
)
# With these anybody in a group reads on, on a card that nobody opened.
FOR_EVERYBODY = frozenset({("groupnews", "back"), ("groupnewslist", "open"), ("groupnewslist", "page")})
PRIVATE_COMMANDS = frozenset(
    {"accounts", "checkin", "drive", "link", "save", "settings", "shares", "unlink", "unlock", "upload"}
    | {"admin", "forget", "inbox", "privacy", "publish", "stats", "usage", "videos"}
)

# What stays with people who were let in once: to see what is kept of them, to unlink, to be forgotten.
LEAVING_COMMANDS = frozenset({"forget", "privacy", "unlink"})
LEAVING_PRESSES = frozenset(
    {("privacy", "export"), ("privacy", "forget"), ("forget", "sure"), ("unlink", "pick"), ("unlink", "sure")}
    | {(route, action) for route in LEAVING_COMMANDS for action in ("show", "close")}
)


def admitted(allowed: frozenset[int], user: int, chat: int) -> bool:
    member = GROUP in allowed and user in MEMBERS
    return not allowed or not allowed.isdisjoint((user, chat)) or user == OPERATOR or member


def expected_of_command(allowed: frozenset[int], user: int, chat: int, name: str, *, admin: bool) -> Outcome:
    """The table for commands: who is let in, who is an operator, and what belongs into the private chat."""
    if user == OTHER_BOT:
        return "silence"
    if not admitted(allowed, user, chat):
        return "silence" if chat == GROUP else "runs" if name in LEAVING_COMMANDS else "refused"
    if admin and user != OPERATOR:
        return "silence"
    private = name in PRIVATE_COMMANDS or name == "probeprivate"
    return "pointed" if private and chat == GROUP else "runs"


@dataclass(frozen=True)
class Button:
    """One button that may be pressed, on a card of one kind."""

    route: str
    action: str
    step: bool = False


def expected_of_press(allowed: frozenset[int], user: int, owner: int, chat: int, button: Button) -> Outcome:
    """The table for presses: a card's owner acts; on one of a group's own, its admins, and all read."""
    if not admitted(allowed, user, chat) and (
        chat == GROUP or user != owner or button.step or (button.route, button.action) not in LEAVING_PRESSES
    ):
        return "refused"
    reads = user in GROUP_ADMINS or (button.route, button.action) in FOR_EVERYBODY
    if user != owner and not (owner == ANONYMOUS_ADMIN and reads):
        return "foreign"
    if button.action == "close":
        return "closed"
    if button.action == "forged" or (chat == GROUP and (button.step or button.route in PRIVATE_CARDS)):
        return "old"
    return "runs"


@pytest.fixture(params=ALLOWED, ids=["everybody", "three", "group"])
def allowed(request: pytest.FixtureRequest) -> frozenset[int]:
    return request.param


@pytest.fixture
async def stage(start: Start, box: Sandbox, allowed: frozenset[int]) -> AsyncIterator[Stage]:
    telegram = box.world.telegram
    telegram.options.limits.on = False
    for id_ in (OPERATOR, STRANGER):
        telegram.people[id_] = User(id_, "N", f"n{id_}", "en")
        telegram.chats[id_] = Chat(id_, "private", person=telegram.people[id_])
    for id_ in PEOPLE:
        telegram.chats[id_].started = True
    telegram.chats[GROUP].members[LAOCHEN] = "administrator"
    ids = {"allowed_ids": ",".join(map(str, sorted(allowed))), "admin_ids": str(OPERATOR)}
    async with start(**ids) as house:
        made = Stage(house, box)
        made.prepare()
        for id_ in PEOPLE:
            # Of strangers `tests/e2e/faults/test_refused.py` tells: here everybody was let in once.
            await house.services.people.arrive(id_, "en", "N")
        yield made


def buttons(stage: Stage) -> Iterator[Button]:
    """Return every button of every card, what every card offers, and one that nobody offers."""
    home = stage.house.application
    assert set(home.routes.cards) == PRIVATE_CARDS | SHARED_CARDS
    for name, route in home.routes.cards.items():
        for action in (*route.actions, "show", "forged", "close"):
            yield Button(name, action)
        for step in home.routes.steps:
            yield Button(name, step, step=True)


def _some(cells: Iterable[Any], every: int) -> list[Any]:
    """Return all cells, in `make test` every so-manyth."""
    return list(cells) if FULL else list(cells)[::every]


async def test_e7_commands_are_for_whom_they_are_meant(stage: Stage, allowed: frozenset[int]) -> None:
    table = stage.house.application.routes.commands
    assert {c.name for c in table.values() if c.private} == PRIVATE_COMMANDS | {"probeprivate"}
    cells = [(user, chat, c) for user in WRITERS for chat in (GROUP, user) for c in table.values()]
    cells = [cell for cell in cells if cell[0] in PEOPLE or cell[1] == GROUP]
    unexpected = []
    for user, chat, command in _some(cells, 2):
        outcome = await stage.command(user, chat, f"/{command.name}")
        expected = expected_of_command(allowed, user, chat, command.name, admin=command.admin)
        if outcome != expected:
            unexpected.append((user, chat, command.name, outcome, expected))
    links = 0
    object.__setattr__(table["start"], "callback", start.start)
    for user, name in _some(itertools.product(PEOPLE, table), 2):
        if name != "start":
            outcome = await stage.command(user, user, f"/start go_{name}")
            expected = expected_of_command(allowed, user, user, name, admin=table[name].admin)
            expected = expected if admitted(allowed, user, user) else "refused"
            # What is reached here is the command, not /start.
            ran = stage.reached == [name]
            links += 1
            if ran != (expected == "runs") or (not ran and outcome != expected):
                unexpected.append((user, "deep link", name, outcome, expected))
            await stage.command(user, GROUP, f"/start go_{name}")
            if stage.reached:
                unexpected.append((user, GROUP, f"deep link to {name}", stage.reached, "nothing"))
    mode = _mode(allowed)
    at_least("E7", f"who × where × commands, allowed: {mode}", len(_some(cells, 2)) + 2 * links, 100)
    assert not unexpected, unexpected[:5]
    exactly("E7", f"commands that went otherwise, allowed: {mode}", len(unexpected))


async def test_e7_buttons_are_for_whom_they_are_meant(stage: Stage, allowed: frozenset[int]) -> None:
    owners = (XIAOYU, BEN, LAOCHEN, OPERATOR)
    places = [(owner, GROUP) for owner in (*owners, ANONYMOUS_ADMIN)] + [(owner, owner) for owner in owners]
    cells = list(itertools.product(places, buttons(stage), PEOPLE))
    unexpected, some = [], _some(cells, 13)
    kept: dict[tuple[int, int, str], Card] = {}
    for (owner, chat), button, user in some:
        key = (owner, chat, button.route)
        card = kept.get(key) or await stage.card(owner, chat, button.route)
        kept[key] = card
        # In a private chat a press comes from its person: a foreign one names a card from elsewhere.
        where = GROUP if chat == GROUP else user
        outcome = await stage.press(user, where, card, f"{card.id}:{button.action}:")
        expected = expected_of_press(allowed, user, owner, where, button)
        expected = "old" if expected != "refused" and where != chat else expected
        if outcome != expected:
            unexpected.append((owner, chat, button, user, outcome, expected))
        if outcome == "closed":
            del kept[key]
    mode = _mode(allowed)
    at_least("E7", f"cards × buttons × who × where, allowed: {mode}", len(some), 250)
    assert not unexpected, unexpected[:5]
    exactly("E7", f"presses that went otherwise, allowed: {mode}", len(unexpected))


def _mode(allowed: frozenset[int]) -> str:
    return {0: "everybody", 1: "one group"}.get(len(allowed), "three people")


# Real cards in the group, and data that only a custom client of their own owner would send.
FORGED = (
    "resource:1" * 3,
    "save:",
    "go_link:hdhive",
    "go_checkin:",
    "link:hdhive",
    "accounts:",
    "go:disktop",
)


async def test_e7_no_private_card_appears_in_a_group(start: Start, box: Sandbox, xiaoyu: Person) -> None:
    box.world.telegram.options.limits.on = False
    leaked = tried = 0
    async with start() as house:
        await linked(xiaoyu, "hdhive", "disktop")
        (share, *_) = box.world.catalogue.shares.values()
        for words in (f"/check https://disk.top/s/{share.surl}", "/search 沙丘", "/help"):
            await xiaoyu.send(words, chat=GROUP)
            card = await xiaoyu.until(lambda message: bool(message.buttons), chat=GROUP)
            card_id = next(b.data for b in card.buttons if b.data).partition(":")[0]
            for data in FORGED:
                tried += 1
                await xiaoyu.press_data(card, f"{card_id}:{data}")
        shown = await xiaoyu.messages(chat=GROUP)
        leaked += sum("/link/" in (button.url or "") for message in shown for button in message.buttons)
        routes = await house.db.read(_routes_in_the_group)
        leaked += len(set(routes) & PRIVATE_CARDS)
    at_least("E7", "presses forged by a card's own owner in a group", tried, 3 * len(FORGED))
    exactly("E7", "private cards in a group", leaked)


async def _routes_in_the_group(tx: Tx) -> list[str]:
    return list(await tx.conn.scalars(select(stored_cards.c.route).where(stored_cards.c.chat_id == GROUP)))
