"""Updates that were acknowledged and wait for their worker; chats are claimed, updates are done in order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Double, bindparam, delete, func, insert, literal_column, select, text, update

from storage.schema import FREED_UPDATE, chat_claims, inbox
from storage.tx import Tx, both, open_json, seal_json, seal_text, unless_shut


@dataclass(frozen=True, slots=True)
class Entry:
    """Be one stored update; `attempts` counts how often it failed or took its process down.

    One whose content does not open has none, and says why it is `unreadable`.
    """

    update_id: int
    chat_key: int
    payload: dict[str, Any] = field(repr=False)
    received_at: float
    attempts: int = 0
    # Who sent it, where somebody did.
    owner_id: int | None = None
    unreadable: str | None = None


# Literals, not parameters: only so is a partial index used.
_IS_PENDING = inbox.c.state == literal_column("'pending'")
_IS_DONE = inbox.c.state == literal_column("'done'")
_THIS = inbox.c.update_id == bindparam("this_update")

_KNOWN = both(lambda d: select(inbox.c.update_id).where(d.among(inbox.c.update_id, "ids")))
_STORE = insert(inbox)
_STORE_NEW = both(lambda d: d.insert(inbox).on_conflict_do_nothing().returning(inbox.c.update_id))
# Claims are compared by several machines: where `now` is None they end by the clock of the server.
_UPSERT = """
    INSERT INTO chat_claims (chat_key, holder, until, taken_over)
    SELECT value, :holder, {now} + :seconds, 0 FROM {listed} WHERE true
    ON CONFLICT (chat_key) DO UPDATE SET
        taken_over = CASE WHEN chat_claims.holder = excluded.holder THEN 0 ELSE 1 END,
        holder = excluded.holder, until = excluded.until
    WHERE chat_claims.until <= {now} OR chat_claims.holder = excluded.holder
    RETURNING chat_key, taken_over
