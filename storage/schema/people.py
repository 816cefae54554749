"""Tables of people and chats, and what each is asked and wants."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, Table, Text, UniqueConstraint

from storage.marks import nobodys, persons
from storage.schema.columns import key, metadata, needed, sealed

users = Table(
    "users",
    metadata,
    key("id"),
    Column("language_code", Text),
    needed("first_name", Text),
    needed("created_at", Double),
    needed("seen_at", Double),
    info=persons("id"),
)

preferences = Table(
    "preferences",
    metadata,
    key("user_id"),
    Column("language", Text),
    needed("timezone", Text, "'Asia/Shanghai'"),
    needed("unlock_limit", Integer, "0"),
    needed("default_folder", Text, "'/'"),
    Column("checkin_at", Text),
    needed("checkin_lucky", Boolean, "false"),
    needed("notices", Text, "'all'"),
    Column("quiet_from", Text),
    Column("quiet_to", Text),
    needed("auto_unlock_budget", Integer, "50"),
    needed("watch", Boolean, "true"),
    needed("inbox", Boolean, "true"),
    info=persons("user_id"),
)

chats = Table(
    "chats",
    metadata,
    key("id"),
    needed("kind", Text),
    Column("title", Text),
    needed("state", Text, "'active'"),
    Column("migrated_to", BigInteger),
    needed("updated_at", Double),
    needed("greeted", Boolean, "false"),
    info=persons("id"),
)

erasures = Table(
    "erasures",
    metadata,
    # A keyed hash: without the keys nobody can tell who it was.
    key("mark", Text),
    needed("at", Double),
    # The update that asked for it: those before it are void.
    Column("update_id", BigInteger),
    info=nobodys("that somebody was forgotten, kept for a day so that nothing of theirs comes back late"),
)

dialogs = Table(
    "dialogs",
    metadata,
    key("id"),
    needed("user_id", BigInteger),
    needed("chat_id", BigInteger),
    needed("kind", Text),
    sealed("state", told="json"),
    needed("expires_at", Double),
    UniqueConstraint("user_id", "chat_id"),
    info=persons("user_id"),
)
