"""Cards with a picture of our own: sent, edited, turned into text and back, closed."""

import io

import pytest
import segno

from bot.wiring import House
from handlers import cards
from handlers.scenes import Route, Scene, State
from handlers.views import Press, View
from sandbox.server import Sandbox
from tests.driver import Control, Journal, Message, Person
from tests.e2e.process import until


def qr(text: str) -> bytes:
    out = io.BytesIO()
    segno.make(text).save(out, kind="png")
    return out.getvalue()


PICTURES = {"a": qr("one"), "b": qr("another")}


class AlbumState(State):
    picture: str = "a"
    words: str = "first"


async def show(scene: Scene[AlbumState]) -> View:
    buttons = [Press(label, "turn", label) for label in ("a", "b", "none", "long", "other words")]
    words = "&lt;" * 1100 if scene.state.words == "long" else f"<b>{scene.state.words}</b>"
    return View(
        words, (buttons, [Press("Interim", "interim"), Press("Close", "close")]), None, photo_of(scene)
    )


def photo_of(scene: Scene[AlbumState]) -> bytes | None:
    return PICTURES.get(scene.state.picture)


async def turn(scene: Scene[AlbumState], arg: str) -> AlbumState:
    if arg in PICTURES or arg == "none":
        return scene.state.model_copy(update={"picture": arg, "words": f"shows {arg}"})
    return scene.state.model_copy(update={"words": arg})


async def interim(scene: Scene[AlbumState], _arg: str) -> AlbumState:
    await scene.interim(View("at work"))
    return scene.state.model_copy(update={"words": "done"})


ALBUM = Route("album", AlbumState, show, {"turn": turn, "interim": interim})


@pytest.fixture
async def card(bot: House, ben: Person) -> Message:
    home = bot.application
    home.card(ALBUM)
    await ben.send("/help")
    await ben.until("/help")
    owner = await home.services.people.known(ben.id)
    scene = Scene(home, owner, ben.id, private=True, state=AlbumState(), received_at=0.0)
    await cards.post(scene, ALBUM.name, await show(scene))
    return await ben.until(lambda message: message.has_photo)


async def test_a_picture_is_sent_with_its_text(card: Message, journal: Journal) -> None:
    assert card.text == "first"
    assert [entity["type"] for entity in card.entities] == ["bold"]
    (sent,) = await journal.calls("telegram", path="*/sendPhoto")
    assert "PNG" in sent.body


async def test_the_same_picture_is_not_uploaded_again(card: Message, ben: Person, journal: Journal) -> None:
    await journal.forget()
    await ben.press(card, "other words")
    again = await ben.until("other words")
    assert again.id == card.id
    assert again.data["photo"] == card.data["photo"]
    (edit,) = await journal.calls("telegram", path="*/editMessageMedia")
    assert card.data["photo"][0]["file_id"] in edit.form["media"]
    assert "PNG" not in edit.body


async def test_another_picture_takes_its_place(card: Message, ben: Person, journal: Journal) -> None:
    await journal.forget()
    await ben.press(card, "b")
    other = await ben.until("shows b")
    assert other.id == card.id
    assert other.data["photo"] != card.data["photo"]
    (edit,) = await journal.calls("telegram", path="*/editMessageMedia")
    assert "PNG" in edit.body
    # Back to the first: Telegram still has it.
    await ben.press(other, "a")
    assert (await ben.until("shows a")).data["photo"] == card.data["photo"]
    assert "PNG" not in (await journal.calls("telegram", path="*/editMessageMedia"))[-1].body


async def test_a_picture_becomes_a_text_and_a_picture_again(
    card: Message, ben: Person, journal: Journal, box: Sandbox
) -> None:
    await journal.forget()
    await ben.press(card, "none")
    text = await ben.until("shows none")
    assert not text.has_photo
    assert text.id > card.id
    await until(lambda: card.id not in box.world.telegram.chats[ben.id].messages, "one card per task")
    assert len(await journal.calls("telegram", path="*/sendMessage")) == 1
    assert len(await journal.calls("telegram", path="*/deleteMessage")) == 1
    await ben.press(text, "b")
    picture = await ben.until("shows b")
    assert picture.id == text.id, "a text can become a picture in place"
    assert picture.has_photo


async def test_a_new_message_keeps_what_the_press_changed(card: Message, ben: Person, box: Sandbox) -> None:
    await ben.press(card, "Interim")
    done = await ben.until("done")
    assert done.has_photo
    await until(lambda: card.id not in box.world.telegram.chats[ben.id].messages, "one card per task")
    await ben.press(done, "b")
    assert (await ben.until("shows b")).id == done.id, "its buttons work"


async def test_words_too_many_for_a_caption_are_shown_without_the_picture(card: Message, ben: Person) -> None:
    await ben.press(card, "long")
    text = await ben.until(lambda message: len(message.text) == 1100)
    assert not text.has_photo


async def test_a_picture_that_telegram_forgot_is_uploaded_again(
    card: Message, ben: Person, journal: Journal, box: Sandbox
) -> None:
    box.world.telegram.files.forget()
    await journal.forget()
    await ben.press(card, "other words")
    assert (await ben.until("other words")).has_photo
    assert [call.status for call in await journal.calls("telegram", path="*/editMessageMedia")] == [400, 200]


async def test_an_old_picture_that_cannot_be_deleted_is_closed(
    card: Message, ben: Person, control: Control
) -> None:
    refused = {"ok": False, "error_code": 400, "description": "Bad Request: message can't be deleted"}
    await control.fault("telegram", "*/deleteMessage", "status", status=400, body=refused, times=0)
    await ben.press(card, "none")
    text = await ben.until("shows none")
    left = next(message for message in await ben.settled() if message.id == card.id)
    assert not left.buttons
    await ben.press(text, "b")
    picture = await ben.until("shows b")
    await ben.press(picture, "Close")
    assert (await ben.until("Closed.")).id == picture.id
    assert not (await ben.last()).buttons


async def test_a_picture_that_was_deleted_is_sent_anew(bot: House, card: Message, ben: Person) -> None:
    await ben.post("/app/delete", message_id=card.id)
    await cards.refresh(bot.application, str(card.buttons[0].data).partition(":")[0])
    again = await ben.until("first")
    assert again.id > card.id
    assert again.has_photo