"""
_SERVERS_NOW = "CAST(extract(epoch FROM statement_timestamp()) AS double precision)"
_CLAIM = {
    "sqlite": text(_UPSERT.format(listed="json_each(:chats)", now=":now")),
    "postgresql": text(
        _UPSERT.format(
            listed="unnest(CAST(:chats AS bigint[])) AS listed(value)",
            now=f"coalesce(CAST(:now AS double precision), {_SERVERS_NOW})",
        )
    ),
}
_RELEASE = both(
    lambda d: delete(chat_claims).where(
        d.among(chat_claims.c.chat_key, "chats"), chat_claims.c.holder == bindparam("by")
    )
)
_RENEW = both(
    lambda d: (
        update(chat_claims)
        .where(d.among(chat_claims.c.chat_key, "chats"), chat_claims.c.holder == bindparam("by"))
        .values(until=d.moment("now") + bindparam("seconds", type_=Double))
        .returning(chat_claims.c.chat_key)
    )
)
_PENDING = (
    select(
        inbox.c.update_id,
        inbox.c.chat_key,
        inbox.c.payload,
        inbox.c.received_at,
        inbox.c.attempts,
        inbox.c.owner_id,
    )
    .where(inbox.c.chat_key == bindparam("chat"), _IS_PENDING)
    .order_by(inbox.c.update_id)
    .limit(bindparam("most"))
)
_WAITING = both(
    lambda d: (
        select(inbox.c.chat_key)
        .where(
            _IS_PENDING,
            inbox.c.chat_key.not_in(
                select(chat_claims.c.chat_key).where(chat_claims.c.until > d.moment("now"))
            ),
        )
        .group_by(inbox.c.chat_key)
        .order_by(func.min(inbox.c.update_id))
    )
)
_STRANGERS = both(
    lambda d: (
        select(inbox.c.chat_key)
        .where(d.among(inbox.c.chat_key, "chats"), _IS_PENDING, d.apart(inbox.c.update_id, "ids"))
        .distinct()
    )
)
_DONE = both(
    lambda d: (
        update(inbox)
        .where(d.among(inbox.c.update_id, "ids"))
        .values({**FREED_UPDATE, "handled_at": bindparam("at")})
    )
)
# One that was freed meanwhile keeps nothing of what went wrong.
_FAILED = (
    update(inbox)
    .where(_THIS, _IS_PENDING)
    .values(
        attempts=inbox.c.attempts + bindparam("counts"), error=bindparam("why"), handled_at=bindparam("at")
    )
    .returning(inbox.c.attempts)
)
_BURY = update(inbox).where(_THIS, _IS_PENDING).values(state="dead", error=bindparam("why"))
_FIRST_OF_EACH = select(func.min(inbox.c.update_id)).where(_IS_PENDING).group_by(inbox.c.chat_key)
_COUNT_FIRST = both(
    lambda d: (
        update(inbox)
        .where(inbox.c.update_id.in_(_FIRST_OF_EACH.where(d.among(inbox.c.chat_key, "chats"))))
        .values(attempts=inbox.c.attempts + 1)
    )
)
_DEAD_CLAIMS = both(
    lambda d: (
        delete(chat_claims)
        .where((chat_claims.c.holder == bindparam("by")) | (chat_claims.c.until <= d.moment("now")))
        .returning(chat_claims.c.chat_key)
    )
)
_OLD_CLAIMS = both(
    lambda d: delete(chat_claims).where(
        chat_claims.c.until < d.moment("now") - bindparam("kept", type_=Double)
    )
)
_PURGE = delete(inbox).where(_IS_DONE, inbox.c.handled_at < bindparam("before"))
_COUNTS = select(inbox.c.state, func.count()).group_by(inbox.c.state)


async def store(tx: Tx, entries: Sequence[Entry]) -> set[int]:
    """Keep updates and return the ids of those not seen before, done ones included."""
    ids = sorted({entry.update_id for entry in entries})
    known = set(await tx.conn.scalars(_KNOWN[tx.dialect], {"ids": tx.many(ids)}))
    rows = {entry.update_id: entry for entry in entries if entry.update_id not in known}
    if not rows:
        return set()
    tx.wakes.add("inbox")
    new = [_row(tx, rows[update_id]) for update_id in sorted(rows)]
    if tx.dialect == "sqlite":  # the only writer: what was unknown a moment ago still is
        await tx.conn.execute(_STORE, new)
        return set(rows)
    return set(await tx.conn.scalars(_STORE_NEW[tx.dialect], new))


def _row(tx: Tx, entry: Entry) -> dict[str, Any]:
    payload = seal_json(tx, entry.payload, table="inbox", row=entry.update_id, column="payload")
    return {
        "update_id": entry.update_id,
        "chat_key": entry.chat_key,
        "payload": payload,
        "received_at": entry.received_at,
        "attempts": entry.attempts,
        "owner_id": entry.owner_id,
    }


def clock_of_claims(tx: Tx, own: float) -> float | None:
    """Return the time by which claims end: our own where no other machine has one, otherwise the server's."""
    return own if tx.dialect == "sqlite" else None


async def claim_chats(
    tx: Tx, chat_keys: Sequence[int], holder: str, now: float | None, seconds: float
) -> set[int]:
    """Claim chats for their updates and return those that are ours now.

    A claim that ran out is taken over; the update its holder must have died with counts as tried.
    """
    chats = tx.many(sorted(set(chat_keys)))
    params = {"chats": chats, "holder": holder, "now": now, "seconds": seconds}
    claimed = (await tx.conn.execute(_CLAIM[tx.dialect], params)).all()
    taken_over = [chat for chat, over in claimed if over]
    if taken_over:
        await tx.conn.execute(_COUNT_FIRST[tx.dialect], {"chats": tx.many(taken_over)})
    return {chat for chat, _ in claimed}


