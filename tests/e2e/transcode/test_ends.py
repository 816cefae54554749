"""The bell of /transcode: the end of one task, or of each, is told once, at a time that suits."""

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account, Task
from services import zones
from tests.driver import Control, Message, Person
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import later
from tests.e2e.transcode.transcoding import *  # noqa: F403
from tests.e2e.transcode.transcoding import opened, task_card
from tests.e2e.videos.mikaways import queued, words_of
from tests.e2e.words import Words


async def test_the_bell_tells_of_one_end(
    bot: House, person: Person, say: Words, box: Sandbox, account: Account, control: Control, clock: Hurried
) -> None:
    await control.mika(fail=1, at=40)
    queued(box)
    card = await task_card(person, say)
    await person.press(card, say("button.tell_end"))
    rung = await person.until(say("transcode.bell_on"))
    assert rung.find(say("button.tell_not")) is not None
    await person.press(rung, say("button.close"))
    await control.advance(500)
    await later(bot, clock, 30)
    told = await person.until(say.starts("transcode.ended.failed") or "🔔", 20)
    assert told.id != card.id
    assert box.world.mika.videos[1].title in words_of(told)
    assert any(entity["type"] == "pre" for entity in told.entities)
    await person.press(told, say("button.retry"))
    await person.until(say("transcode.retried"))


def _tells(say: Words, message: Message) -> bool:
    return any(say(f"transcode.ended.{state}") in message.text for state in ("completed", "failed"))


async def ended(person: Person, say: Words) -> list[Message]:
    return [message for message in await person.messages() if _tells(say, message)]


async def test_the_bell_for_all_tells_of_each_end_once_and_can_be_taken_off(
    bot: House, person: Person, say: Words, box: Sandbox, account: Account, control: Control, clock: Hurried
) -> None:
    await person.press(await opened(person, say), say("button.tell_all"))
    rung = await person.until(say("transcode.bell_all_on"))
    await bot.transcoding.idle()
    queued(box, 1, takes=100.0)
    await later(bot, clock, 60)
    await bot.transcoding.idle()
    await control.advance(200)
    await later(bot, clock, 60)
    await person.until(lambda m: _tells(say, m) and box.world.mika.videos[1].title in words_of(m), 20)
    # One that begins and ends between two looks is told of as well.
    quick: Task = queued(box, 2, takes=1.0)
    await control.advance(10)
    await later(bot, clock, 60)
    title = box.world.mika.videos[quick.video].title
    await person.until(lambda m: _tells(say, m) and title in words_of(m), 20)
    for _ in range(3):
        await later(bot, clock, 60)
        await bot.transcoding.idle()
        await bot.jobs.idle()
    assert len(await ended(person, say)) == 2
    await person.press(rung, say("button.tell_not"))
    await person.until(say("transcode.bell_all_off"))
    queued(box, 3, takes=1.0)
    await control.advance(10)
    await later(bot, clock, 60)
    await bot.transcoding.idle()
    await bot.jobs.idle()
    assert len(await ended(person, say)) == 2


async def test_several_ends_at_night_come_as_one_message_in_the_morning(
    bot: House, person: Person, say: Words, box: Sandbox, account: Account, control: Control, clock: Hurried
) -> None:
    await person.press(await opened(person, say), say("button.tell_all"))
    await person.until(say("transcode.bell_all_on"))
    await bot.transcoding.idle()
    now = bot.services.clock.now()
    hours = {"quiet_from": _hour(now - 3600), "quiet_to": _hour(now + 3600)}
    await bot.services.people.change(person.id, timezone="Asia/Shanghai", **hours)
    for video in (1, 2, 3):
        queued(box, video, takes=1.0)
    await control.advance(10)
    await later(bot, clock, 60)
    await bot.transcoding.idle()
    await bot.jobs.idle()
    words = say("transcode.ended_many", n=3)
    assert not [m for m in await person.messages() if words in m.text]
    await later(bot, clock, 2 * 3600)
    told = await person.until(words, 20)
    assert all(box.world.mika.videos[n].title in words_of(told) for n in (1, 2, 3))
    await person.press(told, "2")
    await person.until(lambda m: m.find(say("button.all_tasks")) is not None)


def _hour(at: float) -> str:
    return f"{zones.local(at, 'Asia/Shanghai'):%H:%M}"


async def test_rights_that_were_taken_end_the_telling_and_that_is_said(
    bot: House, person: Person, say: Words, box: Sandbox, account: Account, clock: Hurried
) -> None:
    await person.press(await opened(person, say), say("button.tell_all"))
    await person.until(say("transcode.bell_all_on"))
    await bot.transcoding.idle()
    account.rights = "member"
    await later(bot, clock, 60)
    await person.until(say("transcode.watch_refused"), 20)


async def test_a_task_that_is_gone_ends_the_telling(
    bot: House, person: Person, say: Words, box: Sandbox, account: Account, clock: Hurried
) -> None:
    task = queued(box)
    await person.press(await task_card(person, say), say("button.tell_end"))
    await person.until(say("transcode.bell_on"))
    del box.world.mika.tasks[task.id]
    await later(bot, clock, 60)
    await person.until(say("transcode.watch_gone", id=task.id), 20)
