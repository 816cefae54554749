"""The table of uploads on both databases."""

from typing import Any

from storage import uploads
from storage.database import Database
from storage.uploads import Row


async def add(db: Database, user: int = 1, now: float = 1.0, folder: str = "/电影") -> Row:
    detail = {"source": {"ref": "https://example.org/秘密"}}
    return await db.write(
        lambda tx: uploads.add(
            tx,
            user_id=user,
            chat_id=user,
            card_id=None,
            service="disktop",
            folder=folder,
            detail=detail,
            now=now,
        )
    )


async def get(db: Database, row: Row) -> Row | None:
    return await db.read(lambda tx: uploads.get(tx, row.id))


async def note(db: Database, row: Row, stage: str, detail: Any = None, now: float = 5.0) -> bool:
    return await db.write(lambda tx: uploads.note(tx, row.id, stage, detail or {}, now))


async def test_what_is_written_is_read(db: Database) -> None:
    row = await add(db)
    assert await get(db, row) == row
    assert row.folder == "/电影"
    assert await note(db, row, "sending", {"part": "片"})
    found = await get(db, row)
    assert found
    assert (found.stage, found.detail, found.updated_at) == ("sending", {"part": "片"}, 5.0)
    assert "秘密" not in repr(row)


async def test_those_under_way_come_first_in_their_order_then_what_ended_last(db: Database) -> None:
    rows = [await add(db, now=float(n)) for n in range(5)]
    await add(db, user=2)
    await note(db, rows[0], "done", now=10.0)
    await note(db, rows[3], "failed", now=11.0)
    listed = await db.read(lambda tx: uploads.of(tx, 1, 10))
    assert [row.id for row in listed] == [rows[n].id for n in (1, 2, 4, 3, 0)]
    assert len(await db.read(lambda tx: uploads.of(tx, 1, 1))) == 4
    assert await db.read(lambda tx: uploads.count(tx, 1)) == 3
    assert await db.read(lambda tx: uploads.ahead(tx, rows[4])) == 2
    assert set(await db.read(uploads.under_way)) >= {rows[1].id, rows[2].id, rows[4].id}


async def test_an_end_stays_until_somebody_tries_again(db: Database) -> None:
    row = await add(db)
    cancelled = await db.write(lambda tx: uploads.cancel(tx, row.id, 2.0))
    assert cancelled
    assert cancelled.stage == "cancelled"
    assert await db.write(lambda tx: uploads.cancel(tx, row.id, 3.0)) is None
    assert not await note(db, row, "sending")
    again = await db.write(lambda tx: uploads.reopen(tx, row.id, {"x": 1}, 4.0))
    assert again
    assert (again.stage, again.detail) == ("waiting", {"x": 1})
    assert await db.write(lambda tx: uploads.reopen(tx, row.id, {}, 5.0)) is None
    assert await note(db, row, "done")
    assert await db.write(lambda tx: uploads.reopen(tx, row.id, {}, 6.0)) is None


async def test_the_folder_moves_only_while_it_waits(db: Database) -> None:
    row = await add(db)
    moved = await db.write(lambda tx: uploads.move(tx, row.id, "/b"))
    assert moved
    assert moved.folder == "/b"
    await note(db, row, "sending")
    assert await db.write(lambda tx: uploads.move(tx, row.id, "/c")) is None
    await db.write(lambda tx: uploads.place(tx, row.id, "card"))
    found = await get(db, row)
    assert found
    assert (found.card_id, found.folder) == ("card", "/b")


async def test_old_ends_are_forgotten(db: Database) -> None:
    old, open_ = await add(db), await add(db)
    await note(db, old, "done", now=2.0)
    assert await db.write(lambda tx: uploads.purge(tx, 3.0)) == 1
    assert await get(db, old) is None
    assert await get(db, open_)
