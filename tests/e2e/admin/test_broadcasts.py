"""A message of an operator to everybody: each person once, whatever happens meanwhile."""

import asyncio
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from storage import cards, users
from storage.database import Database
from storage.tx import Tx
from tests.conftest import BEN, GROUP, LAOCHEN, XIAOYU, Start, environment
from tests.driver import Control, Journal, Message, Person
from tests.e2e.conftest import PEOPLE
from tests.e2e.hurried import Hurried
from tests.e2e.members import out_of_it, some_time
from tests.e2e.process import Shift, running, until
from tests.e2e.words import Words

SAID = "停机维护 maintenance"


@pytest.fixture
async def bot(start: Start, control: Control, clock: Hurried, language: str) -> House:
    """Whoever reads the language is the operator."""
    await control.telegram("options", limits=False)
    async with start(clock=clock, admin_ids=str(PEOPLE[language])) as house:
        yield house  # type: ignore[misc]


async def known(db: Database, count: int, first: int = 10_000) -> None:
    """People who were here and have no chat in the sandbox: Telegram refuses them."""

    async def meet(tx: Tx) -> None:
        for number in range(count):
            await users.remember(tx, first + number, language_code="en", first_name="N", now=1.0)

    await db.write(meet)


async def asked(person: Person, say: Words, text: str = SAID) -> Message:
    """Go up to the preview."""
    await person.send("/admin")
    card = await person.until(say.starts("admin.title"))
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
    await until(lambda: bot.services.chat_statuses.state(LAOCHEN), "who blocked it is noted")
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
    assert str(LAOCHEN) not in await people_written_to(journal), "a paused chat is not even tried"
    await person.press(told, say("button.back"))
    await person.until(say.starts("admin.title"))


async def test_members_of_an_allowed_group_read_it_and_others_do_not(
    start: Start,
    people: dict[int, Person],
    person: Person,
    say: Words,
    control: Control,
    clock: Hurried,
    box: Sandbox,
) -> None:
    await control.telegram("options", limits=False)
    ids = {"admin_ids": str(person.id), "allowed_ids": str(GROUP)}
    async with start(clock=clock, **ids):
        for one in people.values():
            await one.send("/help")
            await one.until(lambda message: message.author != message.chat_id, since=0)
        out_of_it(box, LAOCHEN)
        some_time(clock)
        await person.press(await asked(person, say), say("button.confirm"))
        told = await person.until(say("broadcast.done"), timeout=30, since=0)
        assert say("broadcast.sent", sent=2, total=3) in told.text
        assert say("broadcast.outside", n=1) in told.text
        for id_, reads in ((XIAOYU, 1), (BEN, 1), (LAOCHEN, 0)):
            assert len(await arrived(people[id_])) == reads


async def test_cancelled_before_it_begins(
    bot: House, person: Person, ben: Person, say: Words, journal: Journal
) -> None:
    preview = await asked(person, say)
    await person.press(preview, say("button.cancel"))
    await person.send("/cancel")
    await person.until(say("cancel.nothing"))
    assert not await arrived(person)
    await person.send("/admin")
    card = await person.until(say.starts("admin.title"))
    await person.press(card, say("button.broadcast"))
    await person.until(say("broadcast.ask"))
    await person.send("字" * 3600)
    await person.until(say("broadcast.too_long", limit=3500))


async def test_stopped_and_gone_on_with(
    bot: House, box: Sandbox, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await known(bot.db, 60)
    preview = await asked(person, say)
    # Eight at once: all of them take eight seconds.
    await control.fault("telegram", "*/sendMessage", "delay", seconds=1.0, times=0)
    before_it = box.world.journal.count("telegram", "POST", "/sendMessage")
    await person.press(preview, say("button.confirm"))
    going = await person.until(lambda m: m.find(say("button.stop")) is not None)
    await until(
        lambda: box.world.journal.count("telegram", "POST", "/sendMessage") > before_it, "the first goes out"
    )
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
    bot: House, people: dict[int, Person], person: Person, say: Words, journal: Journal
) -> None:
    """Counted in messages, not in seconds: the machine may be busy."""
    other, say_other = people[LAOCHEN], Words("zh")
    await known(bot.db, 400)
    preview = await asked(person, say)
    await person.press(preview, say("button.confirm"))
    await person.until(lambda m: m.find(say("button.stop")) is not None)
    overtaken = []
    for _ in range(3):
        before = (await people_written_to(journal)).total()
        await other.send("/help")
        await other.until(say_other.starts("help.title"), timeout=30)
        overtaken.append((await people_written_to(journal)).total() - before)
    going = await person.until(lambda m: m.find(say("button.stop")) is not None, since=0)
    await person.press(going, say("button.stop"))
    await person.until(say("broadcast.stopped"), timeout=30, since=0)
    assert (await people_written_to(journal)).total() < 401, "it was under way all the time"
    assert max(overtaken) < 100, overtaken


async def test_it_tells_how_far_it_is(
    bot: House, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await known(bot.db, 200)
    preview = await asked(person, say)
    await control.fault("telegram", "*/sendMessage", "delay", seconds=0.1, times=0)
    await person.press(preview, say("button.confirm"))
    await person.until(say("broadcast.done"), timeout=60, since=0)
    edits = [call.form for call in await journal.calls("telegram", path="*/editMessageText")]
    told = [handled(form["text"]) for form in edits if re.search(r"\b201\b", form["text"], re.ASCII)]
    assert told == sorted(told)
    assert told[-1] == 201
    assert len(set(told)) >= 3, "more than the beginning and the end"


def handled(text: str) -> int:
    """How many a report tells of, whatever came of them."""
    return sum(int(number) for line in text.splitlines() for number in re.findall(r"(\d+)", line)[:1])


@pytest.mark.slow
async def test_it_keeps_to_telegrams_limits(
    start: Start, ben: Person, journal: Journal, control: Control, box: Sandbox
) -> None:
    say = Words("en")
    async with start(admin_ids=str(BEN)) as house:
        await known(house.db, 70)
        preview = await asked(ben, say)
        await ben.press(preview, say("button.confirm"))
        await ben.until(say("broadcast.done"), timeout=60, since=0)
    sent = [entry.at for entry in box.world.journal.entries if entry.path.endswith("/sendMessage")]
    assert len(sent) >= 71
    assert max(sum(at <= other < at + 1 for other in sent) for at in sent) <= 30
    assert (await control.updates())["limits_refused"] == 0


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
