"""/admin: operators see how the house is and write to everybody; nobody else gets anything out of it."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from services.ledger import settle_at
from storage import cards, jobs, unlocks, users
from storage.database import Database
from storage.jobs import Job
from storage.tx import Tx
from tests.conftest import BEN, GROUP, LAOCHEN, XIAOYU, Start, environment, linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.conftest import PEOPLE
from tests.e2e.hurried import Hurried
from tests.e2e.process import Shift, running, until
from tests.e2e.words import Words

SAID = "停机维护 maintenance"


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
    (job,) = await db.write(lambda tx: jobs.claim(tx, [kind], "test", 2.0, 1.0, 1))
    await db.write(lambda tx: jobs.bury(tx, job, error))
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
        if say("admin.asking") in card.text:
            await asyncio.sleep(1.0)
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
    (again,) = await bot.db.write(lambda tx: jobs.claim(tx, ["mail.one"], "test", 1e12, 1.0, 1))
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


# Broadcast


async def known(db: Database, count: int, first: int = 10_000) -> None:
    """People who were here and have no chat in the sandbox: Telegram refuses them."""

    async def meet(tx: Tx) -> None:
        for number in range(count):
            await users.remember(tx, first + number, language_code="en", first_name="N", now=1.0)

    await db.write(meet)


async def asked(person: Person, say: Words, text: str = SAID) -> Message:
    """Go up to the preview."""
    card = await opened(person, say)
    await person.press(card, say("button.broadcast"))
    await person.until(say("broadcast.ask"))
    await person.send(text, entities=[{"type": "bold", "offset": 0, "length": 4}])
    return await person.until(say("broadcast.frame"))


async def arrived(person: Person, words: str = SAID) -> list[Message]:
    """The broadcasts a person got; a preview has buttons."""
    return [m for m in await person.messages() if words in m.text and not m.buttons and m.author != person.id]


async def test_everybody_reads_it_once_in_their_language(
    bot: House, people: dict[int, Person], person: Person, say: Words, control: Control, journal: Journal
) -> None:
    for one in people.values():
        await one.send("/help")
        await one.until(lambda message: bool(message.buttons))
    await people[LAOCHEN].block()
    await known(bot.db, 3)
    preview = await asked(person, say)
    other = "en" if say.language == "zh" else "zh"
    assert " 6 " in preview.text.splitlines()[0], "three people and three more"
    await person.press(preview, say(f"broadcast.language.{other}"))
    await person.until(Words(other)("broadcast.frame"))
    await journal.forget()
    await person.press(await person.until(Words(other)("broadcast.frame"), since=0), say("button.confirm"))
    told = await person.until(say("broadcast.done"), timeout=30, since=0)
    assert told.id == preview.id
    assert say("broadcast.sent", sent=2, total=6) in told.text
    assert say("broadcast.blocked", n=4) in told.text
    for id_, words in ((XIAOYU, Words("zh")), (BEN, Words("en"))):
        (got,) = await arrived(people[id_])
        assert words("broadcast.frame") in got.text
        assert any(entity["type"] == "bold" for entity in got.entities), "its formatting is kept"
    assert not await arrived(people[LAOCHEN])
    await person.press(told, say("button.back"))
    await person.until(say.starts("admin.title"))


async def test_cancelled_before_it_begins(
    bot: House, person: Person, ben: Person, say: Words, journal: Journal
) -> None:
    preview = await asked(person, say)
    await person.press(preview, say("button.cancel"))
    await person.send("/cancel")
    await person.until(say("cancel.nothing"))
    assert not await arrived(person)
    card = await opened(person, say)
    await person.press(card, say("button.broadcast"))
    await person.until(say("broadcast.ask"))
    await person.send("字" * 3600)
    await person.until(say("broadcast.too_long", limit=3500))


async def test_stopped_and_gone_on_with(
    bot: House, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await known(bot.db, 60)
    preview = await asked(person, say)
    await control.fault("telegram", "*/sendMessage", "delay", seconds=0.2, times=0)
    await person.press(preview, say("button.confirm"))
    going = await person.until(lambda m: m.find(say("button.stop")) is not None)
    await asyncio.sleep(0.6)
    await person.press(going, say("button.stop"))
    stopped = await person.until(lambda m: m.find(say("button.go_on")) is not None, timeout=20)
    assert say("broadcast.stopped") in stopped.text
    before = await people_written_to(journal)
    assert 0 < len(before) < 61
    await control.mend()
    await person.press(stopped, say("button.go_on"))
    told = await person.until(say("broadcast.done"), timeout=30, since=0)
    assert "61" in told.text
    counts = await people_written_to(journal)
    assert len(counts) >= 61 - 8, "but for those of the step that was stopped"
    assert max(counts.values()) == 1, "each person once"


async def people_written_to(journal: Journal) -> Counter[str]:
    calls = await journal.calls("telegram", path="*/sendMessage")
    return Counter(
        call.form["chat_id"]
        for call in calls
        if "maintenance" in call.form["text"] and "reply_markup" not in call.form
    )


@pytest.mark.slow
async def test_it_goes_on_after_kills_and_nobody_gets_it_twice(
    box: Sandbox, tmp_path: Path, ben: Person, control: Control, journal: Journal
) -> None:
    say, chance, shift = Words("en"), random.Random(7), Shift(tmp_path)
    await control.telegram("options", limits=False)
    env = environment(box, tmp_path, ADMIN_IDS=str(BEN))
    async with running(env, tmp_path, shift=shift) as bot:
        await ben.send("/help")
        await ben.until(lambda message: bool(message.buttons))
        preview = None
        await bot.kill()
        await asyncio.to_thread(many, tmp_path / "linkhive.db", 120)
        await bot.start()
        await bot.ready()
        preview = await asked(ben, say)
        await ben.press(preview, say("button.confirm"))
        for _ in range(4):
            seen = len(await people_written_to(journal))
            while len(await people_written_to(journal)) < min(seen + 10, 100):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await asyncio.sleep(chance.uniform(0.0, 0.2))
            await bot.again()
        told = await ben.until(say("broadcast.done"), timeout=60, since=0)
    counts = await people_written_to(journal)
    assert max(counts.values()) == 1
    assert len(counts) >= 121 - 4 * 8
    assert "121" in told.text


def many(file: Path, count: int) -> None:
    """Put people into a database that nobody has open."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(file)) as db, db:
        rows = [(10_000 + n, "en", "N", 1.0, 1.0) for n in range(count)]
        db.executemany(
            "INSERT INTO users (id, language_code, first_name, created_at, seen_at) VALUES (?,?,?,?,?)", rows
        )


