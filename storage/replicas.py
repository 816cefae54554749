"""The processes that share this database: a row for each, renewed while it lives."""

from sqlalchemy import bindparam, delete, func, select

from storage.schema import replicas
from storage.tx import Tx, both

WAKES = "replicas"

_GONE = delete(replicas).where(replicas.c.seen_at < bindparam("gone_before"))
_LEAVE = delete(replicas).where(replicas.c.holder == bindparam("by"))
_COUNT = select(func.count()).select_from(replicas)
_SEEN = both(
    lambda d: (
        d.insert(replicas)
        .values(holder=bindparam("by"), seen_at=bindparam("now"))
        .on_conflict_do_update(index_elements=["holder"], set_={"seen_at": bindparam("now")})
    )
)


async def beat(tx: Tx, holder: str, now: float, gone_before: float) -> int:
    """Note that a process lives, forget those that fell silent, and return how many there are."""
    before = (await tx.conn.execute(_COUNT)).scalar_one()
    gone = (await tx.conn.execute(_GONE, {"gone_before": gone_before})).rowcount
    await tx.conn.execute(_SEEN[tx.dialect], {"by": holder, "now": now})
    after = int((await tx.conn.execute(_COUNT)).scalar_one())
    if gone or after != before:
        tx.wakes.add(WAKES)
    return after


async def leave(tx: Tx, holder: str) -> None:
    """Forget a process that ends."""
    await tx.conn.execute(_LEAVE, {"by": holder})
    tx.wakes.add(WAKES)
