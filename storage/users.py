"""The people who talk to the bot."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from storage.schema import users
from storage.tx import Tx, both


@dataclass(frozen=True, slots=True)
class User:
    """Be one Telegram user."""

    id: int
    language_code: str | None
    first_name: str
    created_at: float
    seen_at: float


COLUMNS = (users.c.id, users.c.language_code, users.c.first_name, users.c.created_at, users.c.seen_at)

_REMEMBER = both(
    lambda d: (
        d.insert(users)
        .values({column.name: bindparam(column.name) for column in COLUMNS})
        .on_conflict_do_update(
            index_elements=["id"],
            set_={name: bindparam(name) for name in ("language_code", "first_name", "seen_at")},
        )
        .returning(*COLUMNS)
    )
)
_GET = select(*COLUMNS).where(users.c.id == bindparam("user_id"))


async def remember(tx: Tx, user_id: int, *, language_code: str | None, first_name: str, now: float) -> User:
    """Note that a user was here and what Telegram says about them."""
    row = {
        "id": user_id,
        "language_code": language_code,
        "first_name": first_name,
        "created_at": now,
        "seen_at": now,
    }
    return User(*(await tx.conn.execute(_REMEMBER[tx.dialect], row)).one())


async def get(tx: Tx, user_id: int) -> User | None:
    """Return a user who was here before."""
    row = (await tx.conn.execute(_GET, {"user_id": user_id})).one_or_none()
    return None if row is None else User(*row)
