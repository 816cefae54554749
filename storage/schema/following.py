"""Tables of followed titles."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Table, Text, UniqueConstraint

from storage.marks import NOBODY, nobodys, persons
from storage.schema.columns import key, metadata, needed, sealed

subscriptions = Table(
    "subscriptions",
    metadata,
    key("id"),
    # Whose authorization may be used; a group's belongs to the group, and stays there without anybody.
    needed("user_id", BigInteger),
    needed("chat_id", BigInteger),
    Column("topic", BigInteger),
    needed("title", Text),
    # Name and filters: what somebody looks for is their own business.
    sealed("detail", told="json"),
    needed("muted", Boolean, "false"),
    needed("auto", Boolean, "false"),
    needed("created_at", Double),
    needed("updated_at", Double),
    UniqueConstraint("chat_id", "title"),
    Index("ix_subscriptions_title", "title"),
    Index("ix_subscriptions_user", "user_id"),
    info=persons("user_id", left={"user_id": NOBODY}),
)

followed_titles = Table(
    "followed_titles",
    metadata,
    key("title", Text),
    # The resources that were ever seen of it; null before the first look.
    Column("seen", Text),
    # Whose authorization was used last.
    Column("turn", BigInteger),
    needed("failures", Integer, "0"),
    Column("looked_at", Double),
    needed("next_at", Double),
    Index("ix_followed_titles_next_at", "next_at"),
    info=nobodys("films and series that somebody follows", "turn"),
)
