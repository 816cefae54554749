"""Uploads from the chat into the drive: files and addresses, what the card shows, what goes over the wire."""

import asyncio
import re
from itertools import pairwise

import pytest

from bot.wiring import House
from handlers.linking.device import picture
from sandbox.server import Sandbox
from tests.conftest import linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import KIB, digest, hash_of, source, stored
from tests.e2e.words import Words

UP = "disktop-upload"
PRECREATE = "*/v1/files/upload/precreate"
PHOTO = picture("a picture") or b""


@pytest.fixture(autouse=True)
async def _small_parts(control: Control) -> None:
    await control.options(disktop_chunk_bytes=64 * KIB)


@pytest.fixture
async def owner(bot: House, person: Person) -> Person:
    """Somebody whose Disk.Top is linked."""
    await linked(person, "disktop")
    return person


async def test_a_file_goes_up_in_parts(owner: Person, say: Words, box: Sandbox, journal: Journal) -> None:
    await journal.forget()
    data = bytes(range(256)) * 800
    await owner.send_file("报告 2026.pdf", data, mime="application/pdf")
    card = await uploading.done(owner, say, "报告 2026.pdf")
    assert "200 KB" in card.text
    assert say("save.root") in card.text
    (precreate,) = await journal.calls("disktop", "POST", PRECREATE)
    assert precreate.form == {
        "parent_path": "/",
        "name": "报告 2026.pdf",
        "size": str(len(data)),
        "md5": digest(data),
        "content_type": "application/pdf",
    }
    parts = await journal.calls(UP, "POST", "*/u")
    assert sorted(int(part.query["part_seq"]) for part in parts) == [1, 2, 3, 4]
    assert all("authorization" not in part.headers for part in parts), "the endpoint needs no token"
    assert len(await journal.calls(UP, "POST", "*/complete")) == 1
    item = stored(box, owner, "报告 2026.pdf")
    assert item is not None
    assert (item.size, item.md5) == (len(data), digest(data))
    told = [message for message in await owner.settled() if "2026.pdf" in uploading.plain(message)]
    assert len(told) == 1, "one card to the end"


async def test_what_disktop_knows_is_not_sent(
    owner: Person, say: Words, journal: Journal, people: dict[int, Person]
) -> None:
    await owner.send_file("one.bin", b"the same bytes" * 9000)
    await uploading.done(owner, say, "one.bin")
    await journal.forget()
    await owner.send_file("two.bin", b"the same bytes" * 9000)
    card = await uploading.done(owner, say, "two.bin")
    assert say("upload.was_known") in card.text
    assert len(await journal.calls("disktop", "POST", PRECREATE)) == 1
    assert not await journal.calls(UP)


async def test_an_address_is_fetched(owner: Person, say: Words, box: Sandbox, journal: Journal) -> None:
    await journal.forget()
    await owner.send(f"/upload {source(box, 'My%20film.mkv', size=300 * KIB, seed='a')}")
    await uploading.done(owner, say, "My film.mkv")
    item = stored(box, owner, "My film.mkv")
    assert item is not None
    assert (item.size, item.md5) == (300 * KIB, hash_of(300 * KIB, "a"))
    (fetched,) = await journal.calls("files", "GET")
    assert fetched.headers["accept-encoding"] == "identity"


async def test_several_addresses_get_a_card_each(owner: Person, say: Words, box: Sandbox) -> None:
    found = " ".join(source(box, f"{name}.bin", size=KIB, seed=name) for name in "abc")
    await owner.send(f"/upload {found}")
    cards = {(await uploading.done(owner, say, f"{name}.bin")).id for name in "abc"}
    assert len(cards) == 3


async def test_a_folder_can_be_named(owner: Person, say: Words, box: Sandbox, journal: Journal) -> None:
    await owner.send(f"/upload {source(box, 'a.bin', size=KIB)} /My films")
    failed = await uploading.failed(owner, say, "a.bin")
    assert say("problem.upload.no_folder") in failed.text
    await owner.press(failed, say("button.upload_folder"))
    picker = await owner.until(lambda message: message.find(say("button.choose_folder")) is not None)
    assert picker.id == failed.id
    await owner.press(picker, say("button.choose_folder"))
    done = await uploading.done(owner, say, "a.bin")
    assert say("save.root") in done.text


async def test_a_photo_gets_a_name(owner: Person, say: Words, box: Sandbox) -> None:
    await owner.send_photo(PHOTO)
    card = await owner.until(
        lambda message: message.text.startswith("✅") and ".jpg" in uploading.plain(message)
    )
    assert re.search(
        rf"{say('upload.name.photo')} \d{{4}}-\d\d-\d\d \d\d\.\d\d \d+\.jpg", uploading.plain(card)
    )


async def test_words_under_a_nameless_video_name_it(owner: Person, say: Words) -> None:
    await owner.send_file("", b"v" * 3000, kind="video", mime="video/mp4", caption="Holiday 1/2\nsecond line")
    await owner.until(
        lambda message: message.text.startswith("✅") and "Holiday 1 2.mp4" in uploading.plain(message)
    )


