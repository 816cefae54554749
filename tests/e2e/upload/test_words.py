"""What is uploaded and what is not: captions, replies, albums, links that are no files, groups."""

import pytest

from bot.wiring import House
from handlers.linking.device import picture
from sandbox.server import Sandbox
from tests.conftest import GROUP, linked
from tests.driver import Journal, Person
from tests.e2e import ways
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import KIB, source, stored
from tests.e2e.words import Words

PRECREATE = "*/v1/files/upload/precreate"
PHOTO = picture("a picture") or b""
SHARE = "https://pan.quark.cn/s/alive0001"


@pytest.fixture
async def owner(bot: House, person: Person) -> Person:
    """Somebody whose Disk.Top is linked."""
    await linked(person, "disktop")
    return person


async def test_a_caption_can_be_the_command_with_a_folder(owner: Person, say: Words, box: Sandbox) -> None:
    drive = box.world.disktop.drive(owner.id, 0.0)
    drive.make_path(drive.app_root, "Films", 0.0)
    await owner.send_file("a.bin", b"a" * 500, caption="/upload /Films")
    done = await uploading.done(owner, say, "a.bin")
    assert "/Films" in done.text
    item = stored(box, owner, "a.bin")
    assert item is not None
    assert drive.items[item.parent].name == "Films"


async def test_a_caption_can_be_another_command(owner: Person, say: Words, journal: Journal) -> None:
    await owner.send_photo(PHOTO, caption=f"/search {ways.TITLE[say.language]}")
    await owner.until(ways.YEAR)
    await owner.send_file("a.bin", b"a" * 500, caption=f"/check {SHARE}")
    await owner.until(lambda message: SHARE.partition("//")[2] in uploading.plain(message), since=0)
    assert not await journal.calls("disktop", "POST", PRECREATE)


async def test_words_under_a_photo_are_a_title(owner: Person, say: Words, journal: Journal) -> None:
    await owner.send_photo(PHOTO, caption=ways.TITLE[say.language])
    await owner.until(ways.YEAR)
    assert not await journal.calls("disktop", "POST", PRECREATE)


async def test_words_under_a_file_describe_it(owner: Person, say: Words) -> None:
    await owner.send_file("a.bin", b"a" * 500, caption=ways.TITLE[say.language])
    await uploading.done(owner, say, "a.bin")


async def test_links_under_a_file_are_checked_and_the_file_is_offered(
    owner: Person, say: Words, journal: Journal
) -> None:
    await owner.send_video("clip.mp4", b"v" * 900, caption=f"{SHARE} 提取码：ab12")
    offer = await owner.until(lambda message: message.find(say("button.upload_it")) is not None)
    assert "clip.mp4" in uploading.plain(offer)
    await owner.until(lambda message: "✅" in message.text, 15, since=0)
    assert not await journal.calls("disktop", "POST", PRECREATE)
    await owner.press(offer, say("button.upload_it"))
    done = await uploading.done(owner, say, "clip.mp4")
    assert done.id == offer.id


async def test_several_files_at_once_get_a_card_each(owner: Person, say: Words, journal: Journal) -> None:
    for number in range(4):
        await owner.send_file(f"{number}.bin", bytes([number]) * 700, album="one")
    cards = {(await uploading.done(owner, say, f"{number}.bin")).id for number in range(4)}
    assert len(cards) == 4


async def test_an_album_follows_its_caption(
    owner: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    drive = box.world.disktop.drive(owner.id, 0.0)
    drive.make_path(drive.app_root, "Films", 0.0)
    await owner.send_file("a.bin", b"a" * 500, album="one", caption="/upload /Films")
    await owner.send_file("b.bin", b"b" * 500, album="one")
    assert "/Films" in (await uploading.done(owner, say, "a.bin")).text
    assert "/Films" in (await uploading.done(owner, say, "b.bin")).text
    await journal.forget()
    # A forwarded post: pictures with links below the first.
    await owner.send_photo(PHOTO, album="two", caption=SHARE)
    await owner.send_photo(picture("another") or b"", album="two")
    await owner.until(lambda message: SHARE.partition("//")[2] in uploading.plain(message), since=0)
    await owner.settled()
    assert not await journal.calls("disktop", "POST", PRECREATE)


async def test_a_reply_uploads_what_it_replies_to(owner: Person, say: Words, box: Sandbox) -> None:
    photo = await owner.send_photo(PHOTO, caption=ways.TITLE[say.language])
    await owner.until(ways.YEAR)
    await owner.send("/upload", reply_to=photo)
    await owner.until(lambda m: m.text.startswith("✅") and ".jpg" in uploading.plain(m), 20)
    address = source(box, "b.bin", size=KIB)
    link = await owner.send(f"look at this: {address}, it is fine")
    await owner.until(lambda message: bool(message.buttons))
    await owner.send("/upload", reply_to=link)
    await uploading.done(owner, say, "b.bin")


async def test_a_reply_to_nothing_says_so(owner: Person, say: Words) -> None:
    words = await owner.send("hello there")
    await owner.send("/upload", reply_to=words)
    await owner.until(say("upload.nothing").split("/upload")[0])
    await owner.send("/upload magnet:?xt=urn:btih:" + "a" * 40)
    await owner.until(say("upload.nothing").split("/upload")[0])
    await owner.send("/upload ftp://example.com/a.mkv")
    await owner.until(say("problem.upload.address.scheme"))


async def test_a_share_is_no_file(owner: Person, say: Words, journal: Journal) -> None:
    await owner.send(f"/upload {SHARE}")
    await owner.until(say("upload.share", drive=say("drive.quark")))
    await owner.send("/upload https://disk.top/s/8d2f3a")
    await owner.until(lambda message: message.find(say("button.save_all")) is not None)
    assert not await journal.calls("disktop", "POST", PRECREATE)


async def test_a_pasted_address_is_no_upload(
    owner: Person, say: Words, box: Sandbox, journal: Journal
) -> None:
    await owner.send(source(box, "a.bin"))
    await owner.until(lambda message: bool(message.buttons))
    assert not await journal.calls("files")


async def test_a_group_is_led_into_private(owner: Person, say: Words, box: Sandbox, journal: Journal) -> None:
    await owner.send(f"/upload@linkhive_bot {source(box, 'a.bin')}", GROUP)
    pointer = await owner.until(lambda message: bool(message.buttons), chat=GROUP)
    assert "start=go_upload" in str(pointer.buttons[0].url)
    await owner.send_file("b.bin", b"b" * 500, GROUP)
    await owner.send_file("c.bin", b"c" * 500, GROUP, caption="/upload")
    await owner.start("go_upload")
    await owner.until(say("upload.how").splitlines()[0])
    assert not await journal.calls("disktop", "POST", PRECREATE)
    assert not await journal.calls("files")


async def test_whose_drive_is_not_linked_is_led_there(
    bot: House, person: Person, say: Words, box: Sandbox
) -> None:
    await person.send_file("first.bin", b"1" * 500)
    told = await person.until(say("problem.not_linked", service="Disk.Top"))
    await person.press(told, say("button.link", service="Disk.Top"))
    await person.until(lambda message: any(button.url for button in message.buttons))
    await linked(person, "disktop")
    await person.press(told, say("button.retry"))
    done = await uploading.done(person, say, "first.bin")
    assert done.id == told.id, "the file need not be sent again"
