"""Users' own accounts at the services, with their tokens."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import bindparam, func, or_, select, update

from storage.crypto import SecretUnreadable
from storage.schema import links
from storage.tx import Tx, both, new_id, open_text, seal_text

log = logging.getLogger(__name__)

# How a service is shown who asks: a grant over OAuth, a key that signs, a key sent with its secret, a login.
Scheme = Literal["oauth", "signed", "plain", "token"]


@dataclass(frozen=True, slots=True)
class NewLink:
    """Be a grant that was just given."""

    user_id: int
    service: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    refresh_expires_at: float | None = None
    scopes: tuple[str, ...] = ()
    account_id: str | None = None
    account_name: str | None = None
    secret: str | None = field(default=None, repr=False)
    scheme: Scheme = "oauth"


@dataclass(frozen=True, slots=True)
class Link:
    """Be one linked account; a lost one has no tokens ("" and None).

    One whose tokens do not open is `shut`, and lost to whoever asks, as long as their key is away.
    Where people bring a key of their own, `access_token` is the key and `secret` its secret.
    """

    id: int
    user_id: int
    service: str
    account_id: str | None
    account_name: str | None
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: float | None
    refresh_expires_at: float | None
    scopes: tuple[str, ...]
    state: Literal["active", "lost"]
    version: int
    created_at: float
    updated_at: float
    secret: str | None = field(default=None, repr=False)
    scheme: Scheme = "oauth"
    shut: bool = False


NAMES = tuple(column.name for column in fields(Link) if column.name != "shut")
COLUMNS = tuple(links.c[name] for name in NAMES)
SEALED = ("access_token", "refresh_token", "secret")
_OWN = (links.c.user_id == bindparam("owner"), links.c.service == bindparam("of_service"))
_THIS = links.c.id == bindparam("link_id")
_AT_VERSION = links.c.version == bindparam("old_version")

_GET = select(*COLUMNS).where(*_OWN)
_ALL_OF = select(*COLUMNS).where(links.c.user_id == bindparam("owner")).order_by(links.c.service)
_BY_ID = select(*COLUMNS).where(_THIS)
_SAVE = both(
    lambda d: (
        d.insert(links)
        .values({column.name: bindparam(column.name) for column in COLUMNS})
        .on_conflict_do_update(
            index_elements=["user_id", "service"],
            # A new grant is a new link: its id binds its ciphertexts, and leases on the old one are void.
            set_={column.name: bindparam(column.name) for column in COLUMNS}
            | {"lease_holder": None, "lease_until": None},
        )
    )
)
_DESCRIBE = (
    update(links)
    .where(_THIS)
    .values(account_id=bindparam("new_account_id"), account_name=bindparam("new_account_name"))
)
_TAKE_LEASE = (
    update(links)
    .where(
        _THIS,
        _AT_VERSION,
        or_(
            links.c.lease_until.is_(None),
            links.c.lease_until <= bindparam("ended"),
            links.c.lease_holder == bindparam("holder"),
        ),
    )
    .values(lease_holder=bindparam("holder"), lease_until=bindparam("until"))
)
_RELEASE_LEASE = (
    update(links)
    .where(_THIS, _AT_VERSION, links.c.lease_holder == bindparam("holder"))
    .values(lease_holder=None, lease_until=None)
)
_REFRESHING = select(
    links.c.id, links.c.version, links.c.lease_holder, links.c.lease_until, links.c.user_id
).where(links.c.lease_holder.is_not(None))
_REFRESHED = (
    update(links)
    .where(_THIS, _AT_VERSION, links.c.lease_holder == bindparam("holder"))
    .values(
        access_token=bindparam("access"),
        refresh_token=func.coalesce(bindparam("refresh"), links.c.refresh_token),
        expires_at=bindparam("expires"),
        refresh_expires_at=func.coalesce(bindparam("refresh_expires"), links.c.refresh_expires_at),
        scopes=func.coalesce(bindparam("new_scopes"), links.c.scopes),
        state="active",
        version=links.c.version + 1,
        updated_at=bindparam("now"),
        lease_holder=None,
        lease_until=None,
    )
    .returning(*COLUMNS)
)
_LOSE = (
    update(links)
    .where(_THIS, _AT_VERSION, links.c.state == "active")
    .values(
        state="lost",
        access_token=None,
        refresh_token=None,
        secret=None,
        version=links.c.version + 1,
        updated_at=bindparam("now"),
        lease_holder=None,
        lease_until=None,
    )
)
_RESCHEME = (
    update(links)
    .where(_THIS, _AT_VERSION, links.c.state == "active")
    .values(scheme=bindparam("new_scheme"), version=links.c.version + 1, updated_at=bindparam("now"))
)
_DELETE = sa.delete(links).where(*_OWN).returning(*COLUMNS)


def _seal(tx: Tx, link_id: int, column: str, value: str | None) -> bytes | None:
    return seal_text(tx, value, table="links", row=link_id, column=column)


def _link(tx: Tx, row: Iterable[Any]) -> Link:
    values: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    try:
        values |= {c: open_text(tx, values[c], table="links", row=values["id"], column=c) for c in SEALED}
    except SecretUnreadable as error:
        log.warning("a link does not open", extra={"reason": str(error)})
        values |= {**dict.fromkeys(SEALED), "state": "lost", "shut": True}
    values["access_token"] = values["access_token"] or ""
    values["scopes"] = tuple(values["scopes"].split())
    return Link(**values)


async def get(tx: Tx, user_id: int, service: str) -> Link | None:
    """Return a user's link to a service."""
    row = (await tx.conn.execute(_GET, {"owner": user_id, "of_service": service})).one_or_none()
    return None if row is None else _link(tx, row)


