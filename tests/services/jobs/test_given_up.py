"""What is given up leaves a line with its reason, and nothing that would help somebody else."""

import logging

import pytest

from services.errors import LinkLost, for_log
from services.jobs import Lease, RetryLater
from services.mika.transcoding import WATCH, Wish
from services.uploads import About, Source, Stage
from services.uploads.following import FOLLOW, follow
from services.uploads.record import Detail, detail_of, kept
from services.uploads.running import TIDY, TIDY_TRIES
from services.uploads.targets import Session
from storage import jobs, uploads
from storage.database import Database
from storage.jobs import Job
from tests.fixtures.databases import *  # noqa: F403
from tests.services.jobs.runners import ManualClock, counts, enqueue, running


async def test_a_job_that_is_given_up_says_why(sqlite_db: Database, caplog: pytest.LogCaptureFixture) -> None:
    async def handle(job: Job, lease: Lease) -> None:
        raise ValueError("the drawer is stuck")

    await enqueue(sqlite_db)
    async with running(sqlite_db, ManualClock(), handle, max_failures=1) as runner:
        await runner.idle()
    assert (await counts(sqlite_db))["dead"] == 1
    (told,) = [record for record in caplog.records if record.getMessage().endswith("is given up")]
    assert (told.levelno, vars(told)["error"]) == (logging.ERROR, "ValueError: the drawer is stuck")


async def test_parts_that_a_drive_does_not_drop_are_told(house, caplog):
    session = Session(
        ref="ref-of-it",
        endpoint=f"{house.box.url}/disktop-upload",
        chunk_size=1,
        total_parts=1,
        expires_at=1.0,
        name="private.mkv",
        folder=None,
        size=1,
        md5="0",
    ).model_dump(mode="json")
    payload = {"service": "disktop", "session": session, "tries": TIDY_TRIES}
    house.fault("disktop-upload", "*", "status", status=500, times=0)
    db, now = house.services.db, house.clock.now()
    await db.write(lambda tx: jobs.enqueue(tx, TIDY, "1", payload, now, owner=jobs.NOBODY))
    (job,) = await house.jobs(TIDY)
    await house.services.uploads.jobs()[TIDY](job, Lease(db, house.clock, job, 30.0))
    await house.services.require_disktop().aclose()
    (told,) = [record for record in caplog.records if record.name == "services.uploads.running"]
    assert told.levelname == "WARNING"
    assert "UpstreamBroken" in told.error
    assert "ref-of-it" not in str(vars(told))
    assert "private" not in str(vars(told))


async def test_a_wish_is_kept_while_its_service_is_switched_off(house, build):
    off = build(off=["mika"]).services.transcoding
    await off.watch(Wish(1001, 1001, None, 7))
    (job,) = await house.jobs(WATCH)
    with pytest.raises(RetryLater):
        await off.jobs()[WATCH](job, Lease(house.services.db, house.clock, job, 30.0))


async def test_a_video_is_followed_still_while_its_service_is_switched_off(house, build):
    db, now = house.services.db, house.clock.now()
    detail = kept(Detail(source=Source(kind="url", ref="https://example.org/film.mkv")))

    async def done(tx):
        about = About().written()
        row = await uploads.add(
            tx, user_id=1001, chat_id=1001, card_id=None, service="mika", folder=about, detail=detail, now=now
        )
        await uploads.note(tx, row.id, Stage.DONE, detail, now)
        await follow(tx, row.id, 1001, now)
        return row.id

    upload_id = await db.write(done)
    off = build(off=["mika"]).services.uploads.following
    (job,) = await house.jobs(FOLLOW)
    with pytest.raises(RetryLater):
        await off.jobs()[FOLLOW](job, Lease(db, house.clock, job, 30.0))
    row = await db.read(lambda tx: uploads.get(tx, upload_id))
    assert detail_of(row).transcode is None, "nothing is told to be lost"


def test_only_what_a_client_says_of_itself_is_logged() -> None:
    assert for_log(LinkLost("hdhive")) == "LinkLost"
    assert for_log(ValueError("words of anybody")) == "ValueError"
