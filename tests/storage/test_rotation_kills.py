"""Rotation in a process of its own, killed again and again."""

import asyncio
import random
import sys
from pathlib import Path

from storage import cards
from storage.crypto import KeyRing
from storage.database import Database
from storage.maintenance import rotate

OLD, NEW = b"o" * 32, b"n" * 32
TOTAL = 3000
CHILD = """
import asyncio, sys
from storage.crypto import KeyRing
from storage.database import Database
from storage.maintenance import rotate

async def main(url, *keys):
    db = await Database.open(url, KeyRing([bytes.fromhex(key) for key in keys]))
    print("ready", flush=True)
    await rotate(db)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_killed_rotations_damage_nothing_and_the_next_one_ends_it(any_url: str) -> None:
    before = await Database.open(any_url, KeyRing([OLD]))

    async def many(tx: cards.Tx) -> list[cards.Card]:
        return [await cards.open(tx, number, 1, "r", {"n": number}, 1.0) for number in range(TOTAL)]

    opened = await before.write(many)
    await before.close()
    rng = random.Random(2)
    for _ in range(6):
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CHILD, any_url, NEW.hex(), OLD.hex()),
            cwd=str(Path(__file__).parents[2]),
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        assert await child.stdout.readline() == b"ready\n"
        await asyncio.sleep(rng.uniform(0.0, 0.06))
        child.kill()
        await child.communicate()
    during = await Database.open(any_url, KeyRing([NEW, OLD]))
    left = await rotate(during)
    await during.close()
    assert left <= TOTAL
    after = await Database.open(any_url, KeyRing([NEW]))

    async def all_of_them(tx: cards.Tx) -> list[cards.Card | None]:
        return [await cards.get(tx, card.id) for card in opened]

    assert await after.read(all_of_them) == opened
    await after.close()
