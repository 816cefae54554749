"""Linking Disk.Top with a code: the card, the picture, the minutes, and every end of it."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import md5
from pathlib import Path

import pytest

from bot.wiring import House
from handlers.linking.device import picture
from sandbox.server import Sandbox
from sandbox.states.disktop import Device
from services.clock import SystemClock
from tests.conftest import GROUP, Start, environment, linked
from tests.driver import Browser, Control, Journal, Message, Person
from tests.driver.forms import form_with
from tests.e2e.process import Shift, running, until
from tests.e2e.words import Words

POLLS = "/oauth/device-token"


class Ahead(SystemClock):
    """The machine's clock, put forward by hand."""

    def __init__(self) -> None:
        self.more = 0.0

    def now(self) -> float:
        return super().now() + self.more

    async def sleep(self, seconds: float) -> None:
        # Looks again every moment: the time may have been put forward.
        until_ = self.now() + seconds
        while (left := until_ - self.now()) > 0:  # noqa: ASYNC110 - the time moves in jumps
            await asyncio.sleep(min(left, 0.02))


@pytest.fixture
def ahead() -> Ahead:
    return Ahead()


@pytest.fixture
async def bot(start: Start, control: Control, ahead: Ahead) -> AsyncIterator[House]:
    await control.telegram("options", limits=False)
    await control.options(disktop_device_interval=0.2)
    async with start(clock=ahead) as house:
        yield house


async def pass_time(ahead: Ahead, control: Control, seconds: float) -> None:
    await control.advance(seconds)
    ahead.more += seconds


async def code_card(person: Person, say: Words) -> Message:
    """Go up to the picture."""
    await person.send("/link disktop")
    ready = await person.until(lambda message: message.find(say("button.device")) is not None)
    await person.press(ready, say("button.device"))
    return await person.until(lambda message: message.has_photo)


async def decide(person: Person, address: str, allow: bool) -> str:
    """Open the page the picture leads to and press a button there."""
    button = "allow" if allow else "deny"
    async with Browser(person.id) as browser:
        page = await browser.get(address)
        await browser._submit(form_with(page.text, button), button, address)
        return browser.page


async def one_card(person: Person) -> None:
    """See the picture go: the text has taken its place."""
    assert not [message for message in await person.settled() if message.has_photo]


def device_of(box: Sandbox) -> Device:
    return list(box.world.disktop.devices.values())[-1]