async def test_the_done_card_leads_on(owner: Person, say: Words, journal: Journal) -> None:
    await owner.send_file("notes.txt", b"some notes")
    done = await uploading.done(owner, say, "notes.txt")
    await owner.press(done, say("button.open_in_drive"))
    file = await owner.until(lambda message: message.find(say("button.rename")) is not None)
    assert file.id == done.id
    await owner.press(file, say("button.back"))
    back = await uploading.done(owner, say, "notes.txt")
    await journal.forget()
    await owner.press(back, say("button.download_link"))
    linked_ = await owner.until(lambda message: any(button.url for button in message.buttons))
    assert "notes.txt" in uploading.plain(linked_)
    assert len(await journal.calls("disktop", "GET", "*/download")) == 1


async def test_progress_is_shown_calmly(owner: Person, say: Words, box: Sandbox, journal: Journal) -> None:
    await journal.forget()
    await owner.send(f"/upload {source(box, 'slow.bin', size=900 * KIB, rate=400 * KIB)}")
    card = await owner.until("▰", since=0)
    assert re.search(r"▰+▱* \d+ ?%", card.text)
    assert re.search(r"\d KB.*900 KB", card.text)
    assert say("upload.speed", size="").strip()[-2:] in card.text
    assert say("upload.fetching") in card.text
    assert card.find(say("button.cancel")) is not None
    assert card.find(say("button.upload_folder")) is None, "too late for another folder"
    done = await uploading.done(owner, say, "slow.bin")
    assert done.id == card.id
    since = journal.mark
    edits = [e for e in box.world.journal.entries if e.seq > since and e.path.endswith("/editMessageText")]
    times = [edit.at for edit in edits[:-1]]
    assert times
    # The bot's clock runs five times as fast: two of its seconds.
    assert all(later - earlier > 0.3 for earlier, later in pairwise(times)), times


async def test_the_queue(owner: Person, say: Words, box: Sandbox, journal: Journal) -> None:
    await owner.send("/upload")
    await owner.until(say("upload.how").splitlines()[0])
    first = await uploading.started(
        owner, say, f"/upload {source(box, 'first.bin', rate=100 * KIB, seed='1')}"
    )
    await owner.send(f"/upload {source(box, 'second.bin', size=KIB, seed='2')}")
    second = await uploading.tells(owner, "second.bin")
    await owner.send(f"/upload {source(box, 'third.bin', size=KIB, seed='3')}")
    third = await uploading.tells(owner, "third.bin")
    assert say("upload.ahead", n=2) in third.text
    await owner.send("/upload")
    listed = await owner.until(say("upload.list"))
    rows = [line for line in uploading.plain(listed).splitlines() if ".bin" in line]
    assert [row.split(". ")[1] for row in rows] == ["first.bin", "second.bin", "third.bin"]
    # Another folder for the second, while it waits.
    await owner.press(second, say("button.upload_folder"))
    picker = await owner.until(lambda message: message.find(say("button.new_folder")) is not None)
    await owner.press(picker, say("button.new_folder"))
    await owner.send("Later")
    picker = await owner.until(
        lambda m: "Later" in m.text and m.find(say("button.choose_folder")) is not None
    )
    await owner.press(picker, say("button.choose_folder"))
    moved = await owner.until(lambda m: "second.bin" in uploading.plain(m) and "/Later" in m.text)
    # The first is given up half-way: then it is the others' turn.
    await owner.press(await newest(owner, first), say("button.cancel"))
    await uploading.tells(owner, say("upload.cancelled", name="first.bin"))
    done = await uploading.done(owner, say, "second.bin")
    assert done.id == moved.id
    await uploading.done(owner, say, "third.bin")
    item = stored(box, owner, "second.bin")
    assert item is not None
    assert box.world.disktop.drive(owner.id, 0.0).items[item.parent].name == "Later"
    assert stored(box, owner, "first.bin") is None


async def newest(person: Person, card: Message) -> Message:
    return next(message for message in await person.messages() if message.id == card.id)


async def test_a_row_of_the_queue_becomes_its_card(owner: Person, say: Words, box: Sandbox) -> None:
    first = await uploading.started(owner, say, f"/upload {source(box, 'slow.bin', rate=300 * KIB)}")
    await owner.send("/upload")
    listed = await owner.until(say("upload.list"))
    await owner.press(listed, "1")
    card = await owner.until(lambda m: m.id == listed.id and m.find(say("button.cancel")) is not None)
    done = await uploading.done(owner, say, "slow.bin")
    assert done.id == card.id
    assert first.id not in [message.id for message in await owner.settled()], "one card per upload"


async def test_cancelled_half_way_nothing_is_left(
    owner: Person, say: Words, box: Sandbox, control: Control, journal: Journal
) -> None:
    await control.options(disktop_upload_rate=100 * KIB)
    await owner.send_file("half.bin", bytes(range(256)) * 4000)
    card = await owner.until(say("upload.sending"), since=0)
    await owner.press(card, say("button.cancel"))
    ended = await uploading.tells(owner, say("upload.cancelled", name="half.bin"))
    assert ended.id == card.id
    for _ in range(100):
        if await journal.calls(UP, "POST", "*/abort"):
            break
        await asyncio.sleep(0.05)
    assert len(await journal.calls(UP, "POST", "*/abort")) == 1, "Disk.Top may drop what it got"
    assert stored(box, owner, "half.bin") is None
    await control.options(disktop_upload_rate=0)
    await owner.press(ended, say("button.upload_again"))
    assert (await uploading.done(owner, say, "half.bin")).id == card.id
