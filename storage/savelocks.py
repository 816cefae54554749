"""Whose drive is being saved to, and by which save: a lease on each person's drive."""

from sqlalchemy import bindparam, delete, or_, update

from storage.schema import save_turns
from storage.tx import Tx, both

_THIS = (save_turns.c.user_id == bindparam("whose"), save_turns.c.holder == bindparam("by"))
_ACQUIRE = both(
    lambda d: (
        d.insert(save_turns)
        .values(user_id=bindparam("whose"), holder=bindparam("by"), until=bindparam("new_until"))
        .on_conflict_do_update(
            index_elements=["user_id"],
            set_={"holder": bindparam("by"), "until": bindparam("new_until")},
            # Later than anybody could have it by now: the clock was set back since.
            where=or_(save_turns.c.until <= bindparam("now"), save_turns.c.until > bindparam("absurd")),
        )
        .returning(save_turns.c.user_id)
    )
)
_RENEW = update(save_turns).where(*_THIS).values(until=bindparam("new_until"))
_RELEASE = delete(save_turns).where(*_THIS)
_PURGE = delete(save_turns).where(save_turns.c.until < bindparam("before"))


async def acquire(tx: Tx, user_id: int, holder: str, now: float, seconds: float) -> bool:
    """Become the one who saves to somebody's drive; False while another does."""
    params = {"whose": user_id, "by": holder, "new_until": now + seconds, "now": now}
    params["absurd"] = now + 2 * seconds  # replicas' clocks may differ a little
    return (await tx.conn.execute(_ACQUIRE[tx.dialect], params)).first() is not None


async def renew(tx: Tx, user_id: int, holder: str, now: float, seconds: float) -> bool:
    """Hold the lock for longer; False when it is somebody else's by now."""
    params = {"whose": user_id, "by": holder, "new_until": now + seconds}
    return bool((await tx.conn.execute(_RENEW, params)).rowcount)


async def release(tx: Tx, user_id: int, holder: str) -> None:
    """Let the next one save."""
    await tx.conn.execute(_RELEASE, {"whose": user_id, "by": holder})


async def purge(tx: Tx, before: float) -> None:
    """Forget locks that ran out before a time: whoever held them is gone."""
    await tx.conn.execute(_PURGE, {"before": before})
