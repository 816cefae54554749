"""E1: secrets at rest: bound to their place, and nowhere in plain."""

import base64
import random
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Table, bindparam, select, text, update

from storage import (
    attempts,
    cards,
    dialogs,
    inbox,
    jobs,
    links,
    pictures,
    subscriptions,
    unlocks,
    uploads,
    watches,
)
from storage.crypto import KeyRing, SecretUnreadable
from storage.database import Database
from storage.links import NewLink
from storage.maintenance import backup
from storage.schema import metadata
from storage.tx import Tx
from tests.fixtures.databases import PostgresServer, why_no_postgres
from tests.guarantees import figures

NOW = 1_000_000.0
Place = tuple[Table, Column[Any], Column[Any], Any]


async def fill(tx: Tx, n: int, secret: str) -> None:
    """Write one row of every table that holds secrets, as the product writes it."""
    row = {"user_id": n, "chat_id": n, "message_id": None, "service": "hdhive", "display_name": "x"}
    made = await attempts.create(
        tx, **row, scopes=(), language="zh", ticket_hash=f"t{n}", expires_at=NOW + 600, now=NOW
    )
    bound = {"state_hash": f"s{n}", "cookie_hash": f"c{n}", "redirect_uri": "http://x"}
    await attempts.bind(tx, made.id, **bound, verifier=secret, now=NOW)
    await attempts.take_state(tx, "hdhive", f"s{n}", NOW)
    await attempts.keep_code(tx, made.id, secret, f"n{n}", NOW + 300)
    new = NewLink(
        user_id=n,
        service="hdhive",
        account_id=None,
        account_name=None,
        access_token=secret,
        refresh_token=secret,
        secret=secret,
        expires_at=None,
        refresh_expires_at=None,
        scopes=(),
    )
    link = await links.save(tx, new, NOW)
    await inbox.store(tx, [inbox.Entry(n, n, {"text": secret}, NOW)])
    await inbox.failed(tx, n, secret, NOW)
    await cards.open(tx, n, n, "search", {"query": secret}, NOW)
    await dialogs.ask(tx, n, n, "code", {"code": secret}, NOW + 600)
    await jobs.enqueue(tx, "k", str(n), {"token": secret}, NOW)
    claim = {"user_id": n, "link_id": link.id, "account_key": f"a{n}", "slug": "s", "price": 1}
    unlock = await unlocks.claim(tx, **claim, card_id=None, now=NOW)
    assert unlock is not None
    await unlocks.done(tx, unlock.id, secret, secret, secret, False, NOW)
    here = {"user_id": n, "chat_id": n}
    await subscriptions.add(tx, **here, topic=None, title=f"m{n}", detail={"words": secret}, now=NOW)
    sent = {"card_id": None, "service": "disktop", "folder": secret, "detail": {"url": secret}}
    await uploads.add(tx, **here, **sent, now=NOW)
    await watches.keep(tx, n, "hdhive", link.id, {"shares": [secret]}, NOW)
    await pictures.add(tx, n, n, f"{n} {secret}", secret.encode(), NOW)


def sealed_columns() -> Iterator[tuple[Table, Column[Any], Column[Any]]]:
    for table in metadata.sorted_tables:
        (key, *_more) = table.primary_key.columns
        for column in table.columns:
            if column.info.get("sealed"):
                yield table, key, column


async def places(tx: Tx) -> dict[Place, bytes]:
    """Every ciphertext with its place."""
    found: dict[Place, bytes] = {}
    for table, key, column in sealed_columns():
        for row in await tx.conn.execute(select(key, column).where(column.is_not(None))):
            found[(table, key, column, row[0])] = bytes(row[1])
    return found


async def put(tx: Tx, place: Place, sealed: bytes) -> None:
    table, key, column, row = place
    await tx.conn.execute(update(table).where(key == bindparam("k")).values({column: sealed}), {"k": row})


async def test_e1_a_swapped_ciphertext_does_not_open(db: Database) -> None:
    """Swap two ciphertexts in the tables and open both places; then let the product's own functions try."""
    people, rng, count = figures.size(5, 20), random.Random(1), figures.size(200, 1000)
    for n in range(1, people + 1):
        await db.write(lambda tx, n=n: fill(tx, n, f"secret {n}"))
    known = await db.read(places)
    assert len({place[2] for place in known}) == len(list(sealed_columns())) - 1, "all but the error of a job"
    pairs = [rng.sample(list(known), 2) for _ in range(count)]

    async def swap_all(tx: Tx) -> int:
        return sum([await _swapped(tx, one, other, known) for one, other in pairs])

    opened = await db.write(swap_all)
    figures.exactly("E1", f"of {count:,} swapped pairs that opened, {db.dialect}", opened)
    refused = 0
    for n in range(1, people + 1):
        refused += await _refused_by_the_product(db, known, n)
    figures.exactly("E1", f"people whose swapped rows the product refuses, {db.dialect}", refused, people)


async def _swapped(tx: Tx, one: Place, other: Place, known: dict[Place, bytes]) -> int:
    await put(tx, one, known[other])
    await put(tx, other, known[one])
    opened = 0
    for table, key, column, row in (one, other):
        there = (await tx.conn.execute(select(column).where(key == row))).scalar_one()
        try:
            tx.ring.open(bytes(there), table=table.name, row=row, column=column.name)
            opened += 1
        except SecretUnreadable:
            pass
    await put(tx, one, known[one])
    await put(tx, other, known[other])
    return opened


