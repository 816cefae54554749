"""D8 with the whole bot as a process of its own: started from the chat, killed, and whole in the end."""

import random
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.conftest import XIAOYU, environment, linked
from tests.driver import Control, Person
from tests.e2e.process import running, until
from tests.e2e.upload import uploading
from tests.e2e.upload.uploading import hash_of, source, stored
from tests.e2e.words import Words
from tests.guarantees.figures import exactly, size

KILLS = size(1, 12)
SIZE, CHUNK, RATE = 3_000_017, 100_003, 400_000

pytestmark = [pytest.mark.timeout(900), pytest.mark.slow]


async def test_d8_the_real_bot_is_killed(
    box: Sandbox, tmp_path: Path, xiaoyu: Person, control: Control
) -> None:
    say, rng, good = Words("zh"), random.Random(12), 0
    await control.telegram("options", limits=False)
    await control.person(XIAOYU, disk_used=0)
    await control.options(disktop_chunk_bytes=CHUNK)
    async with running(environment(box, tmp_path), tmp_path) as bot:
        await linked(xiaoyu, "disktop")
        for number in range(KILLS):
            name, seed = f"film{number}.mkv", f"r{number}"
            # Half of them are hit while they come, half while they go.
            coming = number % 2 == 1
            await control.options(disktop_upload_rate=0 if coming else RATE)
            paced = {"rate": 4 * RATE} if coming else {}
            await xiaoyu.send(f"/upload {source(box, name, size=SIZE, seed=seed, **paced)}")
            wanted = rng.randrange(1, 15)
            await (fetched(tmp_path, wanted * CHUNK) if coming else arrived(box, wanted))
            await bot.again()
            await control.options(disktop_upload_rate=0)
            await uploading.done(xiaoyu, say, name, 60)
            item = stored(box, xiaoyu, name)
            good += item is not None and (item.size, item.md5) == (SIZE, hash_of(SIZE, seed))
    exactly("D8", f"of {KILLS} files, the real bot killed under way: whole", good, KILLS)


async def arrived(box: Sandbox, parts: int) -> None:
    """Wait until the drive has so many parts of an upload under way."""

    def enough() -> bool:
        under_way = (s for s in box.world.disktop.uploads.values() if s.outcome is None)
        return any(len(session.parts) >= parts for session in under_way)

    await until(enough, f"{parts} parts have arrived")


async def fetched(folder: Path, length: int) -> None:
    """Wait until so many bytes lie in the spool."""

    def enough() -> bool:
        return any(file.stat().st_size >= length for file in folder.glob("*.spool/*.part"))

    await until(enough, f"{length} bytes have come")
