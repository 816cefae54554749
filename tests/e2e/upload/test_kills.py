"""kill -9 in the middle of an upload: it goes on by itself, on the same card, and sends little twice."""

from collections import Counter
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.conftest import environment, linked
from tests.driver import Control, Journal, Person
from tests.e2e.process import running, until
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import KIB, MIB, hash_of, source, stored
from tests.e2e.words import Words

UP = "disktop-upload"
SIZE = 4 * MIB


@pytest.fixture(autouse=True)
async def _slow_lines(control: Control) -> None:
    await control.telegram("options", limits=False)
    await control.options(disktop_chunk_bytes=128 * KIB, disktop_upload_rate=100 * KIB)


def arrived(box: Sandbox) -> int:
    """How many parts the drive has got."""
    return sum(len(session.parts) for session in box.world.disktop.uploads.values())


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_kill_while_parts_are_sent(
    language: str,
    box: Sandbox,
    tmp_path: Path,
    people: dict[int, Person],
    control: Control,
    journal: Journal,
) -> None:
    say, person = Words(language), people[1001 if language == "zh" else 1002]
    await control.person(person.id, disk_used=0)
    async with running(environment(box, tmp_path), tmp_path) as bot:
        await linked(person, "disktop")
        await person.send(f"/upload {source(box, 'film.mkv', size=SIZE, seed='k')}")
        card = await uploading.tells(person, say("upload.sending"))
        await until(lambda: arrived(box) >= 8, "some parts have arrived")
        await bot.kill()
        await control.options(disktop_upload_rate=0)
        await bot.start()
        done = await uploading.done(person, say, "film.mkv", 60)
        assert done.id == card.id
    item = stored(box, person, "film.mkv")
    assert item is not None
    assert item.size == SIZE
    assert len(await journal.calls("files", "GET")) == 1, "what was fetched is still there"
    assert len(await journal.calls("disktop", "POST", "*/precreate")) == 1
    assert await journal.calls(UP, "GET", "*/parts"), "the drive is asked what it has"
    sent = Counter(call.query["part_seq"] for call in await journal.calls(UP, "POST", "/u"))
    # Those under way when the power went have not arrived; no part that had is sent again.
    assert sum(count - 1 for count in sent.values()) <= 4, sent
    told = [m for m in await person.settled() if "film.mkv" in uploading.plain(m) and m.author != person.id]
    assert len(told) == 1


async def test_a_kill_while_it_is_fetched(
    box: Sandbox, tmp_path: Path, ben: Person, control: Control, journal: Journal
) -> None:
    say = Words("en")
    await control.person(ben.id, disk_used=0)
    await control.options(disktop_upload_rate=0)
    async with running(environment(box, tmp_path), tmp_path) as bot:
        await linked(ben, "disktop")
        address = source(box, "film.mkv", size=SIZE, seed="k", rate=MIB)
        await ben.send(f"/upload {address}")
        card = await uploading.tells(ben, "▰", 30)
        await bot.again()
        done = await uploading.done(ben, say, "film.mkv", 60)
        assert done.id == card.id
    item = stored(box, ben, "film.mkv")
    assert item is not None
    assert item.md5 == hash_of(SIZE, "k")
    first, *later = await journal.calls("files", "GET")
    assert "range" not in first.headers
    assert later
    assert int(later[-1].headers["range"].removeprefix("bytes=").rstrip("-")) > 0


async def test_what_waits_and_what_was_cancelled_stay_so(
    box: Sandbox, tmp_path: Path, ben: Person, control: Control
) -> None:
    say = Words("en")
    await control.person(ben.id, disk_used=0)
    async with running(environment(box, tmp_path), tmp_path) as bot:
        await linked(ben, "disktop")
        await ben.send(f"/upload {source(box, 'first.bin', size=SIZE, seed='1', rate=512 * KIB)}")
        await uploading.tells(ben, "first.bin")
        for name in ("second.bin", "third.bin"):
            await ben.send(f"/upload {source(box, name, size=KIB, seed=name)}")
            waits = await uploading.tells(ben, name)
        await ben.press(waits, say("button.cancel"))
        await uploading.tells(ben, say("upload.cancelled", name="third.bin"))
        await bot.again()
        await control.options(disktop_upload_rate=0)
        await uploading.done(ben, say, "first.bin", 60)
        await uploading.done(ben, say, "second.bin", 60)
    assert stored(box, ben, "third.bin") is None


async def test_an_update_that_is_taken_up_again_is_one_upload(
    box: Sandbox, tmp_path: Path, ben: Person, control: Control
) -> None:
    say = Words("en")
    await control.person(ben.id, disk_used=0)
    await control.options(disktop_upload_rate=0)
    async with running(environment(box, tmp_path), tmp_path) as bot:
        await linked(ben, "disktop")
        # Telegram takes its time for the card: the upload is written down, its message is not sent.
        await control.fault("telegram", "*/sendMessage", "delay", seconds=20, times=0)
        await ben.send(f"/upload {source(box, 'only.bin', size=KIB, seed='o')}")
        await until(lambda: stored(box, ben, "only.bin") is not None, "it runs already")
        await bot.kill()
        await control.mend()
        await bot.start()
        await uploading.done(ben, say, "only.bin", 40)
        await ben.settled()
    names = [item.name for item in box.world.disktop.drive(ben.id, 0.0).items.values()]
    assert sum("only" in name for name in names) == 1, names
