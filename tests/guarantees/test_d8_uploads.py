"""D8: an upload resumes after a cut or a restart; what had arrived is not sent again; the hash matches."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from urllib.parse import parse_qs

import pytest

from sandbox.journal import Entry
from sandbox.server import Sandbox
from sandbox.states.uploads import Session
from services.uploads import Source
from services.uploads.pace import UploadPace
from storage import uploads
from storage.database import Database
from tests.e2e.process import until
from tests.guarantees.figures import at_least, below, exactly, size
from tests.guarantees.upload_files import PEOPLE, Wanted, link, queue, spoil, url, whole, wish
from tests.guarantees.workers_farm import Farm
from tests.services.uploads.uploading import STEPS, Works, works

FILES = size(64, 1000)
DAMAGED = size(6, 100)
KILLED = size(10, 100)  # on each database
LANES = UploadPace().lanes
QUICK = UploadPace(every=0.5, pause=0.005, longest_pause=0.05, later=0.02, longest_later=0.1)
OFTEN = ("upload.kept", "upload.part")

pytestmark = pytest.mark.timeout(1800)


@dataclass
class Watched:
    """Counts what goes to the upload endpoint: parts begun, those kept, those that were there already."""

    begun: Counter[tuple[str, int]] = field(default_factory=Counter)
    kept: int = 0
    repeated: int = 0


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Watch every part as it begins to arrive and once it is kept."""
    seen, real = Watched(), Session.rewritten
    hash_on = Session.hash_on

    def rewritten(session: Session, number: int) -> None:
        seen.begun[session.id, number] += 1
        seen.repeated += number in session.parts
        real(session, number)

    async def hashing(session: Session) -> None:
        seen.kept += 1
        await hash_on(session)

    monkeypatch.setattr(Session, "rewritten", rewritten)
    monkeypatch.setattr(Session, "hash_on", hashing)
    return seen


@pytest.fixture
async def farm() -> AsyncIterator[Farm]:
    async with Farm() as made:
        yield made


async def wave(one: Works, batch: list[Wanted]) -> int:
    """Upload some files at once; return how many arrived whole."""
    for wanted in batch:
        source = Source(kind="url", ref=url(one.box, wanted))
        wanted.upload_id = (await one.uploads.add(wanted.user, wanted.user, source, "/")).id
    for wanted in batch:
        await one.over(wanted.upload_id, seconds=60)
    return sum(whole(one.box, wanted) for wanted in batch)


def chunks(box: Sandbox) -> list[Entry]:
    """Return the requests that brought parts of files."""
    return [e for e in box.world.journal.entries if e.service == "disktop-upload" and e.path == "/u"]


def hits(box: Sandbox) -> int:
    """Count the chunks that met a fault."""
    return sum(entry.fault is not None for entry in chunks(box))


def sent(box: Sandbox) -> Counter[tuple[str, str]]:
    """Count how often each part of each session was begun."""
    queries = [parse_qs(entry.query) for entry in chunks(box)]
    return Counter((query["upload_id"][0], query["part_seq"][0]) for query in queries)


