"""What a chat is being asked for at the moment."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, select

from storage.schema import dialogs
from storage.tx import Tx, both, new_id, open_json, opened_one, seal_json


@dataclass(frozen=True, slots=True)
class Dialog:
    """Be one open question to one user in one chat."""

    user_id: int
    chat_id: int
    kind: str
    state: dict[str, Any] = field(repr=False)
    expires_at: float


NAMES = ("id", "user_id", "chat_id", "kind", "state", "expires_at")
_OWN = (dialogs.c.user_id == bindparam("owner"), dialogs.c.chat_id == bindparam("chat"))

_ASK = both(
    lambda d: (statement := d.insert(dialogs)).on_conflict_do_update(
        index_elements=["user_id", "chat_id"],
        set_={name: statement.excluded[name] for name in ("id", "kind", "state", "expires_at")},
    )
)
_CURRENT = select(*(dialogs.c[name] for name in NAMES)).where(*_OWN, dialogs.c.expires_at > bindparam("now"))
_END = delete(dialogs).where(*_OWN)


async def ask(
    tx: Tx, user_id: int, chat_id: int, kind: str, state: dict[str, Any], expires_at: float
) -> Dialog:
    """Ask a user something; it replaces what was asked before."""
    dialog_id = new_id()
    sealed = seal_json(tx, state, table="dialogs", row=dialog_id, column="state")
    row = dict(zip(NAMES, (dialog_id, user_id, chat_id, kind, sealed, expires_at), strict=True))
    await tx.conn.execute(_ASK[tx.dialect], row)
    return Dialog(user_id, chat_id, kind, state, expires_at)


async def current(tx: Tx, user_id: int, chat_id: int, now: float) -> Dialog | None:
    """Return what a user is being asked; a question that does not open is not asked any more."""
    params = {"owner": user_id, "chat": chat_id, "now": now}
    row = (await tx.conn.execute(_CURRENT, params)).one_or_none()
    return opened_one(row, lambda found: _dialog(tx, found))


def _dialog(tx: Tx, row: Any) -> Dialog:
    state = open_json(tx, row.state, table="dialogs", row=row.id, column="state")
    return Dialog(row.user_id, row.chat_id, row.kind, state, row.expires_at)


async def end(tx: Tx, user_id: int, chat_id: int) -> bool:
    """Stop asking; False when nothing was asked."""
    return bool((await tx.conn.execute(_END, {"owner": user_id, "chat": chat_id})).rowcount)