async def test_the_code_is_shown_with_its_picture(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await journal.forget()
    card = await code_card(person, say)
    device = device_of(box)
    complete = f"{box.url}/disktop/oauth/device?user_code={device.user_code}"
    assert device.user_code in card.text
    assert f"{box.url}/disktop/oauth/device" in card.text
    assert say("wait.minutes", n=10) in card.text
    assert card.button(say("button.device_page")).url == complete
    assert card.button("📋").copies == device.user_code
    file = box.world.telegram.files.get(card.data["photo"][0]["file_id"])
    assert file is not None
    assert file.content is not None
    drawn = picture(complete)
    assert drawn is not None
    assert file.content.md5 == md5(drawn).hexdigest(), "the picture leads to the page with the code"
    (asked,) = await journal.calls("disktop", "POST", "/oauth/device-code")
    assert set(asked.form) == {"client_id", "scope"}
    assert not [message for message in await person.messages() if message.find(say("button.device"))], (
        "the card itself became the picture"
    )


async def test_allowed(bot: House, person: Person, say: Words, box: Sandbox, journal: Journal) -> None:
    card = await code_card(person, say)
    await until(lambda: box.world.journal.count("disktop", "POST", POLLS) > 1, "it asks while it waits")
    await decide(person, str(card.button(say("button.device_page")).url), allow=True)
    name = box.world.people[person.id].disktop_nickname
    done = await person.until(lambda message: "✅" in message.text and name in message.text)
    await one_card(person)
    assert done.find(say("button.link", service="HDHive"))
    polls = await journal.calls("disktop", "POST", POLLS)
    assert all(set(poll.form) >= {"device_code", "client_id"} for poll in polls)
    assert polls[0].errno == "authorization_pending"
    device = device_of(box)
    assert all(poll.form["device_code"] == device.device_code for poll in polls)
    assert device.device_code not in str([message.data for message in await person.messages()])
    await person.send("/accounts")
    await person.until(lambda message: "Disk.Top" in message.text and "✅" in message.text)


async def test_denied(bot: House, person: Person, say: Words, journal: Journal) -> None:
    card = await code_card(person, say)
    await decide(person, str(card.button(say("button.device_page")).url), allow=False)
    ended = await person.until(say("problem.attempt.denied"))
    assert not ended.has_photo
    assert (await journal.calls("disktop", "POST", POLLS))[-1].errno == "access_denied"
    await person.press(ended, say("button.new_code"))
    again = await person.until(lambda message: message.has_photo)
    assert again.id == ended.id, "the same card shows the next code"
    assert again.button("📋").copies != card.button("📋").copies


async def test_expired(bot: House, person: Person, say: Words, ahead: Ahead, control: Control) -> None:
    await code_card(person, say)
    await pass_time(ahead, control, 601)
    ended = await person.until(say("device.expired"))
    assert not ended.has_photo
    await person.press(ended, say("button.in_browser"))
    ready = await person.until(lambda message: any(button.url for button in message.buttons))
    assert ready.id == ended.id


async def test_the_minutes_are_counted_once_each(
    bot: House, person: Person, say: Words, ahead: Ahead, control: Control, journal: Journal
) -> None:
    card = await code_card(person, say)
    await journal.forget()
    for left in (9, 8):
        await pass_time(ahead, control, 60)
        shown = await person.until(lambda m, left=left: f" {left} " in m.text.splitlines()[-1])  # type: ignore[misc]
        assert shown.id == card.id
    edits = await journal.calls("telegram", path="*/editMessageMedia")
    assert len(edits) == 2
    assert all("PNG" not in edit.body for edit in edits), "the picture is not sent again"


async def test_cancelled(bot: House, person: Person, say: Words, box: Sandbox, journal: Journal) -> None:
    card = await code_card(person, say)
    await person.press(card, say("button.cancel"))
    await person.until(say("device.cancelled"))
    await decide(person, str(card.button(say("button.device_page")).url), allow=True)
    await person.send("/accounts")
    await person.until(lambda message: message.find(say("button.link", service="Disk.Top")) is not None)
    assert device_of(box).stage == "allowed", "nobody took the tokens"


async def test_cancelled_in_words(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    card = await code_card(person, say)
    await person.send("/cancel")
    await person.until(say("cancel.done"))
    ended = await person.until(say("device.cancelled"))
    assert not ended.has_photo
    await decide(person, str(card.button(say("button.device_page")).url), allow=True)
    await person.send("/accounts")
    await person.until(lambda message: message.find(say("button.link", service="Disk.Top")) is not None)
    assert device_of(box).stage == "allowed", "nobody took the tokens"
    await person.send("/cancel")
    await person.until(say("cancel.nothing"))


async def test_linked_in_the_browser_meanwhile(
    bot: House, person: Person, say: Words, box: Sandbox, ahead: Ahead, control: Control
) -> None:
    card = await code_card(person, say)
    await linked(person, "disktop")
    ended = await person.until(say("device.finished", service="Disk.Top"), since=0)
    assert not ended.has_photo
    asked = box.world.journal.count("disktop", "POST", POLLS)
    await decide(person, str(card.button(say("button.device_page")).url), allow=True)
    await pass_time(ahead, control, 60)
    await one_card(person)
    assert box.world.journal.count("disktop", "POST", POLLS) == asked, "nobody asks for that code any more"


async def test_slow_down_is_obeyed(
    bot: House, person: Person, say: Words, box: Sandbox, ahead: Ahead, control: Control
) -> None:
    card = await code_card(person, say)
    device_of(box).slow_downs = 1
    await until(lambda: device_of(box).slow_downs == 0, "it was told to slow down")
    await decide(person, str(card.button(say("button.device_page")).url), allow=True)
    asked = box.world.journal.count("disktop", "POST", POLLS)
    await pass_time(ahead, control, 4)
    await asyncio.sleep(0.3)
    assert box.world.journal.count("disktop", "POST", POLLS) == asked, "five seconds more are waited"
    await pass_time(ahead, control, 2)
    await person.until(lambda message: "✅" in message.text)


async def test_a_refused_code_says_so(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    await code_card(person, say)
    box.world.disktop.devices.clear()
    await person.until(say.starts("problem.attempt.failed"))
    ended = await person.until(lambda message: message.find(say("button.new_code")) is not None)
    assert not ended.has_photo


async def test_a_newer_code_takes_the_place(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    first = await code_card(person, say)
    second = await code_card(person, say)
    assert second.id != first.id
    await person.until(say("device.replaced"), since=0)
    assert [message.id for message in await person.settled() if message.has_photo] == [second.id]


async def test_the_service_being_down_is_said_and_tried_again(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await control.fault("disktop", "/oauth/device-code", "status", status=503, times=0)
    await person.send("/link disktop")
    ready = await person.until(lambda message: message.find(say("button.device")) is not None)
    await person.press(ready, say("button.device"))
    told = await person.until(lambda message: message.find(say("button.retry")) is not None, timeout=20)
    assert told.id == ready.id
    await control.mend()
    await person.press(told, say("button.retry"))
    await person.until(lambda message: message.has_photo)


async def test_no_way_into_a_group(bot: House, person: Person, say: Words, journal: Journal) -> None:
    await person.send("/link disktop", GROUP)
    pointer = await person.until(lambda message: bool(message.buttons), chat=GROUP)
    card_id = "A" * 10
    pressed = await person.press_data(pointer, f"{card_id}:go_device:")
    assert pressed.text == say("card.old")
    assert not await journal.calls("disktop", "POST", "/oauth/device-code")
    assert not await journal.calls("telegram", path="*/sendPhoto")


async def test_only_disktop_offers_it(bot: House, person: Person, say: Words) -> None:
    await person.send("/link hdhive")
    ready = await person.until(lambda message: any(button.url for button in message.buttons))
    assert ready.find(say("button.device")) is None


async def test_one_who_has_linked_before_is_linked_anew(bot: House, person: Person, say: Words) -> None:
    await linked(person, "disktop")
    card = await code_card(person, say)
    await decide(person, str(card.button(say("button.device_page")).url), allow=True)
    await person.until(lambda message: "✅" in message.text and not message.has_photo)


@pytest.mark.parametrize("allow", [True, False])
async def test_a_restart_in_the_middle(
    allow: bool, box: Sandbox, tmp_path: Path, ben: Person, control: Control, journal: Journal
) -> None:
    say, shift = Words("en"), Shift(tmp_path)
    await control.telegram("options", limits=False)
    await control.options(disktop_device_interval=1.0)
    async with running(environment(box, tmp_path), tmp_path, shift=shift) as bot:
        card = await code_card(ben, say)
        await until(lambda: box.world.journal.count("disktop", "POST", POLLS) > 0, "it has asked")
        await bot.kill()
        await decide(ben, str(card.button(say("button.device_page")).url), allow=allow)
        # The kill may have come between a question and its answer: then a minute is waited.
        shift.advance(70.0)
        await control.advance(70.0)
        await bot.start()
        end = "✅" if allow else say("problem.attempt.denied")
        await ben.until(end, timeout=30)
        await one_card(ben)
    assert len(await journal.calls("disktop", "POST", "/oauth/device-code")) == 1
