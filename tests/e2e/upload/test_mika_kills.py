"""kill -9 on the way to Mika: no chunk that was answered is sent again, and transcoding is followed on."""

from collections import Counter
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.conftest import environment
from tests.driver import Control, Journal, Person
from tests.e2e.linking.keyed import link_mika
from tests.e2e.process import running, until
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import KIB, MIB, hash_of, source
from tests.e2e.videos.mikaways import video_named
from tests.e2e.words import Words

SIZE = 4 * MIB
CHUNK = "/api/videos/upload/chunk"


@pytest.fixture(autouse=True)
async def _slow_lines(control: Control) -> None:
    await control.telegram("options", limits=False)
    await control.options(
        mika_chunk_bytes=128 * KIB,
        mika_upload_rate=100 * KIB,
        mika_queue_seconds=50.0,
        mika_transcode_seconds=1000.0,
    )


def answered(box: Sandbox) -> set[int]:
    """The chunks that Mika has, counted from 0."""
    return {part - 1 for upload in box.world.mika.uploads.values() for part in upload.parts}


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_kills_while_chunks_are_sent_and_while_it_is_transcoded(
    language: str,
    box: Sandbox,
    tmp_path: Path,
    people: dict[int, Person],
    control: Control,
    journal: Journal,
) -> None:
    say, person = Words(language), people[1001 if language == "zh" else 1002]
    await control.mika(person=person.id, rights="admin")
    async with running(environment(box, tmp_path), tmp_path) as bot:
        await link_mika(person)
        await person.send(f"/upload {source(box, 'film.mkv', size=SIZE, seed='k')}")
        card = await uploading.tells(person, say("upload.mika.sending"), 40)
        await until(lambda: len(answered(box)) >= 8, "some chunks have arrived")
        await bot.kill()
        await control.options(mika_upload_rate=0)
        await bot.start()
        waiting = await uploading.tells(person, say("upload.mika.state.pending"), 60)
        await bot.kill()
        await control.advance(1100)
        await bot.start()
        done = await uploading.tells(person, say("upload.mika.state.completed"), 60)
        assert card.id == waiting.id == done.id, "one card"
        told = await uploading.tells(person, say.starts("transcode.ended.completed"), 60)
        assert told.id != done.id
    assert len(await journal.calls("files", "GET")) == 1, "what was fetched is still there"
    assert len(await journal.calls("mika", "POST", "*/upload/init")) == 1, "and the session is gone on with"
    sent = Counter(call.body.rpartition("=")[2] for call in await journal.calls("mika", "POST", CHUNK))
    # Those under way when the power went; no chunk that was answered is sent again.
    assert sum(count - 1 for count in sent.values()) <= 4, sent
    video = video_named(box, "film")
    assert video.content.md5 == hash_of(SIZE, "k")
