"""What each user chose under /settings; who never chose has the defaults."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Literal, TypedDict, Unpack

from sqlalchemy import bindparam, select

from storage.schema import preferences
from storage.tx import Tx, both

Notices = Literal["all", "failures", "weekly"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """Be one user's choices.

    Times of day are `HH:MM` by the user's own clock. What costs at most `unlock_limit` is unlocked without a
    question, as long as a day's unlocks stay within `auto_unlock_budget` points. `watch`: the linked accounts
    are looked after, and what matters is told without being asked for. `inbox`: new messages at
    ACGBT are told.
    """

    user_id: int
    language: str | None = None
    timezone: str = "Asia/Shanghai"
    unlock_limit: int = 0
    default_folder: str = "/"
    checkin_at: str | None = None
    checkin_lucky: bool = False
    notices: Notices = "all"
    quiet_from: str | None = None
    quiet_to: str | None = None
    auto_unlock_budget: int = 50
    watch: bool = True
    inbox: bool = True


class Changes(TypedDict, total=False):
    """Name what `change` may change."""

    language: str | None
    timezone: str
    unlock_limit: int
    default_folder: str
    checkin_at: str | None
    checkin_lucky: bool
    notices: Notices
    quiet_from: str | None
    quiet_to: str | None
    auto_unlock_budget: int
    watch: bool
    inbox: bool


NAMES = tuple(field.name for field in fields(Preferences))
COLUMNS = tuple(preferences.c[name] for name in NAMES)

_GET = select(*COLUMNS).where(preferences.c.user_id == bindparam("owner"))
_PUT = both(
    lambda d: (
        d.insert(preferences)
        .values({name: bindparam(name) for name in NAMES})
        .on_conflict_do_update(index_elements=["user_id"], set_={name: bindparam(name) for name in NAMES[1:]})
    )
)


async def get(tx: Tx, user_id: int) -> Preferences:
    """Return a user's choices."""
    row = (await tx.conn.execute(_GET, {"owner": user_id})).one_or_none()
    return Preferences(user_id) if row is None else Preferences(*row)


async def change(tx: Tx, user_id: int, **changes: Unpack[Changes]) -> Preferences:
    """Change some of a user's choices and return all of them."""
    old = await get(tx, user_id)
    new = replace(old, **changes)
    await tx.conn.execute(_PUT[tx.dialect], asdict(new))
    return new
