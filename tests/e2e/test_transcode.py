"""/transcode: tasks by state, live progress, retry, cancel, and the notice of an end."""

import asyncio

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account, Task
from services import zones
from tests.conftest import GROUP
from tests.driver import Control, Journal, Message, Person
from tests.e2e.following import later
from tests.e2e.hurried import Hurried
from tests.e2e.mikaways import joined, queued, signed_in, words_of
from tests.e2e.words import Words

TASKS = "/api/admin/transcode/tasks"
WAYS = {"zh": "login", "en": "key"}


@pytest.fixture
async def account(bot: House, box: Sandbox, person: Person, language: str) -> Account:
    return await joined(bot, box, person, WAYS[language])


async def opened(person: Person, say: Words) -> Message:
    await person.send("/transcode")
    return await person.until(lambda m: m.find(say("transcode.kind.failed")) is not None)


async def task_card(person: Person, say: Words) -> Message:
    await person.press(await opened(person, say), "1")
    return await person.until(lambda m: m.find(say("button.all_tasks")) is not None)


def percent(say: Words, value: int) -> str:
    return say("transcode.bar", bar="", percent=value).strip()


async def test_tasks_by_state(
    person: Person, say: Words, box: Sandbox, account: Account, language: str, journal: Journal
) -> None:
    listed = await opened(person, say)
    assert say("transcode.none") in listed.text
    (asked, *_) = await journal.calls("mika", "GET", TASKS)
    assert asked.query == {"page": "1", "size": "6", "status": "processing"}
    assert signed_in(asked, account) == WAYS[language]
    for kind in ("pending", "failed", "completed", "all"):
        await person.press(await person.last(), say(f"transcode.kind.{kind}"))
        await person.until(lambda m, k=kind: f"● {say(f'transcode.kind.{k}')}" in [b.text for b in m.buttons])  # type: ignore[misc]
    sent = [call.query.get("status") for call in await journal.calls("mika", "GET", TASKS)]
    assert list(dict.fromkeys(sent)) == ["processing", "pending", "failed", "completed", None]
    last = await person.last()
    assert say("transcode.count", n=len(box.world.mika.tasks)) in last.text
    await person.press(last, say("button.next"))
    await person.until("7.")


async def test_progress_is_live_until_the_end(
    person: Person, say: Words, box: Sandbox, account: Account, control: Control, journal: Journal
) -> None:
    task = queued(box)
    card = await task_card(person, say)
    assert box.world.mika.videos[1].title in words_of(card)
    await control.advance(450)
    moved = await person.until(percent(say, 45), 20)
    assert moved.id == card.id
    assert moved.find(say("button.stop")) is not None
    await control.advance(600)
    ended = await person.until(say("transcode.state.completed"), 20)
    assert ended.id == card.id
    assert ended.find(say("button.stop")) is None
    assert await journal.calls("mika", "GET", f"{TASKS}/{task.id}")


async def test_a_list_is_live_too(
    person: Person, say: Words, box: Sandbox, account: Account, control: Control
) -> None:
    queued(box)
    listed = await opened(person, say)
    await control.advance(300)
    moved = await person.until(percent(say, 30), 20)
    assert moved.id == listed.id
    await control.advance(800)
    await person.until(say("transcode.none"), 20)


async def test_stop_leaves_it_as_it_is_and_follow_goes_on(
    bot: House, person: Person, say: Words, box: Sandbox, account: Account, control: Control, journal: Journal
) -> None:
    queued(box)
    card = await task_card(person, say)
    await person.press(card, say("button.stop"))
    stopped = await person.until(lambda m: m.find(say("button.follow_live")) is not None)
    await bot.transcoding.idle()
    await journal.forget()
    await control.advance(200)
    bot.db.wake("jobs")
    await bot.transcoding.idle()
    assert not await journal.calls("mika", "GET", f"{TASKS}/*")
    await person.press(stopped, say("button.follow_live"))
    await person.until(percent(say, 20))
    await control.advance(200)
    await person.until(percent(say, 40), 20)


