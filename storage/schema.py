"""The tables, as the newest migration leaves them.

A column made by `sealed` holds ciphertext bound to its table, row and column; `rotate` finds these
by the mark. The row part of that binding is the primary key, so keys are made before the insert, never by the
database.

Every table says in its `info` whose its rows are (see `storage.marks`): that is all that `/forget` and
`/privacy` go by, so a table without a mark is a failing test.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

from storage.marks import Told, nobodys, persons

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)

# INTEGER PRIMARY KEY is SQLite's row id itself; BIGINT would cost a second tree.
Id = BigInteger().with_variant(Integer, "sqlite")


def key(name: str, kind: Any = Id) -> Column[Any]:
    """Make a primary key column whose value we choose ourselves."""
    return Column(name, kind, primary_key=True, autoincrement=False)


def sealed(name: str, told: Told | None = None) -> Column[Any]:
    """Make a column of ciphertext; its person may be told what is in it only where that opens nothing."""
    return Column(name, LargeBinary, info={"sealed": True, "told": told})


def hashed(name: str, *, nullable: bool = True, unique: bool = False) -> Column[Any]:
    """Make a column for the hash of a secret, which is nobody's to read."""
    return Column(name, Text, nullable=nullable, unique=unique or None, info={"secret": True})


def needed(name: str, kind: Any, default: str | None = None) -> Column[Any]:
    """Make a column that is never null."""
    return Column(name, kind, nullable=False, server_default=None if default is None else text(default))


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

links = Table(
    "links",
    metadata,
    key("id"),
    needed("user_id", BigInteger),
    needed("service", Text),
    Column("account_id", Text),
    Column("account_name", Text),
    sealed("access_token"),
    sealed("refresh_token"),
    Column("expires_at", Double),
    Column("refresh_expires_at", Double),
    needed("scopes", Text),
    needed("state", Text),
    needed("version", Integer),
    needed("created_at", Double),
    needed("updated_at", Double),
    Column("lease_holder", Text),
    Column("lease_until", Double),
    UniqueConstraint("user_id", "service"),
    info=persons("user_id"),
)

attempts = Table(
    "attempts",
    metadata,
    key("id"),
    needed("user_id", BigInteger),
    needed("chat_id", BigInteger),
    Column("message_id", BigInteger),
    needed("service", Text),
    needed("display_name", Text),
    needed("stage", Text),
    sealed("verifier"),
    sealed("code"),
    Column("redirect_uri", Text),
    needed("scopes", Text),
    needed("created_at", Double),
    needed("expires_at", Double),
    Column("nonce_expires_at", Double),
    Column("language", Text),
    hashed("ticket_hash", nullable=False, unique=True),
    hashed("state_hash", unique=True),
    hashed("cookie_hash"),
    hashed("nonce_hash", unique=True),
    Index("ix_attempts_expires_at", "expires_at"),
    info=persons("user_id"),
)

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

unlocks = Table(
    "unlocks",
    metadata,
    key("id"),
    needed("user_id", BigInteger),
    needed("link_id", BigInteger),
    needed("account_key", Text),
    needed("slug", Text),
    needed("price", Integer),
    needed("state", Text),
    # What their person paid for: it is theirs to be told, and opens nobody's account.
    sealed("url", told="text"),
    sealed("access_code", told="text"),
    sealed("full_url", told="text"),
    needed("already_owned", Boolean, "false"),
    Column("error", Text),
    Column("card_id", Text),
    needed("created_at", Double),
    needed("updated_at", Double),
    Index("ix_unlocks_slug", "account_key", "slug"),
    Index("ix_unlocks_user", "user_id", "created_at"),
    info=persons("user_id"),
)
# The promise "never charged twice" rests on this index, not on the code around it.
HELD = text("state IN ('claimed', 'doubtful', 'done')")
Index(
    "uq_unlocks_held",
    unlocks.c.account_key,
    unlocks.c.slug,
    unique=True,
    sqlite_where=HELD,
    postgresql_where=HELD,
)
UNSETTLED = text("state IN ('claimed', 'doubtful')")
Index("ix_unlocks_unsettled", unlocks.c.created_at, sqlite_where=UNSETTLED, postgresql_where=UNSETTLED)

