"""Errors of Disk.Top that need a clock of their own: what went over the wire, and what people read of it."""

from dataclasses import replace

from bot.wiring import House
from sandbox.server import Sandbox
from services.clock import SystemClock
from services.uploads.pace import UploadPace
from tests.conftest import Start, linked
from tests.driver import Browser, Control, Journal, Person
from tests.e2e.faults.test_linking import ticket
from tests.e2e.linking.test_device import POLLS, code_card, device_of
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import KIB, digest, stored
from tests.e2e.words import Words

UP = "disktop-upload"
DATA = bytes(range(256)) * 1000


async def test_a_no_comes_back_as_the_document_says(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    address = await ticket(person, "disktop")
    async with Browser(person.id) as browser:
        back = await browser.consent(await browser.bind(address), allow=False)
        assert "error=access_denied" in back
        assert await browser.returned(back) == ""
        assert say("web.problem.denied.title") in browser.page
    assert not await journal.calls("disktop", "POST", "/oauth/token")


async def test_a_code_that_the_service_calls_expired(
    start: Start, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await control.telegram("options", limits=False)
    await control.options(disktop_device_interval=0.2)
    async with start():
        card = await code_card(person, say)
        device = device_of(box)
        # Only the service's clock goes on: the bot believes in the code still.
        device.expires_at = 0.0
        ended = await person.until(say("device.expired"), since=0)
        assert not ended.has_photo
        polls = await journal.calls("disktop", "POST", POLLS)
        assert [poll.errno for poll in polls if poll.errno != "authorization_pending"] == ["expired_token"]
        assert polls[-1].errno == "expired_token", "nothing is asked after it"
        await person.press(ended, say("button.new_code"))
        again = await person.until(lambda message: message.has_photo)
        assert again.id == ended.id
        assert again.button("📋").copies != card.button("📋").copies


class Noting(SystemClock):
    """The machine's clock, which notes what was waited for."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(seconds)


PAUSE = 0.0625


def impatient(house: House) -> None:
    """Let uploads wait for moments instead of minutes, and be put off thrice instead of ten times."""
    quick = replace(UploadPace(), pause=PAUSE, longest_pause=0.5, later=0.1, longest_later=0.2, puts_off=3)
    house.services.uploads._running._pace = quick


async def test_a_drive_that_cannot_complete_is_asked_again(
    start: Start, person: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    clock = Noting()
    await control.telegram("options", limits=False)
    await control.options(disktop_chunk_bytes=64 * KIB)
    broken = {"errno": 502, "errmsg": "complete failed"}
    await control.fault(UP, "*/complete", "status", status=502, body=broken, times=0)
    async with start(clock=clock) as house:
        impatient(house)
        await linked(person, "disktop")
        await person.send_file("a.bin", DATA)
        told = await uploading.failed(person, say, "a.bin", 120)
        assert say("problem.upload.unjoined", service="Disk.Top") in uploading.plain(told)
        asked = await journal.calls(UP, "POST", "*/complete")
        assert {call.errno for call in asked} == {"502"}
        assert len(asked) > 20, "again and again, before anybody is troubled"
        growing = [PAUSE, 2 * PAUSE, 4 * PAUSE, 0.5]
        assert [wait for wait in clock.waits if wait in growing][:4] == growing, "each time later"
        sent = [call.query["part_seq"] for call in await journal.calls(UP, "POST", "/u")]
        assert sorted(sent) == ["1", "2", "3", "4"], "and nothing is sent for it"
        assert len(await journal.calls("disktop", "POST", "*/precreate")) == 1
        assert not await journal.calls(UP, "POST", "*/abort")
        await control.mend()
        await journal.forget()
        await person.press(told, say("button.retry"))
        assert (await uploading.done(person, say, "a.bin", 30)).id == told.id
    assert not await journal.calls(UP, "POST", "/u"), "the drive has all parts still"
    assert await journal.calls(UP, "GET", "*/parts")
    assert [call.status for call in await journal.calls(UP, "POST", "*/complete")] == [200]
    item = stored(box, person, "a.bin")
    assert item is not None
    assert item.md5 == digest(DATA)
