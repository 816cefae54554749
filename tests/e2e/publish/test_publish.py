"""/publish: from the title to the resource that others find, by every kind of link."""

import pytest

from bot.wiring import House
from clients.credentials import ApiKey
from sandbox.catalogue.torrents import cid
from sandbox.server import Sandbox
from tests.conftest import Start
from tests.driver import Control, Journal, Message, Person
from tests.e2e.process import until
from tests.e2e.publish.publishing import *  # noqa: F403
from tests.e2e.publish.publishing import (
    BARE,
    HASH,
    MAGNET,
    TITLE,
    asks,
    begun,
    file_of,
    made,
    pictures,
    second_version,
    sent,
    tells,
    to_description,
    to_link,
    to_pictures,
    to_preview,
    with_key,
)
from tests.e2e.words import Words

ACGBT = "ACGBT"


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "plain"])
async def test_the_whole_way(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal, signed: bool
) -> None:
    await with_key(bot, box, person, signed=signed)
    await to_description(person, say)
    bold = [{"type": "bold", "offset": 0, "length": 4}]
    await person.send("格式： MKV\n- 简繁内封", entities=bold)
    await person.until(asks(say, "pictures"))
    first, second = pictures(box, 2)
    await person.send(f"{first}\n{second}")
    card = await person.until(lambda m: "2." in m.text and m.find(say("button.done")) is not None)
    await person.press(card, say("button.done"))
    await person.press(await person.until(asks(say, "layout")), say("publish.button.layout.2"))
    await person.until(asks(say, "link"))
    data, infohash = file_of()
    await person.send_file("frieren.torrent", data)
    preview = await person.until(lambda m: m.find(say("button.publish")) is not None)
    assert infohash in preview.text
    assert "6.8 GB" in preview.text
    assert say("publish.field.layout.2") in preview.text
    assert not await sent(journal), "nothing goes out before the press"
    await person.press(preview, say("button.publish"))
    done = await person.until(say.starts("publish.done_number"))
    assert done.id == preview.id
    (call,) = await sent(journal)
    magnet = call.json.pop("magnet_link") if isinstance(call.json, dict) else ""
    assert magnet.startswith(f"magnet:?xt=urn:btih:{infohash}&dn=Frieren%20S2&xl=7340032123")
    body = call.json
    del body["magnet_link"]
    assert body == {
        "title": TITLE,
        "category_id": 2,
        "description": "**格式：** MKV\n- 简繁内封",
        "images": [first, second],
        "image_layout": 2,
        "file_size": 7_340_032_123,
    }
    assert ("x-signature" in call.headers) is signed
    assert ("x-api-secret" in call.headers) is not signed
    (resource,) = made(box)
    assert (resource.title, resource.magnet_link) == (TITLE, magnet)
    await person.press(done, say("publish.button.view"))
    await person.until(
        lambda m: TITLE.split()[0] in m.text and m.find(say("acg.button.comments")) is not None
    )


async def test_the_new_one_is_found_again(
    bot: House, person: Person, say: Words, box: Sandbox, key: ApiKey
) -> None:
    preview = await to_preview(person, say)
    await person.press(preview, say("button.publish"))
    await person.until(say.starts("publish.done_number"))
    await person.send("/acg 葬送的芙莉莲 第二季")
    await person.until(lambda m: "第二季" in m.text and m.find(say("publish.button.view")) is None)


@pytest.mark.parametrize(
    ("link", "field", "value"),
    [
        (HASH.upper(), "magnet_link", f"magnet:?xt=urn:btih:{HASH}"),
        (BARE, "magnet_link", BARE),
        (f"magnet:?xt=urn:btmh:1220{'cd' * 32}", "magnet_link", f"magnet:?xt=urn:btmh:1220{'cd' * 32}"),
        (f"https://ipfs.io/ipfs/{cid('film', modern=True)}", "ipfs_cid", cid("film", modern=True)),
    ],
)
async def test_every_kind_of_link(
    bot: House, person: Person, say: Words, journal: Journal, key: ApiKey, link: str, field: str, value: str
) -> None:
    await to_link(person, say)
    await person.send(link)
    await person.until(asks(say, "size"))
    for wrong in ("big", "5", "-3 GB", "5 parsecs"):
        await person.send(wrong)
        await person.until(tells(say, "publish.fault.size"))
    await person.send("5.3 GB")
    preview = await person.until(lambda m: m.find(say("button.publish")) is not None)
    await person.press(preview, say("button.publish"))
    await person.until(say.starts("publish.done_number"))
    (call,) = await sent(journal)
    assert (call.json[field], call.json["file_size"]) == (value, 5_690_831_667)


