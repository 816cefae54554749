"""What the tests of uploads stand on: a process with a runner of uploads, and what the drive then holds."""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from clients.disktop.client import DiskTop
from clients.fetch.fetcher import Fetcher
from clients.mika.client import Mika
from clients.transport import Transport
from sandbox.contents import Kept
from sandbox.disktop.oauth import open_grant
from sandbox.journal import Entry
from sandbox.server import Sandbox
from sandbox.source import content
from services import Services, building
from services.clock import SystemClock
from services.runner import JobRunner
from services.uploads import Source, Stage, Uploads, UploadView
from services.uploads.pace import UploadPace
from storage import links
from storage.database import Database
from tests.services.conftest import PUBLIC_URL, Steps

QUICK = UploadPace(
    every=0.02, pause=0.01, longest_pause=0.05, cuts=4, later=0.05, longest_later=0.2, puts_off=3, room=0.05
)
XIAOYU = 1001
# Where a process may die on the way of an upload.
STEPS = [
    "upload.fetching",
    "upload.kept",
    "upload.instant",
    "upload.begun",
    "upload.sending",
    "upload.part",
    "upload.finishing",
    "upload.completed",
    "upload.done",
]


@dataclass
class Works:
    """One process that uploads."""

    box: Sandbox
    services: Services
    runner: JobRunner
    steps: Steps
    bell: asyncio.Event
    told: list[tuple[int, UploadView, bool]] = field(default_factory=list)

    @property
    def uploads(self) -> Uploads:
        return self.services.uploads

    async def hear(self, upload_id: int, view: UploadView, final: bool) -> None:
        self.told.append((upload_id, view, final))
        self.bell.set()

    def url(self, name: str, size: int, **query: Any) -> str:
        return f"{self.box.url}/files/{name}?{urlencode({'size': size, **query})}"

    async def add(self, name: str, size: int, folder: str = "/", user: int = XIAOYU, **query: Any) -> int:
        source = Source(kind="url", ref=self.url(name, size, **query))
        return int((await self.uploads.add(user, user, source, folder)).id)

    async def until(self, seen: Callable[[], bool], *, seconds: float = 20.0) -> None:
        """Wait until something is seen in what was told."""
        async with asyncio.timeout(seconds):
            while not seen():
                self.bell.clear()
                await self.bell.wait()

    async def stepped(self, step: str) -> None:
        """Wait until an upload came to a step."""
        await self.until(lambda: step in self.steps.seen)

    async def reached(self, upload_id: int, stage: Stage) -> None:
        """Wait until an upload was shown in a stage."""
        await self.until(
            lambda: any(told == upload_id and view.stage is stage for told, view, _ in self.told)
        )

    async def over(self, upload_id: int, seconds: float = 20.0, *, idle: bool = True) -> UploadView:
        """Wait for the end of an upload, as a card would hear of it, and for that of all others."""
        await self.until(
            lambda: any(told == upload_id and final for told, _, final in self.told), seconds=seconds
        )
        if idle:
            await self.runner.idle()
        return await self.uploads.view(upload_id)

    def stored(self, view: UploadView) -> str:
        """Return the digest of the bytes that the drive really holds for an upload."""
        assert view.upload.stored is not None
        drive = self.box.world.disktop.drive(view.upload.user_id, self.box.world.now())
        content = drive.items[view.upload.stored.file_id].content
        return md5(content.path.read_bytes()) if isinstance(content, Kept) else content.true_md5()

    def named(self, name: str, user: int = XIAOYU) -> int:
        """Return how many files of this name a person's drive holds."""
        items = self.box.world.disktop.drive(user, self.box.world.now()).items.values()
        return sum(item.name == name for item in items)

    def calls(self, service: str, ending: str = "") -> list[Entry]:
        """Return what came over the wire."""
        entries = self.box.world.journal.entries
        return [e for e in entries if e.service == service and e.path.endswith(ending)]

    def parts(self) -> Counter[int]:
        """Return how often each part was begun to be sent."""
        return Counter(int(parse_qs(e.query)["part_seq"][0]) for e in self.calls("disktop-upload", "/u"))


def true_md5(size: int, seed: str = "") -> str:
    return content(size, seed).true_md5()


@asynccontextmanager
async def works(
    box: Sandbox,
    db: Database,
    spool: Path,
    *,
    pace: UploadPace = QUICK,
    crash_at: str | None = None,
    signs_by: Callable[[], float] = time.time,
    places: int = 8,
) -> AsyncIterator[Works]:
    """Run a process that uploads; leaving the context stops it as a restart does."""
    place = Transport("disktop", f"{box.url}/disktop", backoff=0.01)
    own, steps, bell = box.world.credentials, Steps(crash_at=crash_at), asyncio.Event()

    async def reached(step: str) -> None:
        bell.set()
        await steps(step)

    services = building.build(
        db,
        SystemClock(),
        public_url=PUBLIC_URL + "/",
        disktop=DiskTop(place, own.disktop_client_id, own.disktop_client_secret),
        mika=Mika(Transport("mika", f"{box.url}/mika/api", backoff=0.01), now=signs_by),
        fetcher=Fetcher(allowed_hosts=frozenset({urlsplit(box.url).netloc})),
        upload_pace=pace,
        spool=spool,
        reached=reached,
    )
    runner = JobRunner(db, SystemClock(), "w", services.uploads.jobs(), grace=0.0, limit=places)
    made = Works(box, services, runner, steps, bell)
    services.uploads.on_change = made.hear
    await services.uploads.resume()
    task = asyncio.create_task(runner.run())
    try:
        yield made
    finally:
        await runner.stop()
        await task
        await services.close()
        await services.disktop.aclose()  # type: ignore[union-attr]
        await services.require_mika().aclose()


async def linked(box: Sandbox, db: Database, user: int = XIAOYU) -> None:
    """Link a person's drive, without the way through the browser."""
    scopes = ("user.read", "files.app_data")
    grant = open_grant(box.world, user, scopes)
    new = links.NewLink(user, "disktop", grant["access_token"], grant["refresh_token"], scopes=scopes)
    await db.write(lambda tx: links.save(tx, new, SystemClock().now()))


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