checkins = Table(
    "checkins",
    metadata,
    key("id"),
    needed("user_id", BigInteger),
    needed("account_key", Text),
    needed("day", Text),
    needed("state", Text),
    needed("automatic", Boolean),
    needed("sent", Boolean),
    needed("tries", Integer),
    Column("gained", Integer),
    Column("points", Integer),
    Column("reason", Text),
    Column("words", Text),
    Column("next_at", Double),
    needed("created_at", Double),
    needed("updated_at", Double),
    # The promise "once per account and Beijing day" rests on this index.
    UniqueConstraint("account_key", "day"),
    Index("ix_checkins_user", "user_id", "day"),
    Index("ix_checkins_day", "day"),
    info=persons("user_id"),
)
CHECKIN_OPEN = text("state IN ('claimed', 'later')")

watches = Table(
    "watches",
    metadata,
    key("id"),
    needed("user_id", BigInteger),
    needed("service", Text),
    needed("link_id", BigInteger),
    # Points, own shares and what was told of them.
    sealed("state", told="json"),
    needed("spent", Integer),
    needed("updated_at", Double),
    UniqueConstraint("user_id", "service"),
    info=persons("user_id"),
)

jobs = Table(
    "jobs",
    metadata,
    key("id"),
    needed("kind", Text),
    needed("key", Text),
    # For whom it is done; nobody's outlive those it was asked by.
    Column("owner_id", BigInteger),
    Column("dedup", Text),
    sealed("payload", told="json"),
    needed("run_at", Double),
    needed("seq", BigInteger),
    needed("state", Text, "'open'"),
    needed("attempt", Integer, "0"),
    needed("failures", Integer, "0"),
    needed("fence", Integer, "0"),
    Column("holder", Text),
    Column("lease_until", Double),
    sealed("error"),
    info=persons("owner_id"),
)
OPEN = text("state = 'open'")
Index("ix_jobs_due", jobs.c.run_at, jobs.c.seq, sqlite_where=OPEN, postgresql_where=OPEN)
Index("ix_jobs_key", jobs.c.kind, jobs.c.key, jobs.c.run_at, sqlite_where=OPEN, postgresql_where=OPEN)
Index("uq_jobs_dedup", jobs.c.kind, jobs.c.dedup, unique=True, sqlite_where=OPEN, postgresql_where=OPEN)

uploads = Table(
    "uploads",
    metadata,
    key("id"),
    needed("user_id", BigInteger),
    needed("chat_id", BigInteger),
    Column("card_id", Text),
    needed("service", Text),
    needed("stage", Text),
    sealed("folder", told="text"),
    # Source, name, size, digest, session, outcome: private, and read only as a whole.
    sealed("detail", told="json"),
    Column("retry_at", Double),
    needed("created_at", Double),
    needed("updated_at", Double),
    Index("ix_uploads_user", "user_id", "created_at"),
    info=persons("user_id"),
)
UNDER_WAY = text("stage NOT IN ('done', 'failed', 'cancelled')")
Index("ix_uploads_under_way", uploads.c.user_id, sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY)

subscriptions = Table(
    "subscriptions",
    metadata,
    key("id"),
    # Who made it, whose authorization may be used; a group's belongs to the group.
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
    info=persons("user_id"),
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

cooldowns = Table(
    "cooldowns",
    metadata,
    key("service", Text),
    key("scope_key", Text),
    needed("until", Double),
    info=persons("scope_key", spelling="user:{}"),
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

meta = Table(
    "meta",
    metadata,
    key("key", Text),
    needed("value", Text),
    info=nobodys("what the process itself remembers"),
)