async def _refused_by_the_product(db: Database, known: dict[Place, bytes], n: int) -> int:
    """Give everything of one person to the next column over; no reading function may accept it.

    What one row of several holds is left out, and the row with it or told as unreadable: no secret comes out.
    """
    functions: tuple[tuple[str, Callable[[Tx], Awaitable[object]]], ...] = (
        ("attempts", lambda tx: attempts.by_ticket(tx, f"t{n}")),
        ("links", lambda tx: links.get(tx, n, "hdhive")),
        ("inbox", lambda tx: inbox.pending(tx, n, 10)),
        ("cards", lambda tx: cards.latest(tx, n, n, "search")),
        ("dialogs", lambda tx: dialogs.current(tx, n, n, NOW)),
        ("unlocks", lambda tx: unlocks.find(tx, f"a{n}", "s")),
        ("subscriptions", lambda tx: subscriptions.find(tx, n, f"m{n}")),
        ("uploads", lambda tx: uploads.of(tx, n, 10)),
        ("watches", lambda tx: watches.get(tx, n, "hdhive")),
        ("pictures", lambda tx: pictures.get(tx, f"{n} secret {n}")),
        ("pictures", lambda tx: pictures.brought(tx, n, n)),
    )
    for table, read in functions:
        own = [place for place in known if place[0].name == table]

        async def shift(tx: Tx, own: list[Place] = own) -> None:
            for place, following in zip(own, own[1:] + own[:1], strict=True):
                await put(tx, place, known[following])

        async def back(tx: Tx, own: list[Place] = own) -> None:
            for place in own:
                await put(tx, place, known[place])

        assert f"secret {n}" in await _out_of(db, read), table
        await db.write(shift)
        assert f"secret {n}" not in await _out_of(db, read), table
        await db.write(back)
    return 1


async def _out_of(db: Database, read: Callable[[Tx], Awaitable[object]]) -> str:
    """Return all that a reading function gives out, secrets included; nothing where it refuses."""
    try:
        found = await db.read(read)
    except SecretUnreadable:
        return ""
    rows = found if isinstance(found, list) else [found]
    return repr([asdict(row) if is_dataclass(row) and not isinstance(row, type) else row for row in rows])


async def test_e1_no_secret_lies_in_plain_in_sqlite(sqlite_url: str, ring: KeyRing, tmp_path: Path) -> None:
    """Looks at the bytes of database, WAL, shared memory and backup, open and closed."""
    count, folder = figures.size(200, 2000), Path(sqlite_url.removeprefix("sqlite:///")).parent
    db = await Database.open(sqlite_url, ring)
    canaries = [f"canary-{secrets.token_hex(16)}" for _ in range(count)]
    for n, canary in enumerate(canaries, 1):
        await db.write(lambda tx, n=n, canary=canary: fill(tx, n, canary))
    looked = {"wal": folder_bytes(folder)}
    assert any(path.name.endswith("-wal") for path in folder.iterdir())
    await backup(sqlite_url, folder / "saved.db")
    await db.close()
    looked["closed and backup"] = folder_bytes(folder)
    found = sum(is_in(canary, data) for canary in canaries for data in looked.values())
    assert all(len(data) > 100_000 for data in looked.values())
    figures.exactly("E1", f"of {count:,} canaries in database, WAL, backup, sqlite", found)


@pytest.mark.postgres
@pytest.mark.skipif(why_no_postgres() is not None, reason=why_no_postgres() or "")
async def test_e1_no_secret_lies_in_plain_in_postgresql(
    postgres_url: str, postgres_server: PostgresServer, ring: KeyRing, tmp_path: Path
) -> None:
    """Looks at the server's own files after a checkpoint, its WAL included, and at a dump in plain SQL."""
    count = figures.size(50, 1000)
    db = await Database.open(postgres_url, ring)
    canaries = [f"canary-{secrets.token_hex(16)}" for _ in range(count)]
    for n, canary in enumerate(canaries, 1):
        await db.write(lambda tx, n=n, canary=canary: fill(tx, n, canary))
    await backup(postgres_url, tmp_path / "saved.dump")
    rows = await db.read(everything)
    await db.close()
    data = (tmp_path / "saved.dump").read_bytes() + rows
    data += folder_bytes(postgres_server.folder / "data" / "pg_wal")
    assert len(data) > 1_000_000
    assert b"hdhive" in rows
    figures.exactly(
        "E1", f"of {count:,} canaries in rows, WAL, dump, postgresql", sum(is_in(c, data) for c in canaries)
    )


async def everything(tx: Tx) -> bytes:
    """Every table as the database would tell it."""
    told = []
    for table in metadata.sorted_tables:
        rows = (await tx.conn.execute(text(f'SELECT * FROM "{table.name}"'))).all()
        told += [b"".join(v if isinstance(v, bytes) else str(v).encode() for v in row) for row in rows]
    return b"\n".join(told)


def folder_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def is_in(canary: str, data: bytes) -> bool:
    """Tell whether a canary is there as it is, in base64, in hex, or in UTF-16."""
    plain = canary.encode()
    core = base64.b64encode(plain)[2:-6]
    return any(form in data for form in (plain, core, plain.hex().encode(), canary.encode("utf-16-le")))