async def test_d8_cuts_of_source_and_chunks(
    box: Sandbox, sqlite_db: Database, tmp_path: Path, watched: Watched
) -> None:
    users = await link(box, sqlite_db)
    rng, good, cut, again = random.Random(8), 0, 0, 0
    async with works(box, sqlite_db, tmp_path / "spool", pace=QUICK) as one:
        for start in range(0, FILES, PEOPLE):
            box.world.options.disktop_chunk_bytes = rng.randrange(90_001, 250_001)
            box.world.journal.clear()
            spoil(box, rng)
            numbers = range(start, min(start + PEOPLE, FILES))
            good += await wave(one, [wish(rng, users[n % PEOPLE], n) for n in numbers])
            box.world.faults.clear()
            cut += hits(box)
            again += sum(count - 1 for count in sent(box).values())
            one.told.clear()
    exactly("D8", f"of {FILES} files through cuts: whole, and there once", good, FILES)
    at_least("D8", "chunk requests cut, lost or refused", cut, FILES // 10)
    exactly("D8", "chunks sent again for more than one each", max(0, again - cut))
    exactly("D8", "chunks sent again that the drive had", watched.repeated)


async def test_d8_damage_on_the_way_is_found(box: Sandbox, sqlite_db: Database, tmp_path: Path) -> None:
    users = await link(box, sqlite_db)
    rng, good = random.Random(9), 0
    async with works(box, sqlite_db, tmp_path / "spool", pace=QUICK) as one:
        for number in range(DAMAGED):
            box.world.options.disktop_chunk_bytes = rng.randrange(90_001, 250_001)
            box.world.faults.add({"service": "disktop-upload", "path": "/u?*part_seq=2", "kind": "damage"})
            wanted = Wanted(users[0], f"file {number}.bin", rng.randrange(300_000, 900_000), f"d{number}", {})
            good += await wave(one, [wanted])
            box.world.faults.clear()
    exactly("D8", f"of {DAMAGED} files with a bit turned over on the way: whole", good, DAMAGED)


async def test_d8_kills_of_the_process(
    box: Sandbox, any_url: str, db: Database, tmp_path: Path, farm: Farm, watched: Watched
) -> None:
    """Each file is killed at a step or at any moment, some twice, some lose their spool too."""
    users, rng, good, most = await link(box, db), random.Random(10), 0, 0
    own = box.world.credentials
    place = {"box": box.url, "database": any_url, "spool": str(tmp_path / "spool")}
    place |= {"id": own.disktop_client_id, "secret": own.disktop_client_secret}
    for number in range(KILLED):
        box.world.options.disktop_chunk_bytes = rng.randrange(90_001, 250_001)
        # On a slow line parts are long under way, on a fast one they are all there.
        box.world.options.disktop_upload_rate = rng.choice([0, 1_000_000])
        wanted = Wanted(users[0], f"file {number}.bin", rng.randrange(600_000, 1_500_000), f"k{number}", {})
        box.world.journal.clear()
        await queue(db, box, wanted)
        for _ in range(rng.randrange(1, 3)):
            most = max(most, await life(farm, watched, rng, place, STEPS[number % len(STEPS)]))
            await landed(box)
            if rng.random() < 0.2:
                rmtree(tmp_path / "spool", ignore_errors=True)
        assert await farm.run("uploads", world=place) == 0
        row = await db.read(lambda tx, it=wanted: uploads.get(tx, it.upload_id))  # type: ignore[misc]
        good += row is not None and row.stage == "done" and whole(box, wanted)
    exactly("D8", f"of {KILLED} files through kill -9, {db.dialect}: whole, and there once", good, KILLED)
    at_least("D8", f"processes killed, {db.dialect}", farm.kills, KILLED * 3 // 4)
    exactly("D8", f"chunks sent again that the drive had, {db.dialect}", watched.repeated)
    below("D8", f"chunks that one kill caught under way, {db.dialect}", most, LANES + 1)


async def landed(box: Sandbox) -> None:
    """Wait until what a dead process had sent has arrived, or is given up; no real start is faster."""

    def over() -> bool:
        return all(e.status is not None for e in box.world.journal.entries if e.service == "disktop-upload")

    await until(over, "the parts under way have landed")


async def life(farm: Farm, watched: Watched, rng: random.Random, place: dict[str, str], step: str) -> int:
    """Let a process work until it is killed; return how many chunks it had begun and not ended."""
    before, there = watched.begun.total(), watched.kept
    if rng.random() < 0.5:
        nth = rng.randrange(1, 4) if step in OFTEN else 1
        await farm.run("uploads", world=place, kill_at=step, nth=nth)
    else:
        await farm.run("uploads", world=place, kill_after=rng.random() * 0.5)
    return (watched.begun.total() - before) - (watched.kept - there)
