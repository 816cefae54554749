"""Pictures sent to a draft of /publish: taken, shown, published as links of ours, and seen by everybody."""

import pytest

from bot.wiring import House
from sandbox.server import Sandbox
from services import sentpictures
from tests.driver import Control, Journal, Person
from tests.e2e.publish.picturing import *  # noqa: F403
from tests.e2e.publish.picturing import (
    PLACE,
    SITE,
    WAIT,
    counts,
    kept,
    links_of,
    look,
    number_of,
    on_to_preview,
    opened,
    photo,
    publish,
    send_album,
    sent_images,
    the_card,
)
from tests.e2e.publish.publishing import (
    asks,
    made,
    pictures,
    sent,
    tells,
    to_pictures,
)
from tests.e2e.words import Words


async def test_an_album_is_published_as_links_that_everybody_can_open(
    bot: House, person: Person, say: Words, journal: Journal, box: Sandbox
) -> None:
    first = await to_pictures(person, say)
    assert say("publish.ask.pictures_sent", most=20) in first.text
    await send_album(person, [photo(n) for n in range(10)], "a1")
    card = await person.until(counts(say, 10), timeout=WAIT)
    assert card.id > first.id
    shown = await the_card(person, say.starts("publish.ask.more_pictures_sent"))
    assert shown.id == card.id, "one card for all of them"
    assert say("publish.picture_sent") in card.text
    assert card.links[:6] == links_of(card)
    await on_to_preview(person, say)
    assert not await sent(journal)
    await publish(person, say)
    images = await sent_images(journal)
    assert len(set(images)) == 10
    assert all(image.startswith(f"{SITE}/pictures/") and image.endswith(".jpg") for image in images)
    assert made(box)[0].images == images
    for number, image in enumerate(images):
        answer, data = await look(bot.web_port, image)
        assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
        picture = opened(data)
        assert (picture.format, picture.size) == ("JPEG", (320, 480)), "upright"
        assert number_of(data) == number, "in the order they were sent"
        assert PLACE not in data
        assert not picture.getexif()
    assert box.world.bot_token not in str([m.data for m in await person.messages()])


async def test_photos_files_and_links_stand_side_by_side(
    bot: House, person: Person, say: Words, journal: Journal, box: Sandbox
) -> None:
    await to_pictures(person, say)
    (link,) = pictures(box, 1)
    await person.send_photo(photo(0))
    await person.until(counts(say, 1))
    await person.send(link)
    await person.until(counts(say, 2))
    for n, kind in ((1, "PNG"), (2, "WEBP"), (3, "GIF")):
        mime = f"image/{kind.lower()}"
        await person.send_file(f"p.{kind.lower()}", photo(n, (4000, 1000), kind), mime=mime)
        await person.until(counts(say, n + 2))
    await on_to_preview(person, say)
    await publish(person, say)
    images = await sent_images(journal)
    assert images[1] == link
    own = [image for image in images if image != link]
    for number, image in enumerate(own):
        _, data = await look(bot.web_port, image)
        assert number_of(data) == number
        assert opened(data).size == ((320, 480) if number == 0 else (1600, 400))


async def test_there_are_no_more_than_fit(bot: House, person: Person, say: Words, box: Sandbox) -> None:
    await to_pictures(person, say)
    await person.send(" ".join(pictures(box, 12)))
    await person.until(counts(say, 12), timeout=WAIT)
    await send_album(person, [photo(n, (32, 32)) for n in range(10)], "a1")
    card = await person.until(tells(say, "publish.fault.many_pictures", most=20), timeout=WAIT)
    assert counts(say, 20)(card)
    assert card.text.count(say("publish.fault.many_pictures", most=20)) == 1
    assert await kept(bot, person) == 8
    assert (await the_card(person, say.starts("publish.ask.more_pictures_sent"))).id == card.id


async def test_what_is_no_picture_is_told_and_the_others_are_taken(
    bot: House, person: Person, say: Words, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await to_pictures(person, say)
    frames = photo(0, (64, 64), "GIF", save_all=True, append_images=[opened(photo(1, (64, 64), "PNG"))])
    bomb = photo(0, (7000, 7000), "PNG")
    for name, data, fault in (
        ("a.heic", b"\x00\x00\x00\x18ftypheic", "kind"),
        ("b.png", photo(0, kind="PNG")[:300], "broken"),
        ("c.gif", frames, "moving"),
    ):
        await person.send_file(name, data, mime="image/png")
        card = await person.until(tells(say, f"publish.fault.sent.{fault}"))
        assert card.find(say("publish.button.no_pictures"))
    await person.send_file("d.png", bomb, mime="image/png")
    await person.until(
        tells(say, "publish.fault.sent.pixels", most={"zh": "4000万", "en": "40M"}[say.language])
    )
    await person.send_file("e.png", 21 * 1024 * 1024, mime="image/png")
    await person.until(tells(say, "publish.fault.sent.big", most="20.0 MB"))
    await person.send_file("f.gif", b"GIF89a" * 20, kind="animation")
    await person.until(tells(say, "publish.fault.sent.moving"))
    assert await kept(bot, person) == 0
    await person.send_photo(photo(3), album="b1")
    await person.send_file("broken.jpg", photo(4)[:400], mime="image/jpeg", album="b1")
    await person.send_photo(photo(5), album="b1")
    card = await person.until(counts(say, 2), timeout=WAIT)
    assert say("publish.fault.sent.broken") in card.text
    assert not await sent(journal)
    monkeypatch.setattr(sentpictures, "MOST_PICTURES", 2)
    await person.send_photo(photo(6))
    await person.until(tells(say, "publish.fault.sent.full"))
    monkeypatch.setattr(sentpictures, "MOST_PICTURES", 9)
    monkeypatch.setattr(sentpictures, "MOST_KEPT", 500)
    await person.send_photo(photo(7))
    await person.until(tells(say, "publish.fault.sent.full"))
    assert await kept(bot, person) == 2


async def test_a_picture_that_telegram_does_not_give_is_asked_for_again(
    bot: House, person: Person, say: Words, control: Control
) -> None:
    await to_pictures(person, say)
    await control.fault("telegram", "*/getFile", "status", status=400)
    await person.send_photo(photo(0))
    await person.until(tells(say, "publish.fault.sent.unread"))
    await control.fault("telegram", "/file/*", "truncate")
    await person.send_photo(photo(1))
    card = await person.until(lambda m: "⚠️" in m.text)
    assert not links_of(card)
    await control.mend()
    await person.send_photo(photo(2))
    await person.until(counts(say, 1))


async def test_a_picture_may_come_to_any_question(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send_photo(photo(1), caption="/publish")
    card = await person.until(asks(say, "title"))
    assert say("publish.picture_taken") in card.text
    await person.send("A title")
    await person.until(asks(say, "category"))
    await person.send_photo(photo(2))
    card = await person.until(lambda m: asks(say, "category")(m) and say("publish.picture_taken") in m.text)
    await person.press(card, "番剧")
    await person.press(None, say("publish.button.no_description"))
    card = await person.until(counts(say, 2))
    assert len(links_of(card)) == 2
    await on_to_preview(person, say)
    await publish(person, say)
    numbers = [number_of((await look(bot.web_port, image))[1]) for image in await sent_images(journal)]
    assert numbers == [1, 2]
