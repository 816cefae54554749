"""Whose messages are to be looked for: linked accounts whose person wants to hear of new ones."""

from sqlalchemy import Text, bindparam, cast, exists, literal_column, or_, select, true

from storage.schema import OPEN, jobs, links, preferences
from storage.tx import Tx

_UNASKED = (
    select(links.c.user_id)
    .outerjoin(preferences, preferences.c.user_id == links.c.user_id)
    .where(
        links.c.service == bindparam("of_service"),
        links.c.state == literal_column("'active'"),
        or_(preferences.c.inbox.is_(None), preferences.c.inbox == true()),
        ~exists().where(
            jobs.c.kind == bindparam("of_kind"), jobs.c.dedup == cast(links.c.user_id, Text), OPEN
        ),
    )
    .order_by(links.c.user_id)
    .limit(bindparam("most"))
)


async def unasked(tx: Tx, kind: str, service: str, most: int) -> list[int]:
    """Return who is linked, wants notices of messages, and has no job that looks for them."""
    params = {"of_kind": kind, "of_service": service, "most": most}
    return [int(row[0]) for row in await tx.conn.execute(_UNASKED, params)]