async def all_of(tx: Tx, user_id: int) -> list[Link]:
    """Return all links of a user."""
    return [_link(tx, row) for row in await tx.conn.execute(_ALL_OF, {"owner": user_id})]


async def by_id(tx: Tx, link_id: int) -> Link | None:
    """Return one link."""
    row = (await tx.conn.execute(_BY_ID, {"link_id": link_id})).one_or_none()
    return None if row is None else _link(tx, row)


async def save(tx: Tx, new: NewLink, now: float) -> Link:
    """Keep a grant; it replaces what the user had at this service."""
    link = Link(
        id=new_id(),
        user_id=new.user_id,
        service=new.service,
        account_id=new.account_id,
        account_name=new.account_name,
        access_token=new.access_token,
        refresh_token=new.refresh_token,
        expires_at=new.expires_at,
        refresh_expires_at=new.refresh_expires_at,
        scopes=new.scopes,
        state="active",
        version=1,
        created_at=now,
        updated_at=now,
        secret=new.secret,
        scheme=new.scheme,
    )
    row = {column.name: getattr(link, column.name) for column in COLUMNS}
    row |= {column: _seal(tx, link.id, column, row[column]) for column in SEALED}
    row["scopes"] = " ".join(link.scopes)
    await tx.conn.execute(_SAVE[tx.dialect], row)
    return link


async def describe(tx: Tx, link_id: int, account_id: str | None, account_name: str | None) -> None:
    """Note whose account a link is."""
    params = {"link_id": link_id, "new_account_id": account_id, "new_account_name": account_name}
    await tx.conn.execute(_DESCRIBE, params)


async def take_lease(
    tx: Tx, link: Link, holder: str, now: float, seconds: float, *, inherit: bool = True
) -> bool:
    """Become the one who may refresh a link as it is, where we inherit also after another; True when ours.

    A lease is for one version: who knows an older one neither gets the lease of a newer one nor frees it.
    """
    ended = now if inherit else None
    params = {**_as_is(link), "holder": holder, "ended": ended, "until": now + seconds}
    return (await tx.conn.execute(_TAKE_LEASE, params)).rowcount == 1


async def release_lease(tx: Tx, link: Link, holder: str) -> None:
    """Let others refresh a link that is still as it was."""
    await tx.conn.execute(_RELEASE_LEASE, {**_as_is(link), "holder": holder})


def _as_is(link: Link) -> dict[str, Any]:
    return {"link_id": link.id, "old_version": link.version}


@dataclass(frozen=True, slots=True)
class Refreshing:
    """Be a refresh that somebody began."""

    link_id: int
    version: int
    holder: str
    until: float
    user_id: int


async def refreshing(tx: Tx) -> list[Refreshing]:
    """Return the refreshes that are under way, or were when their process died."""
    return [Refreshing(*row) for row in await tx.conn.execute(_REFRESHING)]


async def refreshed(
    tx: Tx,
    link: Link,
    holder: str,
    *,
    access_token: str,
    refresh_token: str | None,
    expires_at: float | None,
    refresh_expires_at: float | None,
    scopes: Sequence[str] | None,
    now: float,
) -> Link | None:
    """Keep new tokens and release the lease; None when the lease or the version is no longer ours.

    What is None stays as it was (some servers send no new refresh token), except `expires_at`.
    """
    params = {
        **_as_is(link),
        "holder": holder,
        "access": _seal(tx, link.id, "access_token", access_token),
        "refresh": _seal(tx, link.id, "refresh_token", refresh_token),
        "expires": expires_at,
        "refresh_expires": refresh_expires_at,
        "new_scopes": None if scopes is None else " ".join(scopes),
        "now": now,
    }
    row = (await tx.conn.execute(_REFRESHED, params)).one_or_none()
    return None if row is None else _link(tx, row)


async def lose(tx: Tx, link_id: int, version: int, now: float) -> bool:
    """Drop the tokens of a grant that is gone; True for the one caller who may tell the user."""
    params = {"link_id": link_id, "old_version": version, "now": now}
    return (await tx.conn.execute(_LOSE, params)).rowcount == 1


async def show_by(tx: Tx, link_id: int, version: int, scheme: Scheme, now: float) -> bool:
    """Show a key in another way from now on; False where the link has changed meanwhile."""
    params = {"link_id": link_id, "old_version": version, "new_scheme": scheme, "now": now}
    return (await tx.conn.execute(_RESCHEME, params)).rowcount == 1


async def delete(tx: Tx, user_id: int, service: str) -> Link | None:
    """Forget a link and return what it was, so that it can be revoked."""
    row = (await tx.conn.execute(_DELETE, {"owner": user_id, "of_service": service})).one_or_none()
    return None if row is None else _link(tx, row)
