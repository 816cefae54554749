"""How long a service asked to be left alone, per scope."""

from collections.abc import Sequence

from sqlalchemy import bindparam, case, func, select

from storage.schema import cooldowns
from storage.tx import Tx, both

_SET = both(
    lambda d: (statement := d.insert(cooldowns)).on_conflict_do_update(
        index_elements=["service", "scope_key"],
        set_={
            "until": case(
                (cooldowns.c.until > statement.excluded.until, cooldowns.c.until),
                else_=statement.excluded.until,
            )
        },
    )
)
_UNTIL = both(
    lambda d: select(func.max(cooldowns.c.until)).where(
        cooldowns.c.service == bindparam("of_service"),
        d.among(cooldowns.c.scope_key, "scopes"),
        cooldowns.c.until > bindparam("now"),
    )
)


# Called as `cooldowns.set`; the builtin is not used here.
async def set(tx: Tx, service: str, scope_key: str, until: float) -> None:  # noqa: A001
    """Note a cool-down; a longer one already noted stays."""
    row = {"service": service, "scope_key": scope_key, "until": until}
    await tx.conn.execute(_SET[tx.dialect], row)


async def until(tx: Tx, service: str, scope_keys: Sequence[str], now: float) -> float | None:
    """Return when the last of these scopes is free again, None when all are."""
    params = {"of_service": service, "scopes": tx.many(scope_keys), "now": now}
    free_at: float | None = (await tx.conn.execute(_UNTIL[tx.dialect], params)).scalar_one()
    return free_at
