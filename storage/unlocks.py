"""The ledger of unlocks: one open or finished row per account and resource, whoever asks and how often."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import and_, bindparam, case, func, literal_column, or_, select, text, update

from storage.schema import HELD, UNSETTLED, unlocks
from storage.schema.points import HELD_STATES, UNSETTLED_STATES
from storage.tx import Tx, both, new_id, open_text, seal_text

State = Literal["claimed", "doubtful", "done", "refused", "released"]
SECRETS = ("url", "access_code", "full_url")


@dataclass(frozen=True, slots=True)
class Unlock:
    """Be one attempt to spend points on a resource."""

    id: int
    user_id: int
    link_id: int
    account_key: str
    slug: str
    price: int
    state: State
    url: str | None = field(repr=False)
    access_code: str | None = field(repr=False)
    full_url: str | None = field(repr=False)
    already_owned: bool
    error: str | None
    card_id: str | None
    created_at: float
    updated_at: float

    @property
    def address(self) -> str | None:
        """Return the link, with its code in it where HDHive told it so."""
        return self.full_url or self.url

    @property
    def unsettled(self) -> bool:
        """Tell whether nobody knows yet what came of it."""
        return self.state in UNSETTLED_STATES

    @property
    def held(self) -> bool:
        """Tell whether it keeps the resource from being charged once more."""
        return self.state in HELD_STATES


COLUMNS = (
    unlocks.c.id,
    unlocks.c.user_id,
    unlocks.c.link_id,
    unlocks.c.account_key,
    unlocks.c.slug,
    unlocks.c.price,
    unlocks.c.state,
    unlocks.c.url,
    unlocks.c.access_code,
    unlocks.c.full_url,
    unlocks.c.already_owned,
    unlocks.c.error,
    unlocks.c.card_id,
    unlocks.c.created_at,
    unlocks.c.updated_at,
)
NAMES = tuple(column.name for column in COLUMNS)
_THIS = unlocks.c.id == bindparam("unlock_id")

_CLAIM = both(lambda d: d.insert(unlocks).on_conflict_do_nothing().returning(unlocks.c.id))
_GET = select(*COLUMNS).where(_THIS)
_FIND = (
    select(*COLUMNS)
    .where(unlocks.c.account_key == bindparam("account"), unlocks.c.slug == bindparam("of_slug"))
    .order_by(case((HELD, 0), else_=1), unlocks.c.updated_at.desc())
    .limit(1)
)
# Only an unsettled row moves: a late answer never overwrites what was decided.
_SETTLE = (
    update(unlocks)
    .where(_THIS, UNSETTLED)
    .values(state=bindparam("new_state"), error=bindparam("why"), updated_at=bindparam("now"))
    .returning(*COLUMNS)
)
# A clock that jumps has a row released while its POST is under way: what that brings was paid for.
_OTHER = unlocks.alias("other")
_TAKEN = (
    select(_OTHER.c.id)
    .where(_OTHER.c.account_key == unlocks.c.account_key, _OTHER.c.slug == unlocks.c.slug, HELD)
    .correlate(unlocks)
    .exists()
)
_DONE = (
    update(unlocks)
    .where(_THIS, or_(UNSETTLED, and_(unlocks.c.state == "released", ~_TAKEN)))
    .values(
        state="done",
        error=None,
        updated_at=bindparam("now"),
        already_owned=bindparam("owned"),
        **{name: bindparam(f"sealed_{name}") for name in SECRETS},
    )
    .returning(*COLUMNS)
)
_UNSETTLED = select(*COLUMNS).where(UNSETTLED).order_by(unlocks.c.created_at)
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:who, 0))")
_UNSETTLED_OF = _UNSETTLED.where(unlocks.c.user_id == bindparam("owner"))
_SPENT = select(func.coalesce(func.sum(unlocks.c.price), literal_column("0"))).where(
    unlocks.c.user_id == bindparam("owner"),
    unlocks.c.created_at >= bindparam("since"),
    HELD,
    unlocks.c.already_owned.is_(False),
)


def _unlock(tx: Tx, row: Iterable[Any]) -> Unlock:
    values: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    # Nothing is sealed before there is something to show: what is open must be settled in any case.
    for column in SECRETS if values["state"] == "done" else ():
        values[column] = open_text(tx, values[column], table="unlocks", row=values["id"], column=column)
    return Unlock(**values)


async def _one(tx: Tx, statement: Any, **params: Any) -> Unlock | None:
    row = (await tx.conn.execute(statement, params)).one_or_none()
    return None if row is None else _unlock(tx, row)


async def claim(
    tx: Tx,
    *,
    user_id: int,
    link_id: int,
    account_key: str,
    slug: str,
    price: int,
    card_id: str | None,
    now: float,
) -> Unlock | None:
    """Become the one who may unlock; None when somebody is at it or has done it (see `find`)."""
    unlock = Unlock(
        id=new_id(),
        user_id=user_id,
        link_id=link_id,
        account_key=account_key,
        slug=slug,
        price=price,
        state="claimed",
        url=None,
        access_code=None,
        full_url=None,
        already_owned=False,
        error=None,
        card_id=card_id,
        created_at=now,
        updated_at=now,
    )
    row = {column.name: getattr(unlock, column.name) for column in COLUMNS}
    claimed = (await tx.conn.execute(_CLAIM[tx.dialect], row)).one_or_none()
    return None if claimed is None else unlock


async def find(tx: Tx, account_key: str, slug: str) -> Unlock | None:
    """Return the open or finished row of a resource, else the latest one."""
    return await _one(tx, _FIND, account=account_key, of_slug=slug)


async def get(tx: Tx, unlock_id: int) -> Unlock | None:
    """Return one row."""
    return await _one(tx, _GET, unlock_id=unlock_id)


async def doubt(tx: Tx, unlock_id: int, error: str, now: float) -> Unlock | None:
    """Note that nobody knows whether it was charged; None when it is settled already."""
    return await _one(tx, _SETTLE, unlock_id=unlock_id, new_state="doubtful", why=error, now=now)


async def done(
    tx: Tx,
    unlock_id: int,
    url: str | None,
    access_code: str | None,
    full_url: str | None,
    already_owned: bool,
    now: float,
) -> Unlock | None:
    """Keep what was unlocked, of a released row too; None when it is settled, or another took its place."""
    secrets = {"url": url, "access_code": access_code, "full_url": full_url}
    sealed = {
        f"sealed_{name}": seal_text(tx, value, table="unlocks", row=unlock_id, column=name)
        for name, value in secrets.items()
    }
    return await _one(tx, _DONE, unlock_id=unlock_id, owned=already_owned, now=now, **sealed)


async def refuse(tx: Tx, unlock_id: int, error: str, now: float) -> Unlock | None:
    """Note a clear refusal: nothing was charged; None when it is settled already."""
    return await _one(tx, _SETTLE, unlock_id=unlock_id, new_state="refused", why=error, now=now)


async def release(tx: Tx, unlock_id: int, now: float) -> Unlock | None:
    """Give the claim back: nothing was sent, or reading back showed nothing; None when settled already."""
    return await _one(tx, _SETTLE, unlock_id=unlock_id, new_state="released", why=None, now=now)


async def unsettled(tx: Tx) -> list[Unlock]:
    """Return what is claimed or doubtful, oldest first."""
    return [_unlock(tx, row) for row in await tx.conn.execute(_UNSETTLED)]


async def alone(tx: Tx, user_id: int) -> None:
    """Count and claim one after another for one user: SQLite has one writer anyway."""
    if tx.dialect == "postgresql":
        await tx.conn.execute(_ALONE, {"who": f"unlock:{user_id}"})


async def unsettled_of(tx: Tx, user_id: int) -> list[Unlock]:
    """Return what is claimed or doubtful of one user, oldest first."""
    return [_unlock(tx, row) for row in await tx.conn.execute(_UNSETTLED_OF, {"owner": user_id})]


async def spent_since(tx: Tx, user_id: int, since: float) -> int:
    """Return the points a user spent or may have spent since a time."""
    return int((await tx.conn.execute(_SPENT, {"owner": user_id, "since": since})).scalar_one())
