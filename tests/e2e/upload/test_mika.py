"""Uploads to Mika: a video, an address, a file of the drive; what it is to be, and its transcoding."""

import re
from hashlib import md5

import pytest

from bot.wiring import House
from sandbox.contents import Kept
from sandbox.server import Sandbox
from sandbox.states.mika import Video
from tests.conftest import linked
from tests.driver import Control, Journal, Message, Person
from tests.e2e.drive import driveways
from tests.e2e.process import until
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import KIB, digest, source
from tests.e2e.videos.mikaways import MIKA, account_of, joined, signed_in, video_named
from tests.e2e.words import Words

DATA = bytes(range(256)) * 6000
CHUNK = "/api/videos/upload/chunk"


@pytest.fixture(autouse=True)
async def _calm(control: Control) -> None:
    # Tasks take as long as a test lets the sandbox's clock go on.
    await control.options(mika_chunk_bytes=128 * KIB, mika_queue_seconds=50.0, mika_transcode_seconds=1000.0)


@pytest.fixture(params=["login", "key"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def owner(bot: House, box: Sandbox, person: Person) -> Person:
    """Somebody with an account at Mika and nothing else."""
    await joined(bot, box, person, "login")
    return person


async def tells(person: Person, words: str) -> Message:
    return await uploading.tells(person, words)


def kept(video: Video) -> str:
    assert isinstance(video.content, Kept)
    return md5(video.content.path.read_bytes()).hexdigest()


async def test_a_video_goes_up_in_chunks_and_is_transcoded_on_one_card(
    bot: House,
    box: Sandbox,
    person: Person,
    say: Words,
    way: str,
    control: Control,
    journal: Journal,
) -> None:
    account = await joined(bot, box, person, way)
    await journal.forget()
    await person.send_file("旅行 2026.mp4", DATA, kind="video", mime="video/mp4")
    card = await tells(person, say("upload.mika.state.pending"))
    assert say("upload.mika.title", title="旅行 2026") in uploading.plain(card)
    (begun,) = await journal.calls(MIKA, "POST", "*/upload/init")
    assert begun.json == {
        "filename": "旅行 2026.mp4",
        "filesize": len(DATA),
        "title": "旅行 2026",
        "category_id": 2,
    }
    sent = await journal.calls(MIKA, "POST", CHUNK)
    indices = sorted(int(call.body.rpartition("=")[2]) for call in sent)
    assert indices == list(range(-(-len(DATA) // (128 * KIB))))
    assert len(await journal.calls(MIKA, "POST", "*/upload/complete")) == 1
    assert {signed_in(call, account) for call in await journal.calls(MIKA)} == {way}
    video = video_named(box, "旅行 2026")
    assert kept(video) == digest(DATA)
    await control.advance(550)
    working = await tells(person, say("upload.mika.state.processing"))
    assert re.search(r"▰+▱+ \d\d ?%", working.text)
    await control.advance(1000)
    done = await tells(person, say("upload.mika.state.completed"))
    assert {card.id, working.id, done.id} == {done.id}, "one card to the end"
    told = await tells(person, say.starts("transcode.ended.completed"))
    assert told.id != done.id
    await person.press(done, say("button.to_video"))
    opened = await person.until(lambda m: m.find(say("button.edit")) is not None)
    await person.press(opened, say("button.back"))
    assert (await tells(person, say("upload.mika.state.completed"))).id == done.id


async def test_a_small_video_goes_up_in_one_form(
    bot: House, box: Sandbox, person: Person, say: Words, way: str, journal: Journal
) -> None:
    account = await joined(bot, box, person, way)
    await person.send(f"/upload {source(box, 'My.Small.Film.mkv', size=300 * KIB, seed='s')}")
    await tells(person, say("upload.mika.state.pending"))
    (call,) = await journal.calls(MIKA, "POST", "/api/videos/upload")
    assert (call.body, signed_in(call, account)) == ("title=My Small Film&category_id=2", way)
    assert kept(video_named(box, "My Small Film")) == uploading.hash_of(300 * KIB, "s")
    assert not await journal.calls(MIKA, "POST", "*/upload/init")


async def test_a_file_of_the_drive_goes_to_mika_by_a_fresh_link(
    bot: House, box: Sandbox, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await joined(bot, box, person, "login")
    item = driveways.put(box, person, "Films/毕业.mp4", 3_000_000)
    shelf = await driveways.opened(person, "/Films")
    await journal.forget()
    await person.press(shelf, "1")
    file = await person.until(lambda m: m.find(say("button.to_mika")) is not None)
    await person.press(file, say("button.to_mika"))
    card = await tells(person, say("upload.mika.state.pending"))
    assert card.id == file.id, "the same card"
    assert card.find(say("button.rather_disktop")) is None
    assert kept(video_named(box, "毕业")) == item.md5
    assert len(await journal.calls("disktop", "GET", "*/download")) == 1
    await control.advance(1100)
    assert (await tells(person, say("upload.mika.state.completed"))).id == file.id


async def test_the_choice_of_where(
    bot: House, box: Sandbox, person: Person, say: Words, control: Control
) -> None:
    await joined(bot, box, person, "login")
    await linked(person, "disktop")
    await person.send_file("first.mp4", DATA[: 200 * KIB], kind="video", mime="video/mp4")
    asked = await tells(person, say("upload.where_to", name="first.mp4"))
    await person.press(asked, say("button.into_mika"))
    assert (await tells(person, say("upload.mika.state.pending"))).id == asked.id
    # The next one goes the same way, and can be sent the other one while it is under way.
    await control.options(mika_upload_rate=40.0 * KIB)
    await person.send_file("second.mp4", DATA[: 220 * KIB], kind="video", mime="video/mp4")
    card = await person.until(lambda m: m.find(say("button.rather_disktop")) is not None)
    assert "second.mp4" in uploading.plain(card)
    await person.press(card, say("button.rather_disktop"))
    done = await uploading.done(person, say, "second.mp4")
    assert done.id == card.id
    assert uploading.stored(box, person, "second.mp4") is not None
    assert all(video.title != "second" for video in box.world.mika.videos.values())
    # What is no video is the drive's matter.
    await person.send_file("notes.pdf", b"no video", mime="application/pdf")
    await uploading.done(person, say, "notes.pdf")


async def test_title_words_and_category_are_said_while_it_goes_up(
    owner: Person, box: Sandbox, say: Words, control: Control, journal: Journal
) -> None:
    await control.options(mika_upload_rate=60.0 * KIB)
    await owner.send_file("raw_cut.mp4", DATA, kind="video", mime="video/mp4")
    card = await tells(owner, say("upload.mika.sending"))
    await owner.press(card, say("button.mika_title"))
    await owner.until(lambda m: say.starts("upload.mika.ask_title") in uploading.plain(m))
    await owner.send("我的旅行 & <b>more</b>")
    card = await owner.until(lambda m: "我的旅行" in m.text and m.find(say("button.mika_words")) is not None)
    await owner.press(card, say("button.mika_words"))
    await owner.until(lambda m: say.starts("upload.mika.ask_words") in uploading.plain(m))
    await owner.send("在海边\n第二行")
    card = await owner.until(lambda m: "在海边" in m.text and m.find(say("button.mika_category")) is not None)
    await owner.press(card, say("button.mika_category"))
    picker = await owner.until(lambda m: say.starts("categories.pick") in m.text)
    await owner.press(picker, say("button.up")) if picker.find(say("button.up")) else None
    picker = await owner.until(lambda m: m.find("家庭录像") is not None, since=0)
    await owner.press(picker, "家庭录像")
    await owner.until(lambda m: "家庭录像" in m.text and m.find(say("button.up")) is None, since=0)
    await control.options(mika_upload_rate=0.0)
    await tells(owner, say("upload.mika.state.pending"))
    video = video_named(box, "我的旅行 & <b>more</b>")
    await until(lambda: video.category == 12, "the site knows the category")
    assert video.description == "在海边\n第二行"
    last = (await journal.calls(MIKA, "PUT", "/api/videos/*"))[-1]
    assert last.json == {"title": video.title, "description": video.description, "category_id": 12}


async def test_a_failed_task_shows_its_logs_end_and_is_tried_again(
    owner: Person, box: Sandbox, say: Words, control: Control, journal: Journal
) -> None:
    await control.mika(fail=1, at=60)
    await owner.send_file("broken.mp4", DATA[: 100 * KIB], kind="video", mime="video/mp4")
    await tells(owner, say("upload.mika.state.pending"))
    await control.advance(1100)
    failed = await tells(owner, say("upload.mika.state.failed"))
    assert "ffmpeg exited with code 1" in failed.text
    await owner.press(failed, say("button.transcode_again"))
    again = await owner.until(lambda m: m.id == failed.id and say("upload.mika.state.pending") in m.text)
    assert len(await journal.calls(MIKA, "POST", "*/retry")) == 1
    await control.advance(1100)
    assert (await tells(owner, say("upload.mika.state.completed"))).id == again.id


async def test_without_rights_the_video_itself_is_looked_at(
    bot: House, box: Sandbox, person: Person, say: Words, control: Control, journal: Journal
) -> None:
    await joined(bot, box, person, "login", rights="member")
    await person.send_file("mine.mp4", DATA[: 100 * KIB], kind="video", mime="video/mp4")
    card = await tells(person, say("upload.mika.blind"))
    assert len(await journal.calls(MIKA, "GET", "/api/admin/*")) == 1, "asked once, refused once"
    await control.advance(1100)
    assert (await tells(person, say("upload.mika.state.ready"))).id == card.id
    told = await tells(person, say.starts("upload.mika.told_ready"))
    await person.press(told, say("button.to_video"))
    await person.until(lambda m: m.id == told.id and m.find(say("button.edit")) is not None)


async def test_who_may_not_upload_is_told_so(
    bot: House, box: Sandbox, person: Person, say: Words, control: Control
) -> None:
    await joined(bot, box, person, "login", rights="reader")
    await person.send_file("mine.mp4", DATA, kind="video", mime="video/mp4")
    failed = await uploading.failed(person, say, "mine.mp4")
    assert "无权限访问" in failed.text
    account_of(box, person).rights = "member"
    await person.press(failed, say("button.retry"))
    await tells(person, say("upload.mika.blind"))


async def test_fields_the_site_does_not_like(
    owner: Person, box: Sandbox, say: Words, control: Control
) -> None:
    await control.mika(settings={"max_upload_mb": 1})
    await owner.send_file("large.mp4", DATA, kind="video", mime="video/mp4")
    failed = await uploading.failed(owner, say, "large.mp4")
    assert "文件超过 1 MB" in failed.text
    assert failed.find(say("button.mika_title")) is not None
    await control.mika(settings={"max_upload_mb": 100})
    await owner.press(failed, say("button.retry"))
    await tells(owner, say("upload.mika.state.pending"))


async def test_a_lost_login_is_said_and_the_upload_goes_on_after_it(
    bot: House, box: Sandbox, owner: Person, say: Words, control: Control, journal: Journal
) -> None:
    await control.options(mika_upload_rate=200.0 * KIB)
    await owner.send_file("film.mp4", DATA, kind="video", mime="video/mp4")
    await tells(owner, say("upload.mika.sending"))
    await control.mika(expire="tokens")
    failed = await uploading.failed(owner, say, "film.mp4")
    await control.options(mika_upload_rate=0.0)
    await joined(bot, box, owner, "key")
    await owner.press(failed, say("button.retry"))
    await tells(owner, say("upload.mika.state.pending"))
    assert len(await journal.calls(MIKA, "POST", "*/upload/init")) == 1, "the session is gone on with"
    assert kept(video_named(box, "film")) == digest(DATA)


async def test_cancelled_half_way(owner: Person, box: Sandbox, say: Words, control: Control) -> None:
    await control.options(mika_upload_rate=100.0 * KIB)
    await owner.send_file("half.mp4", DATA, kind="video", mime="video/mp4")
    card = await tells(owner, say("upload.mika.sending"))
    await owner.press(card, say("button.cancel"))
    assert (await tells(owner, say("upload.mika.cancelled", name="half.mp4"))).id == card.id
    assert all(video.title != "half" for video in box.world.mika.videos.values())
