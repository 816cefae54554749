"""A new share whose answer never came: it is looked up, and nothing is published twice."""

from bot.wiring import House
from sandbox.server import Sandbox
from tests.conftest import Start
from tests.driver import Control, Journal, Person
from tests.e2e.faults.faulty import HDHIVE
from tests.e2e.hurried import Hurried
from tests.e2e.shares.sharing import SHARES, mine, nothing_shared, to_preview
from tests.e2e.words import Words


async def test_a_lost_answer_is_looked_up_and_nothing_is_published_twice(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    nothing_shared(box, person)
    preview = await to_preview(person, say)
    await control.fault("hdhive", SHARES, "reset_after", method="POST")
    await person.press(preview, say("button.publish"))
    await person.until(say("share.published"))
    assert len(await journal.calls("hdhive", "POST", SHARES)) == 1
    assert len(mine(box, person)) == 1


async def test_what_never_arrived_is_published_by_another_press_only(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal, clock: Hurried
) -> None:
    nothing_shared(box, person)
    preview = await to_preview(person, say)
    await control.fault("hdhive", SHARES, "reset", method="POST")
    await person.press(preview, say("button.publish"))
    doubtful = await person.until(say("share.not_yet"))
    assert doubtful.find(say("button.publish")) is None
    await control.fault("hdhive", SHARES, "html", method="GET", times=0)
    await person.press(doubtful, say("button.look"))
    failed = await person.until(say("problem.broken", service=HDHIVE))
    await control.mend()
    clock.forward(90)
    await person.press(failed, say("button.retry"))
    again = await person.until(say("share.not_published"))
    assert not mine(box, person)
    await person.press(again, say("button.publish"))
    await person.until(say("share.published"))
    assert len(mine(box, person)) == 1


async def test_a_refusal_before_anything_was_sent_can_be_tried_again(
    bot: House, person: Person, say: Words, box: Sandbox, control: Control, clock: Hurried
) -> None:
    nothing_shared(box, person)
    preview = await to_preview(person, say)
    await control.fault("hdhive", SHARES, "retry_after", method="POST", retry_after=6)
    await person.press(preview, say("button.publish"))
    failed = await person.until(say("problem.rate_limited", service=HDHIVE, wait="§").partition("§")[0])
    clock.forward(7)
    await person.press(failed, say("button.retry"))
    await person.until(say("share.published"))
    assert len(mine(box, person)) == 1


async def test_a_draft_that_was_sent_survives_a_restart(
    start: Start, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await control.telegram("options", limits=False)
    nothing_shared(box, person)
    async with start(clock=Hurried()):
        preview = await to_preview(person, say)
        await control.fault("hdhive", SHARES, "html", method="POST")
        await control.fault("hdhive", SHARES, "html", method="GET", times=0)
        await person.press(preview, say("button.publish"), timeout=60)
        doubtful = await person.until(say.starts("share.doubtful").splitlines()[0], timeout=60)
    await control.mend()
    async with start(clock=Hurried()):
        await person.press(doubtful, say("button.look"))
        await person.until(lambda m: say("share.not_yet") in m.text or say("share.not_published") in m.text)
    assert len(await journal.calls("hdhive", "POST", SHARES)) == 1
