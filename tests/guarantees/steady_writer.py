"""Write numbered facts without a pause, as a process: what a backup holds must be one moment of it.

`python steady_writer.py URL` says each number once it is committed. Fact n lies in one of the SLOTS, sealed,
and is counted twice in the same commit, so the whole state after n facts is known beforehand.
"""

import asyncio
import sys
from functools import partial

from sqlalchemy import select

from storage import dialogs, links, meta
from storage.crypto import KeyRing
from storage.database import Database
from storage.schema import metadata
from storage.tx import Tx, open_json, open_text
from tests.fixtures.databases import KEY

SLOTS = 100
FAR = 1e12
PAUSE = 0.004


async def fact(tx: Tx, n: int) -> None:
    """Write one fact."""
    slot = n % SLOTS + 1
    await dialogs.ask(tx, slot, slot, "fact", {"n": n}, FAR)
    await links.save(tx, links.NewLink(slot, "hdhive", f"token of {n}", account_id=str(n)), float(n))
    await meta.put(tx, "first", str(n))
    await meta.put(tx, "second", str(n))


async def known(tx: Tx) -> int | None:
    """Return how many facts there are; None where it is not the state after so many, whole and readable."""
    n = int(await meta.get(tx, "first") or 0)
    expected = {number % SLOTS + 1: number for number in range(max(1, n - SLOTS + 1), n + 1)}
    whole = await meta.get(tx, "second") == str(n)
    whole = whole and await _facts(tx) == expected
    return n if whole and await _tokens(tx) == {s: f"token of {m}" for s, m in expected.items()} else None


async def _facts(tx: Tx) -> dict[int, int]:
    table = metadata.tables["dialogs"]
    rows = (await tx.conn.execute(select(table.c.id, table.c.user_id, table.c.state))).all()
    states = {user: open_json(tx, s, table="dialogs", row=i, column="state") for i, user, s in rows}
    return {user: state["n"] for user, state in states.items()}


async def _tokens(tx: Tx) -> dict[int, str | None]:
    table = metadata.tables["links"]
    rows = (await tx.conn.execute(select(table.c.id, table.c.user_id, table.c.access_token))).all()
    return {user: open_text(tx, t, table="links", row=i, column="access_token") for i, user, t in rows}


async def main(url: str) -> None:
    """Write until killed."""
    db = await Database.open(url, KeyRing([KEY]))
    n = int(await db.read(lambda tx: meta.get(tx, "first")) or 0)
    while True:
        n += 1
        await db.write(partial(fact, n=n))
        sys.stdout.write(f"{n}\n")
        sys.stdout.flush()
        await asyncio.sleep(PAUSE)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
