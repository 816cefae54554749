"""Tables of what comes in and where it is answered: updates, claims of chats, cards."""

from typing import Any

from sqlalchemy import BigInteger, Column, Double, Index, Integer, Table, Text, literal_column, text

from storage.marks import nobodys, persons
from storage.schema.columns import key, metadata, needed, sealed

# What is left of an update is its number: a repeat must be known as one.
FREED_UPDATE: dict[str, Any] = {
    **dict.fromkeys(("owner_id", "payload", "error")),
    "state": "done",
    "chat_key": 0,
    "handled_at": literal_column("received_at"),
}

inbox = Table(
    "inbox",
    metadata,
    key("update_id"),
    needed("chat_key", BigInteger),
    # Who sent it, wherever that was.
    Column("owner_id", BigInteger),
    sealed("payload", told="json"),
    needed("received_at", Double),
    needed("attempts", Integer, "0"),
    needed("state", Text, "'pending'"),
    sealed("error"),
    Column("handled_at", Double),
    info=persons("owner_id", freed=FREED_UPDATE),
)
PENDING = text("state = 'pending'")
Index("ix_inbox_pending", inbox.c.chat_key, inbox.c.update_id, sqlite_where=PENDING, postgresql_where=PENDING)
SETTLED = text("state = 'done'")
Index("ix_inbox_done", inbox.c.handled_at, sqlite_where=SETTLED, postgresql_where=SETTLED)

chat_claims = Table(
    "chat_claims",
    metadata,
    key("chat_key"),
    needed("holder", Text),
    needed("until", Double),
    needed("taken_over", Integer, "0"),
    info=persons("chat_key", passing=True),
)

cards = Table(
    "cards",
    metadata,
    key("id", Text),
    needed("owner_id", BigInteger),
    needed("chat_id", BigInteger),
    Column("message_id", BigInteger),
    # Of a group with topics, the one it was opened in.
    Column("topic", BigInteger),
    needed("route", Text),
    sealed("state", told="json"),
    needed("version", Integer),
    needed("created_at", Double),
    needed("updated_at", Double),
    Index("ix_cards_owner", "owner_id", "chat_id", "route"),
    Index("ix_cards_updated_at", "updated_at"),
    info=persons("owner_id"),
)

meta = Table(
    "meta",
    metadata,
    key("key", Text),
    needed("value", Text),
    info=nobodys("what the process itself remembers"),
)
