"""Tables of what costs or brings points: unlocks, check-ins, and what is watched of an account."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.marks import persons
from storage.schema.columns import key, metadata, needed, sealed

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
UNSETTLED_STATES = ("claimed", "doubtful")
HELD_STATES = (*UNSETTLED_STATES, "done")
HELD = text(f"state IN {HELD_STATES}")
Index(
    "uq_unlocks_held",
    unlocks.c.account_key,
    unlocks.c.slug,
    unique=True,
    sqlite_where=HELD,
    postgresql_where=HELD,
)
UNSETTLED = text(f"state IN {UNSETTLED_STATES}")
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
