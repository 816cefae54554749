"""Who chose a language, and which one their Telegram speaks."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from storage.schema import preferences, users
from storage.tx import Tx


@dataclass(frozen=True, slots=True)
class Speaker:
    """Be the language somebody chose, and the one their Telegram speaks; None where nobody said."""

    chosen: str | None
    spoken: str | None


_ALL = select(preferences.c.user_id).where(preferences.c.language.is_not(None))
_ONE = (
    select(preferences.c.language, users.c.language_code)
    .join_from(users, preferences, preferences.c.user_id == users.c.id)
    .where(users.c.id == bindparam("user"))
)


async def choosers(tx: Tx) -> list[int]:
    """Return everybody who chose a language."""
    return list(await tx.conn.scalars(_ALL))


async def get(tx: Tx, user_id: int) -> Speaker:
    """Return the languages of somebody; a stranger has none."""
    row = (await tx.conn.execute(_ONE, {"user": user_id})).one_or_none()
    return Speaker(None, None) if row is None else Speaker(*row)
