"""What the children of the farm do for uploads: the real services with the runner of uploads."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clients.disktop.client import DiskTop
from clients.fetch.fetcher import Fetcher
from clients.transport import Transport
from services import building
from services.runner import JobRunner
from services.uploads.pace import UploadPace
from storage import uploads as table
from storage.crypto import KeyRing
from storage.database import Database
from tests.guarantees.workers_tasks import KEY, Say, Steps, clock_of

QUICK = UploadPace(every=0.5, pause=0.01, longest_pause=0.1, later=0.1, longest_later=0.5)
ONE_LANE = replace(QUICK, lanes=1)


async def uploads(
    say: Say,
    world: dict[str, Any],
    kill_at: str | None = None,
    nth: int = 1,
    stop_at: str | None = None,
) -> None:
    """Do the uploads that are due, as the bot does after its start."""
    clock, holder = clock_of(world), world.get("holder", "w")
    db = await Database.open(world["database"], KeyRing([KEY]))
    drive = DiskTop(
        Transport("disktop", f"{world['box']}/disktop", backoff=0.01), world["id"], world["secret"]
    )
    built = building.build(
        db,
        clock,
        public_url="http://127.0.0.1:8080/",
        disktop=drive,
        fetcher=Fetcher(allowed_hosts=frozenset({urlsplit(world["box"]).netloc})),
        # In one lane no other part of it is just writing to the database when it is to stand still.
        upload_pace=ONE_LANE if stop_at else QUICK,
        spool=Path(world["spool"]),
        reached=Steps(kill_at, nth, stop_at=stop_at, say=say),
    )
    await built.uploads.resume()
    runner = JobRunner(db, clock, holder, built.uploads.jobs(), max_failures=1000)
    running = asyncio.create_task(runner.run())
    say(ready=True)
    while await db.read(table.under_way):
        # Some rest after a fault; those of a killed process wait for the runner to take them over.
        await runner.idle()
        await asyncio.sleep(0.02)
    await runner.idle()
    await runner.stop()
    await running
    await built.close()
    await drive.aclose()
    await db.close()
    say(over=True)


TASKS = {"uploads": uploads}
