"""An upload whose service or source answers nothing good: the person hears of it soon."""

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from services.uploads import Stage
from storage.database import Database
from tests.services.uploads.uploading import QUICK, linked, true_md5, works

SIZE = 30_000
# Without an end in time these tries would take longer than any test.
STUBBORN = replace(QUICK, cuts=100_000, asking=0.3, later=1.0)
PLACES = [("disktop", "/v1/files/upload/precreate"), ("files", "*")]


@pytest.mark.parametrize(("service", "path"), PLACES)
async def test_tries_that_lead_nowhere_are_put_off_in_time(
    box: Sandbox, sqlite_db: Database, tmp_path: Path, service: str, path: str
) -> None:
    await linked(box, sqlite_db)
    box.world.faults.add({"service": service, "path": path, "kind": "status", "status": 500, "times": 0})
    async with works(box, sqlite_db, tmp_path / "spool", pace=STUBBORN) as one:
        upload = await one.add("film.mkv", SIZE)
        await one.until(lambda: any(view.upload.retry_at is not None for _, view, _ in one.told), seconds=30)
        box.world.faults.clear()
        view = await one.over(upload, seconds=60)
        assert view.stage is Stage.DONE
        assert one.stored(view) == true_md5(SIZE)
