"""Uploads into a drive: what was asked for, how far it is, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from storage.schema import UNDER_WAY, uploads
from storage.tx import Tx, new_id, open_json, open_text, opened, seal_json, seal_text


@dataclass(frozen=True, slots=True)
class Row:
    """Be one upload; `detail` belongs to who runs it, `folder` to its person while it waits."""

    id: int
    user_id: int
    chat_id: int
    card_id: str | None
    service: str
    stage: str
    folder: str = field(repr=False)
    detail: dict[str, Any] = field(repr=False)
    retry_at: float | None
    created_at: float
    updated_at: float


COLUMNS = (
    uploads.c.id,
    uploads.c.user_id,
    uploads.c.chat_id,
    uploads.c.card_id,
    uploads.c.service,
    uploads.c.stage,
    uploads.c.folder,
    uploads.c.detail,
    uploads.c.retry_at,
    uploads.c.created_at,
    uploads.c.updated_at,
)
NAMES = tuple(column.name for column in COLUMNS)
_THIS = uploads.c.id == bindparam("upload_id")
_OWN = uploads.c.user_id == bindparam("owner")
_ENDED = uploads.c.stage.in_(("done", "failed", "cancelled"))

_ADD = insert(uploads)
_GET = select(*COLUMNS).where(_THIS)
_WAITING = select(*COLUMNS).where(_OWN, UNDER_WAY).order_by(uploads.c.created_at, uploads.c.id)
_OVER = select(*COLUMNS).where(_OWN, _ENDED).order_by(uploads.c.updated_at.desc()).limit(bindparam("most"))
_COUNT = select(func.count()).where(_OWN, UNDER_WAY)
# One that waits for another try lets the others go first.
_AHEAD = select(func.count()).where(
    _OWN, UNDER_WAY, uploads.c.retry_at.is_(None), uploads.c.created_at < bindparam("made")
)
_OPEN = select(uploads.c.id, uploads.c.user_id).where(UNDER_WAY).order_by(uploads.c.created_at)
# Only what is under way moves: an end stays an end until somebody asks to try again.
_NOTE = (
    update(uploads)
    .where(_THIS, UNDER_WAY)
    .values(
        stage=bindparam("new_stage"),
        detail=bindparam("new_detail"),
        retry_at=bindparam("again_at"),
        updated_at=bindparam("now"),
    )
)
_END = (
    update(uploads)
    .where(_THIS, UNDER_WAY)
    .values(stage=bindparam("new_stage"), retry_at=None, updated_at=bindparam("now"))
    .returning(*COLUMNS)
)
_REOPEN = (
    update(uploads)
    .where(_THIS, uploads.c.stage.in_(("failed", "cancelled")))
    .values(stage="waiting", detail=bindparam("new_detail"), retry_at=None, updated_at=bindparam("now"))
    .returning(*COLUMNS)
)
_PLACE = update(uploads).where(_THIS).values(card_id=bindparam("new_card"))
_MOVE = (
    update(uploads)
    .where(_THIS, uploads.c.stage == "waiting")
    .values(folder=bindparam("new_folder"))
    .returning(*COLUMNS)
)
_DESCRIBE = update(uploads).where(_THIS).values(folder=bindparam("new_folder")).returning(*COLUMNS)
# What comes of a file after it is up.
_AFTER = (
    update(uploads)
    .where(_THIS, uploads.c.stage == "done")
    .values(detail=bindparam("new_detail"), updated_at=bindparam("now"))
)
_PURGE = delete(uploads).where(_ENDED, uploads.c.updated_at < bindparam("before"))


def _row(tx: Tx, row: Iterable[Any]) -> Row:
    values: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    place = {"table": "uploads", "row": values["id"]}
    values["folder"] = open_text(tx, values["folder"], column="folder", **place) or "/"
    values["detail"] = open_json(tx, values["detail"], column="detail", **place)
    return Row(**values)


async def _one(tx: Tx, statement: Any, **params: Any) -> Row | None:
    row = (await tx.conn.execute(statement, params)).one_or_none()
    return None if row is None else _row(tx, row)


def _folder(tx: Tx, upload_id: int, folder: str) -> bytes | None:
    return seal_text(tx, folder, table="uploads", row=upload_id, column="folder")


def _detail(tx: Tx, upload_id: int, detail: dict[str, Any]) -> bytes:
    return seal_json(tx, detail, table="uploads", row=upload_id, column="detail")


async def add(
    tx: Tx,
    *,
    user_id: int,
    chat_id: int,
    card_id: str | None,
    service: str,
    folder: str,
    detail: dict[str, Any],
    now: float,
) -> Row:
    """Write down an upload that waits."""
    made = Row(new_id(), user_id, chat_id, card_id, service, "waiting", folder, detail, None, now, now)
    row = {name: getattr(made, name) for name in NAMES}
    row |= {"folder": _folder(tx, made.id, folder), "detail": _detail(tx, made.id, detail)}
    await tx.conn.execute(_ADD, row)
    return made


async def get(tx: Tx, upload_id: int) -> Row | None:
    """Return one upload."""
    return await _one(tx, _GET, upload_id=upload_id)


async def of(tx: Tx, user_id: int, limit: int) -> list[Row]:
    """Return a person's uploads: those under way in their order, then those that ended, latest first.

    Without those that do not open.
    """
    open_ = await tx.conn.execute(_WAITING, {"owner": user_id})
    over = await tx.conn.execute(_OVER, {"owner": user_id, "most": limit})
    return opened((*open_, *over), lambda row: _row(tx, row))


async def count(tx: Tx, user_id: int) -> int:
    """Return how many of a person's uploads are under way."""
    return int((await tx.conn.execute(_COUNT, {"owner": user_id})).scalar_one())


