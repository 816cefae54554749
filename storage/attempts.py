"""Attempts to link an account: each secret of the way is stored hashed and works once."""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import and_, bindparam, delete, insert, or_, select, update

from storage.schema import attempts
from storage.tx import Tx, new_id, open_text, seal_text

Stage = Literal["asked", "bound", "returned", "taken", "finished", "burned", "denied"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Be one way from the button to the tokens."""

    id: int
    user_id: int
    chat_id: int
    message_id: int | None
    service: str
    display_name: str
    stage: Stage
    verifier: str | None = field(repr=False)
    code: str | None = field(repr=False)
    redirect_uri: str | None
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float
    nonce_expires_at: float | None
    language: str | None


COLUMNS = (
    attempts.c.id,
    attempts.c.user_id,
    attempts.c.chat_id,
    attempts.c.message_id,
    attempts.c.service,
    attempts.c.display_name,
    attempts.c.stage,
    attempts.c.verifier,
    attempts.c.code,
    attempts.c.redirect_uri,
    attempts.c.scopes,
    attempts.c.created_at,
    attempts.c.expires_at,
    attempts.c.nonce_expires_at,
    attempts.c.language,
)
NAMES = tuple(column.name for column in COLUMNS)
_THIS = attempts.c.id == bindparam("attempt_id")
_BY_STATE = (attempts.c.service == bindparam("of_service"), attempts.c.state_hash == bindparam("hashed"))

_CREATE = insert(attempts)
_BY_TICKET_STATEMENT = select(*COLUMNS).where(attempts.c.ticket_hash == bindparam("hashed"))
_BY_STATE_STATEMENT = select(*COLUMNS).where(*_BY_STATE)
_BY_NONCE_STATEMENT = select(*COLUMNS).where(attempts.c.nonce_hash == bindparam("hashed"))
_BIND = (
    update(attempts)
    .where(_THIS, attempts.c.stage.in_(["asked", "bound"]), attempts.c.expires_at > bindparam("now"))
    .values(
        stage="bound",
        state_hash=bindparam("new_state"),
        cookie_hash=bindparam("new_cookie"),
        verifier=bindparam("sealed_verifier"),
        redirect_uri=bindparam("redirect"),
    )
)
_TAKE_STATE = (
    update(attempts)
    .where(*_BY_STATE, attempts.c.stage == "bound", attempts.c.expires_at > bindparam("now"))
    .values(stage="returned")
    .returning(*COLUMNS)
)
_COOKIE = select(attempts.c.cookie_hash).where(_THIS)
_KEEP_CODE = (
    update(attempts)
    .where(_THIS, attempts.c.stage == "returned", attempts.c.code.is_(None))
    .values(
        code=bindparam("sealed_code"),
        nonce_hash=bindparam("new_nonce"),
        nonce_expires_at=bindparam("nonce_until"),
    )
)
_TAKE_NONCE = (
    update(attempts)
    .where(
        attempts.c.nonce_hash == bindparam("hashed"),
        attempts.c.stage == "returned",
        attempts.c.nonce_expires_at > bindparam("now"),
    )
    .values(stage="taken")
    .returning(*COLUMNS)
)
_FINISH = update(attempts).where(_THIS, attempts.c.stage == "taken").values(stage="finished")
_EMPTY = update(attempts).where(_THIS).values(code=None, verifier=None)
_END = update(attempts).where(_THIS).values(stage=bindparam("end"), code=None, verifier=None)
_LEAVE = (
    update(attempts)
    .where(
        attempts.c.user_id == bindparam("owner"),
        attempts.c.service.in_(bindparam("services", expanding=True)),
        or_(
            and_(attempts.c.stage.in_(["asked", "bound"]), attempts.c.expires_at > bindparam("now")),
            and_(attempts.c.stage == "returned", attempts.c.nonce_expires_at > bindparam("now")),
        ),
    )
    .values(stage="denied", code=None, verifier=None)
)
_PURGE = delete(attempts).where(
    attempts.c.expires_at < bindparam("before"),
    or_(attempts.c.nonce_expires_at.is_(None), attempts.c.nonce_expires_at < bindparam("before")),
)


def _attempt(tx: Tx, row: Iterable[Any]) -> Attempt:
    values: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    for column in ("verifier", "code"):
        values[column] = open_text(tx, values[column], table="attempts", row=values["id"], column=column)
    values["scopes"] = tuple(values["scopes"].split())
    return Attempt(**values)


async def _one(tx: Tx, statement: Any, **params: Any) -> Attempt | None:
    row = (await tx.conn.execute(statement, params)).one_or_none()
    return None if row is None else _attempt(tx, row)


async def _changed(tx: Tx, statement: Any, **params: Any) -> bool:
    return bool((await tx.conn.execute(statement, params)).rowcount)


async def create(
    tx: Tx,
    *,
    user_id: int,
    chat_id: int,
    message_id: int | None,
    service: str,
    display_name: str,
    scopes: tuple[str, ...],
    language: str | None,
    ticket_hash: str,
    expires_at: float,
    now: float,
) -> Attempt:
    """Start an attempt for the user who asked."""
    attempt = Attempt(
        id=new_id(),
        user_id=user_id,
        chat_id=chat_id,
        message_id=message_id,
        service=service,
        display_name=display_name,
        stage="asked",
        verifier=None,
        code=None,
        redirect_uri=None,
        scopes=scopes,
        created_at=now,
        expires_at=expires_at,
        nonce_expires_at=None,
        language=language,
    )
    row = {column.name: getattr(attempt, column.name) for column in COLUMNS}
    await tx.conn.execute(_CREATE, row | {"scopes": " ".join(scopes), "ticket_hash": ticket_hash})
    return attempt


async def by_ticket(tx: Tx, ticket_hash: str) -> Attempt | None:
    """Return the attempt of a ticket, whatever became of it."""
    return await _one(tx, _BY_TICKET_STATEMENT, hashed=ticket_hash)


async def by_state(tx: Tx, service: str, state_hash: str) -> Attempt | None:
    """Return the attempt of a state, whatever became of it: tells why `take_state` gave nothing."""
    return await _one(tx, _BY_STATE_STATEMENT, of_service=service, hashed=state_hash)


async def by_nonce(tx: Tx, nonce_hash: str) -> Attempt | None:
    """Return the attempt of a nonce, whatever became of it: tells why `take_nonce` gave nothing."""
    return await _one(tx, _BY_NONCE_STATEMENT, hashed=nonce_hash)


async def bind(
    tx: Tx,
    attempt_id: int,
    *,
    state_hash: str,
    cookie_hash: str,
    verifier: str | None,
    redirect_uri: str,
    now: float,
) -> bool:
    """Bind an attempt to a browser; again until the service answered, the last browser counts."""
    return await _changed(
        tx,
        _BIND,
        attempt_id=attempt_id,
        new_state=state_hash,
        new_cookie=cookie_hash,
        sealed_verifier=seal_text(tx, verifier, table="attempts", row=attempt_id, column="verifier"),
        redirect=redirect_uri,
        now=now,
    )


async def take_state(tx: Tx, service: str, state_hash: str, now: float) -> Attempt | None:
    """Consume a state: exactly one caller gets the attempt."""
    return await _one(tx, _TAKE_STATE, of_service=service, hashed=state_hash, now=now)


async def matches_cookie(tx: Tx, attempt_id: int, cookie_hash: str) -> bool:
    """Tell whether a browser is the one that was bound."""
    bound = (await tx.conn.execute(_COOKIE, {"attempt_id": attempt_id})).scalar_one_or_none()
    return bound is not None and hmac.compare_digest(bound, cookie_hash)


async def keep_code(tx: Tx, attempt_id: int, code: str, nonce_hash: str, nonce_expires_at: float) -> bool:
    """Keep the service's code until the user who asked comes back with the nonce."""
    return await _changed(
        tx,
        _KEEP_CODE,
        attempt_id=attempt_id,
        sealed_code=seal_text(tx, code, table="attempts", row=attempt_id, column="code"),
        new_nonce=nonce_hash,
        nonce_until=nonce_expires_at,
    )


async def take_nonce(tx: Tx, nonce_hash: str, now: float) -> Attempt | None:
    """Consume a nonce: exactly one caller gets the attempt with its code, which is erased."""
    attempt = await _one(tx, _TAKE_NONCE, hashed=nonce_hash, now=now)
    if attempt is not None:
        await _changed(tx, _EMPTY, attempt_id=attempt.id)
    return attempt


async def finish(tx: Tx, attempt_id: int) -> bool:
    """End an attempt whose link is kept; one that was taken and never comes to this was interrupted."""
    return await _changed(tx, _FINISH, attempt_id=attempt_id)


async def deny(tx: Tx, attempt_id: int) -> bool:
    """End an attempt that the service or the user refused."""
    return await _changed(tx, _END, attempt_id=attempt_id, end="denied")


async def leave(tx: Tx, user_id: int, services: Sequence[str], now: float) -> bool:
    """End the attempts of a user at some services that may still come to something; False without any."""
    return await _changed(tx, _LEAVE, owner=user_id, services=list(services), now=now)


async def burn(tx: Tx, attempt_id: int) -> bool:
    """End an attempt that fell into the wrong hands."""
    return await _changed(tx, _END, attempt_id=attempt_id, end="burned")


async def purge(tx: Tx, before: float) -> int:
    """Delete attempts that were over before a time."""
    return (await tx.conn.execute(_PURGE, {"before": before})).rowcount
