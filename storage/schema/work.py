"""Tables of what waits, jobs and uploads, and of who does it."""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, Table, Text, text

from storage.marks import nobodys, persons
from storage.schema.columns import key, metadata, needed, sealed

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

replicas = Table(
    "replicas",
    metadata,
    key("holder", Text),
    needed("seen_at", Double),
    # The ids of the keys it knows, never a key; see `KeyRing.told`.
    Column("known_keys", Text),
    info=nobodys("the processes that run on this database"),
)

# Who saves to somebody's drive just now: one save at a time of each person, whoever asked for it.
save_turns = Table(
    "save_turns",
    metadata,
    key("user_id"),
    needed("holder", Text),
    needed("until", Double),
    info=persons("user_id", passing=True),
)
