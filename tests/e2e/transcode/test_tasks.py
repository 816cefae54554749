"""/transcode: tasks by state, live progress, retry and cancel."""

import asyncio

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account
from tests.conftest import GROUP
from tests.driver import Control, Journal, Person
from tests.e2e.hurried import Hurried
from tests.e2e.subscribe.following import later
from tests.e2e.transcode.transcoding import *  # noqa: F403
from tests.e2e.transcode.transcoding import TASKS, WAYS, opened, percent, task_card
from tests.e2e.videos.mikaways import queued, signed_in, words_of
from tests.e2e.words import Words


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


async def test_a_group_shows_no_tasks(person: Person, say: Words, account: Account, journal: Journal) -> None:
    await person.send("/transcode@linkhive_bot", chat=GROUP)
    card = await person.until(say("transcode.group_private"), chat=GROUP)
    assert "go_transcode" in (card.button(say("button.private")).url or "")
    assert not await journal.calls("mika", "GET", TASKS)