async def release_chats(tx: Tx, chat_keys: Sequence[int], holder: str) -> None:
    """Give claims back."""
    await tx.conn.execute(_RELEASE[tx.dialect], {"chats": tx.many(chat_keys), "by": holder})


async def renew_chats(
    tx: Tx, chat_keys: Sequence[int], holder: str, now: float | None, seconds: float
) -> set[int]:
    """Hold claims for longer and return those that are still ours."""
    params = {"chats": tx.many(chat_keys), "by": holder, "now": now, "seconds": seconds}
    return set(await tx.conn.scalars(_RENEW[tx.dialect], params))


async def strangers(tx: Tx, chat_keys: Sequence[int], known: Sequence[int]) -> set[int]:
    """Return which of these chats have pending updates that are not among the known ones."""
    params = {"chats": tx.many(chat_keys), "ids": tx.many(known)}
    return set(await tx.conn.scalars(_STRANGERS[tx.dialect], params))


async def pending(tx: Tx, chat_key: int, limit: int) -> list[Entry]:
    """Return the oldest updates of a chat that are not done, in order, those that do not open included."""
    return [_entry(tx, row) for row in await tx.conn.execute(_PENDING, {"chat": chat_key, "most": limit})]


def _entry(tx: Tx, row: Any) -> Entry:
    place = {"table": "inbox", "row": row.update_id, "column": "payload"}
    payload, why = unless_shut(lambda: open_json(tx, row.payload, **place), {})
    return Entry(row.update_id, row.chat_key, payload, row.received_at, row.attempts, row.owner_id, why)


async def waiting_chats(tx: Tx, now: float | None) -> list[int]:
    """Return the chats that have updates and no live claim, longest waiting first."""
    return list(await tx.conn.scalars(_WAITING[tx.dialect], {"now": now}))


async def done(tx: Tx, update_ids: Sequence[int], now: float) -> None:
    """Mark updates as done, with nothing left of who sent what; the ids stay to recognise duplicates."""
    await tx.conn.execute(_DONE[tx.dialect], {"ids": tx.many(update_ids), "at": now})


async def failed(tx: Tx, update_id: int, error: str, now: float, counts: int = 1) -> int:
    """Note that an update failed and return how often it has by now; with 0 it is not counted."""
    why = seal_text(tx, error, table="inbox", row=update_id, column="error")
    params = {"this_update": update_id, "why": why, "at": now, "counts": counts}
    return int((await tx.conn.execute(_FAILED, params)).scalar_one_or_none() or 0)


async def bury(tx: Tx, update_id: int, error: str) -> None:
    """Set a poisoned update aside, content and all, so that its chat goes on."""
    why = seal_text(tx, error, table="inbox", row=update_id, column="error")
    await tx.conn.execute(_BURY, {"this_update": update_id, "why": why})


async def recover(tx: Tx, holder: str, now: float | None) -> int:
    """Take over from processes that died, an earlier one of our own name included; return how many chats.

    The first pending update of each of their chats counts as tried once more.
    """
    chats = list(await tx.conn.scalars(_DEAD_CLAIMS[tx.dialect], {"by": holder, "now": now}))
    if chats:
        await tx.conn.execute(_COUNT_FIRST[tx.dialect], {"chats": tx.many(chats)})
    return len(chats)


async def purge_done(tx: Tx, before: float) -> int:
    """Forget updates that were done before a time; Telegram repeats none older than a day."""
    return (await tx.conn.execute(_PURGE, {"before": before})).rowcount


async def purge_claims(tx: Tx, now: float | None, kept: float) -> int:
    """Forget claims that ran out so long ago: whoever held them is gone."""
    return (await tx.conn.execute(_OLD_CLAIMS[tx.dialect], {"now": now, "kept": kept})).rowcount


async def counts(tx: Tx) -> dict[str, int]:
    """Return how many updates are pending, done and dead."""
    rows = (await tx.conn.execute(_COUNTS)).all()
    return {"pending": 0, "done": 0, "dead": 0} | {row[0]: row[1] for row in rows}
