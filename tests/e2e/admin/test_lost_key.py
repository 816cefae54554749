"""A key that is gone: operators see what does not open, and people still get out, and in again."""

from sqlalchemy import update

from bot.wiring import House
from storage import deadletters, jobs, leases, links, schema as tables
from storage.database import Database
from tests.conftest import Start, linked
from tests.driver import Control, Journal, Person
from tests.e2e.conftest import PEOPLE
from tests.e2e.hurried import Hurried
from tests.e2e.settings.test_privacy import exported, forgotten, nothing_left
from tests.e2e.words import Words
from tests.fixtures.shut import STRANGER, open_again, shut

# All but the table in which the question to be forgotten itself arrives, and its card.
THEIRS = ("links", "unlocks", "subscriptions", "uploads", "watches", "dialogs", "attempts")


async def given_up(db: Database) -> jobs.Job:
    """Leave a dead letter."""
    await db.write(lambda tx: jobs.enqueue(tx, "mail.shut", "k", {"n": 1}, 1.0, owner=jobs.NOBODY))
    (job,) = await db.write(lambda tx: leases.claim(tx, ["mail.shut"], "test", 2.0, 1.0, 1))
    await db.write(lambda tx: leases.bury(tx, job, "boom"))
    return job


async def test_a_letter_that_does_not_open_is_shown_and_tried_again_once_it_does(
    start: Start, control: Control, person: Person, say: Words, language: str
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=Hurried(), admin_ids=str(PEOPLE[language])) as bot:
        await given_up(bot.db)
        await bot.db.write(lambda tx: shut(tx, "jobs"))
        await person.send("/admin")
        card = await person.until(say.starts("admin.title"))
        await person.press(card, say("button.dead", n=1))
        listed = await person.until(say("dead.title", n=1))
        assert say("dead.shut") in listed.text
        assert "boom" not in listed.text
        pressed = await person.press(listed, say("button.retry_one", n=1))
        assert (pressed.text, pressed.show_alert) == (say("dead.stays_shut"), True)
        assert await bot.db.read(deadletters.count) == 1
        await bot.db.write(lambda tx: open_again(tx, "jobs"))
        pressed = await person.press(listed, say("button.retry_one", n=1))
        assert pressed.text == say("dead.retried")
        (again,) = await bot.db.write(lambda tx: leases.claim(tx, ["mail.shut"], "test", 1e12, 1.0, 1))
        assert again.payload == {"n": 1}


async def test_a_letter_whose_reason_does_not_open_can_be_tried_again(
    start: Start, control: Control, person: Person, say: Words, language: str
) -> None:
    await control.telegram("options", limits=False)
    async with start(clock=Hurried(), admin_ids=str(PEOPLE[language])) as bot:
        job = await given_up(bot.db)
        wrong = STRANGER.seal(b"boom", table="jobs", row=job.id, column="error")
        reason = update(tables.jobs).where(tables.jobs.c.id == job.id).values(error=wrong)
        await bot.db.write(lambda tx: tx.conn.execute(reason))
        await person.send("/admin")
        await person.press(await person.until(say.starts("admin.title")), say("button.dead", n=1))
        listed = await person.until(say("dead.title", n=1))
        assert say("dead.shut_error") in listed.text
        pressed = await person.press(listed, say("button.retry_one", n=1))
        assert pressed.text == say("dead.retried")


async def test_who_cannot_be_read_any_more_can_still_be_forgotten(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await linked(person, "hdhive", "disktop")
    assert await bot.db.write(lambda tx: shut(tx, *THEIRS)) >= 4
    told = await forgotten(person, say)
    for service in ("HDHive", "Disk.Top"):
        assert say("forget.still", service=service) in told.text, "nobody can take them back from here"
    await nothing_left(bot, person)
    assert await journal.calls("hdhive", "POST", "*/revoke") == []


async def test_who_cannot_be_read_any_more_sees_it_and_links_anew(
    bot: House, person: Person, say: Words
) -> None:
    await linked(person, "hdhive")
    await bot.db.write(lambda tx: shut(tx, *THEIRS))
    _, document = await exported(person, say)
    assert [row["service"] for row in document["tables"]["links"]] == ["hdhive"]
    assert [row["state"] for row in document["tables"]["cards"]], "the rest is told as ever"
    await linked(person, "hdhive")
    link = await bot.db.read(lambda tx: links.get(tx, person.id, "hdhive"))
    assert link is not None
    assert (link.state, link.shut) == ("active", False)
