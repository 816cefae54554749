"""The table of what is shown to everybody: pictures people sent for what they publish."""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, Table, Text, UniqueConstraint, text

from storage.marks import persons
from storage.schema.columns import hashed, key, metadata, needed, sealed

pictures = Table(
    "pictures",
    metadata,
    key("id"),
    needed("user_id", BigInteger),
    # The message that brought it, in the person's private chat: brought again, it is the same picture.
    Column("message_id", BigInteger, nullable=False),
    needed("state", Text),
    needed("size", Integer),
    needed("created_at", Double),
    # Who knows its name may see it, as everybody may once it is published; to others there is none.
    hashed("name_hash", nullable=False, unique=True),
    sealed("name", told="text"),
    # Last: whoever counts the rows does not read through the pictures.
    sealed("content", large=True),
    UniqueConstraint("user_id", "message_id"),
    info=persons("user_id"),
)
DRAFT = text("state = 'draft'")
Index("ix_pictures_draft", pictures.c.created_at, sqlite_where=DRAFT, postgresql_where=DRAFT)
