"""Quiet hours over real sockets: what can wait waits and comes as one message; what cannot comes at once."""

from datetime import timedelta

from bot.wiring import House
from services import zones
from services.beijing import day_of
from services.notices import notice
from storage import checkins
from storage.tx import Tx
from tests.conftest import linked
from tests.driver import Control, Person
from tests.e2e.hurried import Hurried
from tests.e2e.words import Words


async def be_quiet(bot: House, person: Person, hours: int = 3) -> None:
    """Let somebody's quiet hours be now."""
    there = zones.local(bot.services.clock.now(), "Asia/Shanghai")
    first, last = there - timedelta(hours=1), there + timedelta(hours=hours)
    await bot.services.people.change(person.id, quiet_from=f"{first:%H:%M}", quiet_to=f"{last:%H:%M}")


async def tell_of_days(bot: House, person: Person, days: int) -> None:
    """Have somebody told of the check-ins of several days."""
    now = bot.services.clock.now()
    today = day_of(now)

    async def work(tx: Tx) -> None:
        for n in reversed(range(days)):
            day = (today - timedelta(days=n)).isoformat()
            await checkins.record(
                tx,
                user_id=person.id,
                account_key=f"user:{person.id}",
                day=day,
                state="done",
                now=now,
                gained=n + 3,
            )
            row = await checkins.of_day(tx, [f"user:{person.id}"], day)
            assert row is not None
            await notice(tx, person.id, "checkin", now=now, day=day, state="done", row=row.id)

    await bot.db.write(work)


async def test_what_waited_is_one_message(bot: House, person: Person, say: Words, clock: Hurried) -> None:
    await person.send("/help")
    await person.until(say.starts("help.title"))
    await be_quiet(bot, person)
    await tell_of_days(bot, person, 3)
    assert len(await person.settled(1.0)) == 2
    clock.forward(3 * 3600 + 60)
    told = await person.until(say("checkins.told.gained", points="+3"), since=0, timeout=20)
    # Yesterday's and the day before's stand below, in the same message.
    assert told.text.count("✅") == 3
    assert "+5" in told.text
    assert len(await person.settled(1.0)) == 3
    await person.press(told, say("button.checkin_history"))
    shown = await person.until(say.starts("checkins.title"), timeout=20)
    assert shown.has_photo


async def test_outside_of_them_nothing_waits(bot: House, person: Person, say: Words) -> None:
    await person.send("/help")
    await person.until(say.starts("help.title"))
    await tell_of_days(bot, person, 1)
    await person.until(say("checkins.told.gained", points="+3"), since=0)


async def test_what_a_press_brought_up_comes_at_once(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await linked(person, "hdhive")
    await be_quiet(bot, person)
    await control.expire("hdhive", person.id, "grant")
    await person.send("/checkin")
    said = say.starts("link.lost")
    await person.until(lambda message: said in message.text, since=0)
