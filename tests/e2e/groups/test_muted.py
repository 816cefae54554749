"""Groups that take the right to speak away: what is new waits, and is told once when it is given back."""

from structlog.testing import capture_logs

from bot.wiring import House
from handlers.posting import GIVEN_UP_SECONDS, LONGEST_WAIT
from storage import chats, deadletters
from tests.conftest import GROUP, XIAOYU, linked
from tests.driver import Call, Control, Journal, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import INTERVAL, appear, later, quiet_rounds
from tests.e2e.subscribe.test_groups import group_follows
from tests.e2e.words import Words


async def told(person: Person) -> list[Message]:
    return [message for message in await person.messages(GROUP) if message.text.startswith("🆕")]


async def sends(journal: Journal, status: int) -> list[Call]:
    found = await journal.calls("telegram", "POST", "*/sendMessage")
    return [call for call in found if call.status == status]


async def noted(bot: House) -> str:
    chat = await bot.db.read(lambda tx: chats.get(tx, GROUP))
    return chat.state if chat is not None else ""


async def silenced(
    bot: House, people: dict[int, Person], person: Person, say: Words, clock: Hurried, journal: Journal
) -> None:
    """Have a group follow a film, and then lose the right to write in it."""
    await linked(person, "hdhive")
    await group_follows(person, people, say)
    await quiet_rounds(bot)
    clock.forward(61)
    await people[XIAOYU].post("/app/silence", GROUP)
    await journal.forget()


async def test_what_is_new_waits_until_the_group_lets_us_speak(
    bot: House,
    people: dict[int, Person],
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    await silenced(bot, people, person, say, clock, journal)
    first = await appear(control)
    await later(bot, clock)
    await quiet_rounds(bot)
    assert await sends(journal, 400)
    assert await noted(bot) == "muted"
    # Nothing tells a bot that it may speak again.
    await people[XIAOYU].post("/app/silence", GROUP, silent=False)
    refused = len(await sends(journal, 400))
    second = await appear(control)
    await later(bot, clock)
    await quiet_rounds(bot)
    await later(bot, clock)
    await quiet_rounds(bot)
    notices = "\n".join(str(message.data) for message in await told(person))
    assert (notices.count(f"r_{first}"), notices.count(f"r_{second}")) == (1, 1)
    assert await noted(bot) == "active"
    third = await appear(control)
    await later(bot, clock)
    await quiet_rounds(bot)
    assert str((await told(person))[-1].data).count(f"r_{third}") == 1
    assert len(await sends(journal, 400)) == refused


async def test_a_group_that_never_lets_us_speak_is_given_up(
    bot: House,
    people: dict[int, Person],
    person: Person,
    say: Words,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    await silenced(bot, people, person, say, clock, journal)
    old = await appear(control)
    await later(bot, clock)
    await quiet_rounds(bot)
    tries = 6
    for _ in range(tries):
        await later(bot, clock, 2 * 3600.0)
        await quiet_rounds(bot)
    assert len(await sends(journal, 400)) > tries
    with capture_logs() as lines:
        await later(bot, clock, GIVEN_UP_SECONDS)
        await quiet_rounds(bot)
    (line,) = [line for line in lines if line["event"] == "notice_given_up"]
    assert (line["log_level"], line["standing"], line["kind"]) == ("warning", "muted", "subscription.group")
    assert await bot.db.read(deadletters.count) == 0
    await people[XIAOYU].post("/app/silence", GROUP, silent=False)
    await later(bot, clock, LONGEST_WAIT + INTERVAL)
    await quiet_rounds(bot)
    assert not await told(person)
    new = await appear(control)
    await later(bot, clock)
    notice = await person.until("🆕", chat=GROUP)
    assert f"r_{new}" in str(notice.data)
    assert f"r_{old}" not in str(notice.data)
