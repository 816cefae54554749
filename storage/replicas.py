"""The processes that share this database: a row for each, renewed while it lives."""

from sqlalchemy import bindparam, delete, func, select

from storage.schema import replicas
from storage.tx import Tx, both

WAKES = "replicas"

_GONE = delete(replicas).where(replicas.c.seen_at < bindparam("gone_before"))
_LEAVE = delete(replicas).where(replicas.c.holder == bindparam("by"))
_COUNT = select(func.count()).select_from(replicas)
_KEYS = select(replicas.c.known_keys).where(replicas.c.seen_at >= bindparam("since"))
_SEEN = both(
    lambda d: (
        d.insert(replicas)
        .values(holder=bindparam("by"), seen_at=bindparam("now"), known_keys=bindparam("told"))
        .on_conflict_do_update(
            index_elements=["holder"], set_={"seen_at": bindparam("now"), "known_keys": bindparam("told")}
        )
    )
)


async def beat(tx: Tx, holder: str, now: float, gone_before: float) -> list[str | None]:
    """Note that a process lives, forget the silent ones, and return the keys that each living one knows."""
    before = (await tx.conn.execute(_COUNT)).scalar_one()
    gone = (await tx.conn.execute(_GONE, {"gone_before": gone_before})).rowcount
    await tx.conn.execute(_SEEN[tx.dialect], {"by": holder, "now": now, "told": tx.ring.told})
    after = await keys(tx, float("-inf"))
    if gone or len(after) != before:
        tx.wakes.add(WAKES)
    return after


async def keys(tx: Tx, since: float) -> list[str | None]:
    """Return what keys each process knows that was seen since a time; None is one that does not say."""
    return list((await tx.conn.execute(_KEYS, {"since": since})).scalars())


async def leave(tx: Tx, holder: str) -> None:
    """Forget a process that ends."""
    await tx.conn.execute(_LEAVE, {"by": holder})
    tx.wakes.add(WAKES)
