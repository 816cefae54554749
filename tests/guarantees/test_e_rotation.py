"""E1: keys rotate while the bot runs and is killed, and no row is lost by it."""

import asyncio
import random
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert

from storage import cards
from storage.crypto import KeyRing
from storage.database import Database
from storage.maintenance import rotate
from storage.schema import metadata
from storage.tx import Tx, seal_json
from tests.guarantees import figures

OLD, NEW = b"o" * 32, b"n" * 32
NOW = 1_000_000.0
CHILD = """
import asyncio, sys
from storage.crypto import KeyRing
from storage.database import Database
from storage.maintenance import rotate

async def main(url, *keys):
    db = await Database.open(url, KeyRing([bytes.fromhex(key) for key in keys]))
    print("ready", flush=True)
    await rotate(db)
    print("done", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.timeout(900)
async def test_e1_keys_rotate_while_running_and_killed(any_url: str) -> None:
    """A process rotates and is killed again and again while this one reads and writes the same rows."""
    total, kills, rng = figures.size(2000, 100_000), figures.size(3, 50), random.Random(2)
    before = await Database.open(any_url, KeyRing([OLD]))
    ids = await fill_cards(before, total)
    await before.close()
    running = await Database.open(any_url, KeyRing([OLD, NEW]))  # sealed with the old key until it restarts
    working = asyncio.create_task(work_on(running, ids, rng))
    killed = 0
    try:
        for _ in range(kills):
            killed += await rotation_killed(any_url, rng)
    finally:
        working.cancel()
        (changed,) = await asyncio.gather(working, return_exceptions=True)
        await running.close()
    assert isinstance(changed, asyncio.CancelledError)
    dialect = running.dialect
    last = await Database.open(any_url, KeyRing([NEW, OLD]))
    await rotate(last)
    await last.close()
    after = await Database.open(any_url, KeyRing([NEW]))
    good = await after.read(lambda tx: readable(tx, ids))
    await after.close()
    figures.exactly("E1", f"kill -9 of a rotation under load, {dialect}", killed, kills)
    figures.exactly("E1", f"of {total:,} rows good under the new key alone, {dialect}", good, total)


async def fill_cards(db: Database, total: int) -> list[str]:
    """Write many cards at once, sealed as `cards.open` seals them."""
    ids = [f"c{n:09d}" for n in range(total)]
    plain = {"owner_id": 1, "chat_id": 1, "route": "r", "version": 1, "created_at": 1.0, "updated_at": 1.0}

    async def write(tx: Tx, part: list[str]) -> None:
        rows = [
            {
                **plain,
                "id": i,
                "state": seal_json(tx, {"id": i, "n": 0}, table="cards", row=i, column="state"),
            }
            for i in part
        ]
        await tx.conn.execute(insert(metadata.tables["cards"]), rows)

    for first in range(0, total, 2000):
        await db.write(lambda tx, part=ids[first : first + 2000]: write(tx, part))
    return ids


async def work_on(db: Database, ids: list[str], rng: random.Random) -> None:
    """Be the bot meanwhile: read and change cards, whichever key each is under."""
    while True:
        card_id = rng.choice(ids)

        async def change(tx: Tx, card_id: str = card_id) -> None:
            card = await cards.get(tx, card_id)
            assert card is not None
            assert card.state["id"] == card_id
            state = {"id": card_id, "n": card.state["n"] + 1}
            await cards.update(tx, card_id, card.version, state=state, now=NOW)

        await db.write(change)
        await asyncio.sleep(0.005)


async def rotation_killed(url: str, rng: random.Random) -> int:
    """Start a rotation, kill it at a random moment; 1 if it was still at work."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CHILD, url, NEW.hex(), OLD.hex()),
        cwd=str(Path(__file__).parents[2]),
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    try:
        assert await child.stdout.readline() == b"ready\n"
        await asyncio.sleep(rng.uniform(0.0, 0.05))  # the moment of the kill
    finally:
        child.kill()
        await child.communicate()
    return int(child.returncode == -9)


async def readable(tx: Tx, ids: list[str]) -> int:
    count = 0
    for card_id in ids:
        card = await cards.get(tx, card_id)
        count += card is not None and card.state["id"] == card_id
    return count
