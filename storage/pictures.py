"""Pictures people sent for what they publish: of a draft until it is published, then for everybody."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import bindparam, delete, func, select, update

from storage.crypto import digest
from storage.schema import DRAFT, pictures
from storage.tx import Tx, both, new_id, open_text, opened_one, seal_text

State = Literal["draft", "published"]
_TABLE = pictures.name


@dataclass(frozen=True, slots=True)
class Kept:
    """Count what is kept of a person's pictures."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Be one picture as everybody sees it; the same for ever under its name."""

    mark: str
    content: bytes = field(repr=False)


_OWN = pictures.c.user_id == bindparam("owner")
_SENT = (_OWN, pictures.c.message_id == bindparam("sent_by"))
_IS_DRAFT = pictures.c.state == "draft"

_ADD = both(lambda d: d.insert(pictures).on_conflict_do_nothing(index_elements=["user_id", "message_id"]))
_BROUGHT = select(pictures.c.id, pictures.c.name).where(*_SENT)
_KEPT = select(func.count(), func.coalesce(func.sum(pictures.c.size), 0)).where(_OWN)
_CALLED = select(pictures.c.id, pictures.c.name_hash, pictures.c.content).where(
    pictures.c.name_hash == bindparam("hashed")
)
_AMONG = both(lambda d: select(pictures.c.name_hash).where(_OWN, d.among(pictures.c.name_hash, "hashes")))
_TURN = both(
    lambda d: (
        update(pictures)
        .where(_OWN, d.among(pictures.c.name_hash, "hashes"))
        .values(state=bindparam("new_state"))
    )
)
_DROP = both(lambda d: delete(pictures).where(_OWN, _IS_DRAFT, d.among(pictures.c.name_hash, "hashes")))
_PURGE = delete(pictures).where(DRAFT, pictures.c.created_at < bindparam("before"))


async def add(tx: Tx, user_id: int, message_id: int, name: str, content: bytes, now: float) -> str:
    """Keep the picture that a message brought, under a name; return its name, an older one where it has."""
    row_id = new_id()
    place: dict[str, Any] = {"table": _TABLE, "row": row_id}
    row = {
        "id": row_id,
        "user_id": user_id,
        "message_id": message_id,
        "state": "draft",
        "size": len(content),
        "created_at": now,
        "name_hash": digest(name),
        "name": seal_text(tx, name, column="name", **place),
        "content": tx.ring.seal(content, column="content", **place),
    }
    await tx.conn.execute(_ADD[tx.dialect], row)
    return await brought(tx, user_id, message_id) or name


async def brought(tx: Tx, user_id: int, message_id: int) -> str | None:
    """Return the name of the picture that a message brought, None where none is kept."""
    row = (await tx.conn.execute(_BROUGHT, {"owner": user_id, "sent_by": message_id})).one_or_none()
    return None if row is None else open_text(tx, row.name, table=_TABLE, row=row.id, column="name")


async def kept(tx: Tx, user_id: int) -> Kept:
    """Count a person's pictures and their bytes."""
    number, size = (await tx.conn.execute(_KEPT, {"owner": user_id})).one()
    return Kept(int(number), int(size))


async def get(tx: Tx, name: str) -> Picture | None:
    """Return the picture of a name; one that does not open is none."""
    row = (await tx.conn.execute(_CALLED, {"hashed": digest(name)})).one_or_none()
    return opened_one(row, lambda found: _picture(tx, found))


def _picture(tx: Tx, row: Any) -> Picture:
    content = tx.ring.open(bytes(row.content), table=_TABLE, row=row.id, column="content")
    return Picture(row.name_hash, content)


async def known(tx: Tx, user_id: int, names: Iterable[str]) -> frozenset[str]:
    """Return those of the names under which a picture of this person is kept."""
    hashes = {digest(name): name for name in names}
    found = await tx.conn.scalars(_AMONG[tx.dialect], {"owner": user_id, "hashes": tx.many(hashes)})
    return frozenset(hashes[one] for one in found)


async def turn(tx: Tx, user_id: int, names: Iterable[str], state: State) -> int:
    """Say of a person's pictures whether they are published; return of how many."""
    params = {"owner": user_id, "hashes": tx.many(map(digest, names)), "new_state": state}
    return (await tx.conn.execute(_TURN[tx.dialect], params)).rowcount


async def drop(tx: Tx, user_id: int, names: Iterable[str]) -> int:
    """Delete a person's pictures that are not published; return how many those were."""
    params = {"owner": user_id, "hashes": tx.many(map(digest, names))}
    return (await tx.conn.execute(_DROP[tx.dialect], params)).rowcount


async def purge(tx: Tx, before: float) -> int:
    """Delete what was sent before a time and never published."""
    return (await tx.conn.execute(_PURGE, {"before": before})).rowcount