async def test_edits_keep_their_distance_whatever_is_followed(
    person: Person,
    say: Words,
    box: Sandbox,
    account: Account,
    control: Control,
    journal: Journal,
    clock: Hurried,
) -> None:
    queued(box, takes=100.0)
    await task_card(person, say)
    await opened(person, say)
    await journal.forget()
    began = clock.now()
    for _ in range(12):
        await control.advance(5)
        await asyncio.sleep(0.1)
    edits = await journal.calls("telegram", "POST", "*/editMessageText")
    # One every two seconds in this chat, of both cards together; the end of the task is no progress.
    assert 1 <= len(edits) <= (clock.now() - began) / 2 + 3


async def test_a_failed_task_shows_its_log_and_is_retried(
    person: Person, say: Words, box: Sandbox, account: Account, control: Control, journal: Journal
) -> None:
    await control.mika(fail=1, at=40)
    task = queued(box)
    card = await task_card(person, say)
    await control.advance(500)
    failed = await person.until(say("transcode.state.failed"), 20)
    assert say("transcode.log") in failed.text
    assert any(entity["type"] == "pre" for entity in failed.entities)
    await person.press(failed, say("button.retry"))
    again = await person.until(say("transcode.retried"))
    assert again.id == card.id
    assert len(await journal.calls("mika", "POST", f"{TASKS}/{task.id}/retry")) == 1
    await control.advance(2000)
    await person.until(say("transcode.state.completed"), 20)


async def test_cancelling_asks_first(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    task = queued(box)
    card = await task_card(person, say)
    await person.press(card, say("button.cancel_task"))
    asked = await person.until(say("transcode.cancel_ask"))
    await person.press(asked, say("button.back"))
    kept = await person.until(lambda m: m.find(say("button.cancel_task")) is not None)
    await person.press(kept, say("button.cancel_task"))
    asked = await person.until(say("transcode.cancel_ask"))
    await person.press(asked, say("button.confirm"))
    done = await person.until(say("transcode.cancelled"))
    assert say("transcode.state.cancelled") in done.text
    assert len(await journal.calls("mika", "POST", f"{TASKS}/{task.id}/cancel")) == 1
    assert done.find(say("button.retry")) is not None


async def test_from_a_task_to_its_video_and_back(
    person: Person, say: Words, box: Sandbox, account: Account
) -> None:
    queued(box)
    card = await task_card(person, say)
    await person.press(card, say("button.to_video"))
    video = await person.until(lambda m: m.find(say("button.edit")) is not None)
    await person.press(video, say("button.back"))
    await person.until(lambda m: m.find(say("button.all_tasks")) is not None)


async def test_who_may_not_is_told_so(person: Person, say: Words, box: Sandbox, account: Account) -> None:
    account.rights = "member"
    await person.send("/transcode")
    told = await person.until(say("video.no_rights"))
    account.rights = "admin"
    await person.press(told, say("button.retry"))
    await person.until(lambda m: m.find(say("transcode.kind.failed")) is not None)


async def test_a_site_that_is_away_for_a_while_does_not_end_the_following(
    bot: House, person: Person, say: Words, box: Sandbox, account: Account, control: Control, clock: Hurried
) -> None:
    queued(box)
    card = await task_card(person, say)
    await control.fault("mika", f"{TASKS}/*", "status", status=500, times=0)
    await control.advance(300)
    await later(bot, clock, 10)
    await bot.transcoding.idle()
    await control.mend()
    await later(bot, clock, 10)
    moved = await person.until(percent(say, 30), 20)
    assert moved.id == card.id


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


async def test_a_group_shows_no_tasks(person: Person, say: Words, account: Account, journal: Journal) -> None:
    await person.send("/transcode@linkhive_bot", chat=GROUP)
    card = await person.until(say("transcode.group_private"), chat=GROUP)
    assert "go_transcode" in (card.button(say("button.private")).url or "")
    assert not await journal.calls("mika", "GET", TASKS)
