"""What the bot notes of itself: which menus are published, when another program polled with its token."""

from sqlalchemy import bindparam, select

from storage.schema import meta
from storage.tx import Tx, both

_GET = select(meta.c.value).where(meta.c.key == bindparam("name"))
_PUT = both(
    lambda d: (statement := d.insert(meta)).on_conflict_do_update(
        index_elements=["key"], set_={"value": statement.excluded.value}
    )
)


async def get(tx: Tx, key: str) -> str | None:
    """Return a value that was put."""
    return (await tx.conn.execute(_GET, {"name": key})).scalar_one_or_none()


async def put(tx: Tx, key: str, value: str) -> None:
    """Keep a value under a key."""
    await tx.conn.execute(_PUT[tx.dialect], {"key": key, "value": value})
