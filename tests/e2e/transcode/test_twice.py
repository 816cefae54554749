"""Tasks tried again and stopped: once, however often somebody presses, and from no outdated card."""

from bot.wiring import House
from sandbox.server import Sandbox
from sandbox.states.mika import Account
from tests.driver import Control, Journal, Person
from tests.e2e.hurried import Hurried
from tests.e2e.site.test_twice import pressed_twice
from tests.e2e.subscribe.following import later
from tests.e2e.transcode.transcoding import *  # noqa: F403
from tests.e2e.transcode.transcoding import TASKS, opened, task_card
from tests.e2e.videos.mikaways import queued
from tests.e2e.words import Words


async def test_pressed_twice_it_is_tried_again_once(
    person: Person, say: Words, box: Sandbox, account: Account, control: Control, journal: Journal
) -> None:
    await control.mika(fail=1, at=40)
    task = queued(box)
    await task_card(person, say)
    await control.advance(500)
    failed = await person.until(say("transcode.state.failed"), 20)
    since = failed.revision
    await pressed_twice(person, failed, say("button.retry"))
    await person.until(say("transcode.retried"), since=since)
    await person.settled()
    assert len(await journal.calls("mika", "POST", f"{TASKS}/{task.id}/retry")) == 1
    assert task.tries == 2
    assert say("transcode.retried") in (await person.last()).text


async def test_pressed_twice_it_is_stopped_once_and_that_is_what_is_told(
    person: Person, say: Words, box: Sandbox, account: Account, journal: Journal
) -> None:
    task = queued(box)
    await person.press(await task_card(person, say), say("button.cancel_task"))
    asked = await person.until(say("transcode.cancel_ask"))
    since = asked.revision
    await pressed_twice(person, asked, say("button.confirm"))
    await person.until(say("transcode.cancelled"), since=since)
    await person.settled()
    assert len(await journal.calls("mika", "POST", f"{TASKS}/{task.id}/cancel")) == 1
    assert say("transcode.cancelled") in (await person.last()).text


async def test_an_old_notice_does_not_begin_anew_what_is_done_by_now(
    bot: House,
    person: Person,
    say: Words,
    box: Sandbox,
    account: Account,
    control: Control,
    clock: Hurried,
    journal: Journal,
) -> None:
    await control.mika(fail=1, at=40)
    await person.press(await opened(person, say), say("button.tell_all"))
    await person.until(say("transcode.bell_all_on"))
    await bot.transcoding.idle()
    task = queued(box, takes=1.0)
    await control.advance(10)
    await later(bot, clock, 60)
    notice = await person.until(say("transcode.ended.failed"), 20)
    # Somebody else had it tried again at the site, and it is done.
    task.outcome, task.fails_at = "completed", None
    await person.press(notice, say("button.retry"))
    shown = await person.until(say("transcode.state.completed"))
    assert shown.id == notice.id
    assert say("transcode.ended.failed") not in shown.text
    assert not await journal.calls("mika", "POST", f"{TASKS}/*")
