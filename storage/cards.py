"""Cards: messages with buttons whose state outlives a restart."""

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, delete, insert, select

from storage.schema import cards
from storage.tx import Tx, open_json, opened_one, seal_json

ALPHABET = string.digits + string.ascii_letters
ID_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Card:
    """Be one card; callback data holds only its id."""

    id: str
    owner_id: int
    chat_id: int
    message_id: int | None
    route: str
    state: dict[str, Any] = field(repr=False)
    version: int
    created_at: float
    updated_at: float
    topic: int | None = None


COLUMNS = (
    cards.c.id,
    cards.c.owner_id,
    cards.c.chat_id,
    cards.c.message_id,
    cards.c.route,
    cards.c.state,
    cards.c.version,
    cards.c.created_at,
    cards.c.updated_at,
    cards.c.topic,
)
NAMES = tuple(column.name for column in COLUMNS)
_THIS = cards.c.id == bindparam("card_id")

_OPEN = insert(cards)
_GET = select(*COLUMNS).where(_THIS)
_LATEST = (
    select(*COLUMNS)
    .where(
        cards.c.owner_id == bindparam("owner"),
        cards.c.chat_id == bindparam("chat"),
        cards.c.route == bindparam("of_route"),
    )
    .order_by(cards.c.updated_at.desc(), cards.c.created_at.desc())
    .limit(1)
)
_RECENT = select(*COLUMNS).where(
    cards.c.owner_id == bindparam("owner"),
    cards.c.chat_id == bindparam("chat"),
    cards.c.route == bindparam("of_route"),
    cards.c.updated_at > bindparam("since"),
)
_UPDATE = (
    sa.update(cards)
    .where(_THIS, cards.c.version == bindparam("old_version"))
    .values(
        route=bindparam("new_route"),
        state=bindparam("new_state"),
        message_id=bindparam("new_message"),
        version=cards.c.version + 1,
        updated_at=bindparam("now"),
    )
    .returning(*COLUMNS)
)
_MOVE = sa.update(cards).where(_THIS).values(message_id=bindparam("new_message"), updated_at=bindparam("now"))
_PLACE = _MOVE.where(cards.c.message_id.is_not_distinct_from(bindparam("old_message")))
_PURGE = delete(cards).where(cards.c.updated_at < bindparam("before"))


def _card(tx: Tx, row: Iterable[Any]) -> Card:
    values: dict[str, Any] = dict(zip(NAMES, row, strict=True))
    values["state"] = open_json(tx, values["state"], table="cards", row=values["id"], column="state")
    return Card(**values)


# Called as `cards.open`; the builtin is not used here.
async def open(  # noqa: A001
    tx: Tx,
    owner_id: int,
    chat_id: int,
    route: str,
    state: dict[str, Any],
    now: float,
    *,
    message_id: int | None = None,
    topic: int | None = None,
) -> Card:
    """Open a card for its owner, in a topic where the group has such."""
    card_id = "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))
    card = Card(card_id, owner_id, chat_id, message_id, route, state, 1, now, now, topic)
    row = {column.name: getattr(card, column.name) for column in COLUMNS}
    row["state"] = seal_json(tx, state, table="cards", row=card_id, column="state")
    await tx.conn.execute(_OPEN, row)
    return card


async def get(tx: Tx, card_id: str) -> Card | None:
    """Return a card that was not purged; one that does not open is none."""
    row = (await tx.conn.execute(_GET, {"card_id": card_id})).one_or_none()
    return opened_one(row, lambda found: _card(tx, found))


async def update(
    tx: Tx,
    card_id: str,
    version: int,
    *,
    route: str | None = None,
    state: dict[str, Any] | None = None,
    message_id: int | None = None,
    now: float,
) -> Card | None:
    """Change what is given, if nobody else changed the card since; None when somebody did."""
    old = await get(tx, card_id)
    if old is None or old.version != version:
        return None
    new_state = old.state if state is None else state
    params = {
        "card_id": card_id,
        "old_version": version,
        "new_route": old.route if route is None else route,
        "new_state": seal_json(tx, new_state, table="cards", row=card_id, column="state"),
        "new_message": old.message_id if message_id is None else message_id,
        "now": now,
    }
    row = (await tx.conn.execute(_UPDATE, params)).one_or_none()
    return None if row is None else _card(tx, row)


async def move(tx: Tx, card_id: str, message_id: int, now: float) -> None:
    """Note another message as a card's, without disturbing whoever changes what the card tells."""
    await tx.conn.execute(_MOVE, {"card_id": card_id, "new_message": message_id, "now": now})


async def place(tx: Tx, card_id: str, message_id: int, now: float, *, instead_of: int | None) -> Card | None:
    """Note which message a card is, unless it got another one since; return the card as it is then."""
    params = {"card_id": card_id, "new_message": message_id, "old_message": instead_of, "now": now}
    await tx.conn.execute(_PLACE, params)
    return await get(tx, card_id)


async def latest(tx: Tx, owner_id: int, chat_id: int, route: str) -> Card | None:
    """Return the card of this route that its owner used last in a chat."""
    params = {"owner": owner_id, "chat": chat_id, "of_route": route}
    row = (await tx.conn.execute(_LATEST, params)).one_or_none()
    return opened_one(row, lambda found: _card(tx, found))


async def recent(tx: Tx, owner_id: int, chat_id: int, route: str, since: float) -> list[Card]:
    """Return the cards of this route that their owner used in a chat after a time."""
    params = {"owner": owner_id, "chat": chat_id, "of_route": route, "since": since}
    rows = (await tx.conn.execute(_RECENT, params)).all()
    found = [opened_one(row, lambda one: _card(tx, one)) for row in rows]
    return [card for card in found if card is not None]


async def purge(tx: Tx, before: float) -> int:
    """Delete cards not used since a time."""
    return (await tx.conn.execute(_PURGE, {"before": before})).rowcount