async def test_replies_go_before_it(
    bot: House, people: dict[int, Person], person: Person, say: Words, control: Control
) -> None:
    other = people[LAOCHEN]
    await known(bot.db, 300)
    preview = await asked(person, say)
    await person.press(preview, say("button.confirm"))
    await person.until(lambda m: m.find(say("button.stop")) is not None)
    for _ in range(3):
        pressed = asyncio.get_running_loop().time()
        await other.send("/help")
        await other.until(Words("zh").starts("help.title"))
        assert asyncio.get_running_loop().time() - pressed < 2.0
    await person.press(None, say("button.stop"))
    await person.until(say("broadcast.stopped"), timeout=20, since=0)


async def test_one_that_never_began_can_be_stopped(bot: House, person: Person, say: Words) -> None:
    """As after a kill between the card and the job."""
    preview = await asked(person, say)
    card_id = str(preview.button(say("button.confirm")).data).partition(":")[0]

    async def half(tx: Tx) -> None:
        card = await cards.get(tx, card_id)
        assert card is not None
        await cards.update(tx, card.id, card.version, state={**card.state, "stage": "running"}, now=1.0)

    await bot.db.write(half)
    await person.press_data(preview, f"{card_id}:show:")
    shown = await person.until(lambda m: m.find(say("button.stop")) is not None)
    await person.press(shown, say("button.stop"))
    await person.until(lambda m: m.find(say("button.go_on")) is not None)


async def test_only_their_own_menu_names_it(bot: House, person: Person, box: Sandbox, say: Words) -> None:
    def menus() -> dict[str, list[str]]:
        told = box.world.telegram.profile.commands
        mine = {key: value for key, value in told.items() if str(person.id) in key[0]}
        return {key[1]: [command["command"] for command in value] for key, value in mine.items()}

    await until(lambda: len(menus()) == 2, "both languages")
    assert all("admin" in listed for listed in menus().values())