async def ahead(tx: Tx, row: Row) -> int:
    """Return how many of the same person go before this one."""
    return int((await tx.conn.execute(_AHEAD, {"owner": row.user_id, "made": row.created_at})).scalar_one())


async def under_way(tx: Tx) -> dict[int, int]:
    """Return the ids of all uploads that have not ended, oldest first, with their people's."""
    return {row.id: row.user_id for row in await tx.conn.execute(_OPEN)}


async def note(
    tx: Tx, upload_id: int, stage: str, detail: dict[str, Any], now: float, retry_at: float | None = None
) -> bool:
    """Write how far an upload is; False when it has ended."""
    sealed = _detail(tx, upload_id, detail)
    params = {"new_stage": stage, "new_detail": sealed, "again_at": retry_at, "now": now}
    return bool((await tx.conn.execute(_NOTE, {"upload_id": upload_id, **params})).rowcount)


async def cancel(tx: Tx, upload_id: int, now: float) -> Row | None:
    """End an upload that is under way; None when it has ended already."""
    return await _one(tx, _END, upload_id=upload_id, new_stage="cancelled", now=now)


async def reopen(tx: Tx, upload_id: int, detail: dict[str, Any], now: float) -> Row | None:
    """Have an upload wait again that failed or was cancelled; None for any other."""
    sealed = _detail(tx, upload_id, detail)
    return await _one(tx, _REOPEN, upload_id=upload_id, new_detail=sealed, now=now)


async def place(tx: Tx, upload_id: int, card_id: str | None) -> None:
    """Note the card that shows an upload."""
    await tx.conn.execute(_PLACE, {"upload_id": upload_id, "new_card": card_id})


async def move(tx: Tx, upload_id: int, folder: str) -> Row | None:
    """Change the folder of an upload; None when it no longer waits."""
    return await _one(tx, _MOVE, upload_id=upload_id, new_folder=_folder(tx, upload_id, folder))


async def describe(tx: Tx, upload_id: int, folder: str) -> Row | None:
    """Change what is said of an upload, however far it is; None for an unknown one."""
    return await _one(tx, _DESCRIBE, upload_id=upload_id, new_folder=_folder(tx, upload_id, folder))


async def after(tx: Tx, upload_id: int, detail: dict[str, Any], now: float) -> bool:
    """Write what comes of a file that is up; False where it is not, or not any more."""
    params = {"upload_id": upload_id, "new_detail": _detail(tx, upload_id, detail), "now": now}
    return bool((await tx.conn.execute(_AFTER, params)).rowcount)


async def purge(tx: Tx, before: float) -> int:
    """Forget uploads that ended before a time."""
    return (await tx.conn.execute(_PURGE, {"before": before})).rowcount
