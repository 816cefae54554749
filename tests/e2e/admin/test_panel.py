"""/admin: operators see how the house is and write to everybody; nobody else gets anything out of it."""

import asyncio

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from services.unlocking.ledger import settle_at
from storage import jobs, leases, unlocks
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx
from tests.conftest import BEN, GROUP, LAOCHEN, Start, linked
from tests.driver import Control, Message, Person
from tests.e2e.conftest import PEOPLE
from tests.e2e.hurried import Hurried
from tests.e2e.process import until
from tests.e2e.words import Words


@pytest.fixture
async def bot(start: Start, control: Control, clock: Hurried, language: str) -> House:
    """Whoever reads the language is the operator."""
    await control.telegram("options", limits=False)
    async with start(clock=clock, admin_ids=str(PEOPLE[language])) as house:
        yield house  # type: ignore[misc]


async def opened(person: Person, say: Words) -> Message:
    await person.send("/admin")
    return await person.until(say.starts("admin.title"))


async def given_up(db: Database, kind: str, error: str = "UpstreamBroken: 502") -> Job:
    await db.write(lambda tx: jobs.enqueue(tx, kind, "k", {}, 1.0, owner=jobs.NOBODY))
    (job,) = await db.write(lambda tx: leases.claim(tx, [kind], "test", 2.0, 1.0, 1))
    await db.write(lambda tx: leases.bury(tx, job, error))
    return job


# The first card


async def test_everything_at_a_glance(bot: House, person: Person, say: Words, control: Control) -> None:
    await linked(person, "hdhive")
    await given_up(bot.db, "mail.of.tests")
    card = await opened(person, say)
    if say("admin.asking") in card.text:
        await person.press(card, say("button.refresh"))
        card = await person.until(say("admin.up", service="HDHive", state=say("admin.state.ok")))
    assert say("admin.up", service="TMDB", state=say("admin.state.ok")) in card.text
    assert say("admin.linked", service="HDHive", n=1) in card.text
    assert say("admin.people", known=1, active=1, days=7) in card.text
    assert say("admin.kind", kind="mail.of.tests", waiting=0, running=0, dead=1) in card.text.replace(
        "\u2060", ""
    )
    assert card.find(say("button.dead", n=1)) is not None


async def test_a_service_that_is_down_is_seen(
    start: Start, person: Person, say: Words, control: Control, language: str
) -> None:
    await control.telegram("options", limits=False)
    await control.fault("hdhive", "/api/open/ping", "status", status=503, times=0)
    async with start(clock=Hurried(), admin_ids=str(PEOPLE[language])):
        card = await opened(person, say)
        async with asyncio.timeout(30):
            while say("admin.asking") in card.text:
                await person.press(card, say("button.refresh"))
                card = await person.until(say.starts("admin.upstreams"))
        assert say("admin.down", service="HDHive", state=say("admin.state.broken")) in card.text


# Nobody else


async def test_others_get_nothing(bot: House, people: dict[int, Person], person: Person, say: Words) -> None:
    other = people[LAOCHEN]
    await other.send("/admin")
    await other.send("/start go_admin")
    await person.send("/admin", GROUP)
    await other.send("/help")
    await other.until(lambda message: bool(message.buttons))
    shown = [*await other.settled(), *await other.settled(chat=GROUP)]
    assert not [m for m in shown if "LinkHive</b>" in m.text or say.starts("admin.upstreams") in m.text]
    listed = next(m for m in reversed(shown) if "/search" in m.text)
    assert "/admin" not in listed.text


async def test_who_was_an_operator_yesterday_is_none_today(
    start: Start, person: Person, say: Words, control: Control, language: str
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=Hurried(), admin_ids=str(PEOPLE[language])) as house:
        await given_up(house.db, "mail.of.tests")
        card = await opened(person, say)
    async with start(clock=Hurried()) as house:
        pressed = await person.press(card, say("button.broadcast"))
        assert pressed.text == say("card.old")
        pressed = await person.press(card, say("button.dead", n=1))
        assert pressed.text == say("card.old")
        await person.press(card, say("button.refresh"))
        await person.until(say("card.closed"))


# Dead letters and doubts


async def test_what_was_given_up_is_tried_again_or_dropped(bot: House, person: Person, say: Words) -> None:
    first = await given_up(bot.db, "mail.one", "Unreachable: <b>odd</b> & 1")
    second = await given_up(bot.db, "mail.two")
    card = await opened(person, say)
    await person.press(card, say("button.dead", n=2))
    listed = await person.until(say("dead.title", n=2))
    assert "Unreachable: <b>odd</b> & 1" in listed.text, "as it is, and no markup"
    row = 1 if "mail.one" in listed.text.split("\n2.")[0] else 2
    pressed = await person.press(listed, say("button.retry_one", n=row))
    assert pressed.text == say("dead.retried")
    await person.until(say("dead.title", n=1))
    (again,) = await bot.db.write(lambda tx: leases.claim(tx, ["mail.one"], "test", 1e12, 1.0, 1))
    assert (again.id, again.failures) == (first.id, 0)
    listed = await person.until("mail.two", since=0)
    await person.press(listed, say("button.drop_one", n=1))
    sure = await person.until(say("dead.sure"))
    await person.press(sure, say("button.back"))
    listed = await person.until(say("dead.title", n=1))
    await person.press(listed, say("button.drop_one", n=1))
    await person.press(await person.until(say("dead.sure")), say("button.confirm"))
    empty = await person.until(say("dead.none"))
    assert empty.id == card.id, "all on one card"
    assert second.id
    await person.press(empty, say("button.back"))
    await person.until(say.starts("admin.title"))


async def test_pages_of_dead_letters(bot: House, person: Person, say: Words) -> None:
    for number in range(7):
        await given_up(bot.db, f"mail.{number}")
    card = await opened(person, say)
    await person.press(card, say("button.dead", n=7))
    listed = await person.until(say("dead.title", n=7))
    await person.press(listed, say("button.next"))
    await person.until(lambda m: m.id == card.id and m.find(say("button.prev")) is not None)


async def test_unlocks_in_doubt_are_listed(bot: House, person: Person, say: Words) -> None:
    now = bot.services.clock.now()

    async def doubt(tx: Tx) -> None:
        row = await unlocks.claim(
            tx,
            user_id=BEN,
            link_id=1,
            account_key="a",
            slug="abcdef1234567890",
            price=7,
            card_id=None,
            now=now,
        )
        assert row is not None
        await unlocks.doubt(tx, row.id, "UpstreamBroken", now - 7300)
        await settle_at(tx, row, now + 9_000)

    await bot.db.write(doubt)
    card = await opened(person, say)
    assert say("admin.doubtful", n=1, points=7, open=0) in card.text
    await person.press(card, say("button.doubts", n=1))
    listed = await person.until(say("doubts.title", n=1, points=7))
    assert "abcdef12" in listed.text
    assert "UpstreamBroken" in listed.text
    assert str(BEN) not in listed.text, "how old and how dear, not whose"
    await person.press(listed, say("button.back"))
    await person.until(say.starts("admin.title"))


async def test_only_their_own_menu_names_it(bot: House, person: Person, box: Sandbox, say: Words) -> None:
    def menus() -> dict[str, list[str]]:
        told = box.world.telegram.profile.commands
        mine = {key: value for key, value in told.items() if str(person.id) in key[0]}
        return {key[1]: [command["command"] for command in value] for key, value in mine.items()}

    await until(lambda: len(menus()) == 2, "both languages")
    assert all("admin" in listed for listed in menus().values())
