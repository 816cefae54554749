"""The people who talk to the bot."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, bindparam, func, or_, select

from storage.schema import users
from storage.tx import Dialect, Tx, both


@dataclass(frozen=True, slots=True)
class User:
    """Be one Telegram user."""

    id: int
    language_code: str | None
    first_name: str
    created_at: float
    seen_at: float


COLUMNS = (users.c.id, users.c.language_code, users.c.first_name, users.c.created_at, users.c.seen_at)


def _admitted(d: Dialect) -> ColumnElement[bool]:
    """Leave out whom the operator does not let in; an empty list lets everybody in."""
    return or_(bindparam("everybody", type_=Boolean), d.among(users.c.id, "admitted"))


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
# Whoever was known when it began, in the order of their numbers: so each comes once, whoever joins meanwhile.
_KNOWN = (users.c.created_at <= bindparam("until"), users.c.id != bindparam("without"))
_COUNT = both(lambda d: select(func.count()).where(*_KNOWN, _admitted(d)))
_AFTER = both(
    lambda d: (
        select(users.c.id)
        .where(*_KNOWN, _admitted(d), users.c.id > bindparam("after"))
        .order_by(users.c.id)
        .limit(bindparam("most"))
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


@dataclass(frozen=True, slots=True)
class Audience:
    """Say who is written to: everybody known by a time, of those an operator lets in, without one number."""

    until: float
    admitted: frozenset[int] = frozenset()
    without: int = 0

    def params(self, tx: Tx) -> dict[str, Any]:
        """Return what names them in a statement."""
        return {
            "until": self.until,
            "without": self.without,
            "everybody": not self.admitted,
            "admitted": tx.many(sorted(self.admitted)),
        }


async def count(tx: Tx, audience: Audience) -> int:
    """Return how many people an audience is."""
    return int((await tx.conn.execute(_COUNT[tx.dialect], audience.params(tx))).scalar_one())


async def after(tx: Tx, audience: Audience, last: int, limit: int) -> list[int]:
    """Return the next people of an audience, by their numbers."""
    params = {**audience.params(tx), "after": last, "most": limit}
    return list(await tx.conn.scalars(_AFTER[tx.dialect], params))