async def test_a_torrent_file_may_come_first(
    bot: House, person: Person, say: Words, journal: Journal, key: ApiKey
) -> None:
    data, infohash = file_of("[VCB-Studio] Frieren", 1_234_567_890)
    await person.send_file("a.torrent", data, caption="/publish")
    card = await person.until(asks(say, "title"))
    assert infohash in card.text
    await person.press(card, say("publish.button.take_name"))
    card = await person.until(asks(say, "category"))
    await person.send("动画")
    await person.press(await person.until(asks(say, "description")), say("publish.button.no_description"))
    await person.press(await person.until(asks(say, "pictures")), say("publish.button.no_pictures"))
    link = await person.until(asks(say, "link"))
    assert link.find(say("button.back"))
    newer, other = second_version()
    await person.send_file("v2.torrent", newer, mime="application/x-bittorrent")
    preview = await person.until(lambda m: m.find(say("button.publish")) is not None)
    assert other in preview.text
    assert infohash not in preview.text
    assert "[VCB-Studio] Frieren" in preview.text


async def test_a_draft_is_changed_before_it_goes_out(
    bot: House, person: Person, say: Words, journal: Journal, key: ApiKey
) -> None:
    preview = await to_preview(person, say)
    await person.press(preview, say("publish.button.field.title"))
    await person.until(asks(say, "title"))
    await person.send("Another <b>title</b> & more")
    preview = await person.until(lambda m: m.find(say("button.publish")) is not None)
    await person.press(preview, say("publish.button.field.category"))
    card = await person.until(asks(say, "category"))
    await person.press(card, say("button.back"))
    preview = await person.until(lambda m: m.find(say("button.publish")) is not None)
    await person.press(preview, say("button.publish"))
    await person.until(say.starts("publish.done_number"))
    (call,) = await sent(journal)
    assert (call.json["title"], call.json["category_id"]) == ("Another <b>title</b> & more", 2)


async def test_the_way_back_keeps_what_was_answered(
    bot: House, person: Person, say: Words, key: ApiKey
) -> None:
    card = await to_link(person, say)
    await person.press(card, say("button.back"))
    card = await person.until(asks(say, "pictures"))
    await person.press(card, say("button.back"))
    card = await person.until(asks(say, "description"))
    await person.press(card, say("publish.button.keep"))
    await person.until(asks(say, "pictures"))


def dropped(box: Sandbox, card: Message) -> bool:
    calls = [e for e in box.world.journal.entries if e.path.endswith("/deleteMessage")]
    return any(str(card.id) in entry.body and entry.status == 200 for entry in calls)


@pytest.mark.parametrize("how", ["button", "command"])
async def test_it_can_be_left_at_any_step(
    bot: House, person: Person, say: Words, box: Sandbox, journal: Journal, key: ApiKey, how: str
) -> None:
    for way in (begun, to_description, to_pictures, to_link, to_preview):
        card = await way(person, say)
        assert card.find(say("button.cancel"))
        if how == "command" and way is not to_preview:
            await person.send("/cancel")
            await person.until(say("cancel.done"))
        else:
            await person.press(card, say("button.cancel"))
        await until(lambda card=card: dropped(box, card), "the card is gone")  # type: ignore[misc]
    assert not await journal.calls("acgbt", "POST")


async def test_a_draft_survives_a_restart(
    start: Start, control: Control, people: dict[int, Person], person: Person, say: Words, box: Sandbox
) -> None:
    await control.telegram("options", limits=False)
    async with start() as house:
        await with_key(house, box, person)
        await to_pictures(person, say)
    async with start():
        await person.send(pictures(box, 1)[0])
        card = await person.until(asks(say, "more_pictures"))
        await person.press(card, say("button.done"))
        await person.until(asks(say, "link"))
    async with start():
        await person.send(MAGNET)
        preview = await person.until(lambda m: m.find(say("button.publish")) is not None)
    async with start():
        await person.press(preview, say("button.publish"))
        await person.until(say.starts("publish.done_number"))
    assert [one.title for one in made(box)] == [TITLE]


async def test_without_a_key_there_is_the_way_to_link(
    bot: House, person: Person, say: Words, journal: Journal
) -> None:
    await person.send("/publish")
    card = await person.until(say("problem.not_linked", service=ACGBT))
    assert card.find(say("button.link", service=ACGBT))
    assert not await journal.calls("acgbt", "POST")


async def test_forged_presses_do_nothing(
    bot: House, person: Person, say: Words, journal: Journal, key: ApiKey
) -> None:
    card = await begun(person, say)
    card_id = str(card.button(say("button.cancel")).data).partition(":")[0]
    forged = ("publish:", "go:title", "go:x", "category:5", "layout:2", "skip:", "clear:", "name:", "typed:")
    for data in (*forged, "look:", "view:", "shelf:-1", "before:", "shelf:x"):
        pressed = await person.press_data(card, f"{card_id}:{data}")
        assert pressed.answered, data
    assert not await journal.calls("acgbt", "POST")
