"""Tables of authorizations: links, attempts at one, and services that ask for patience."""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, Table, Text, UniqueConstraint

from storage.marks import persons
from storage.schema.columns import hashed, key, metadata, needed, sealed

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
    sealed("secret"),
    needed("scheme", Text, "'oauth'"),
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

cooldowns = Table(
    "cooldowns",
    metadata,
    key("service", Text),
    key("scope_key", Text),
    needed("until", Double),
    info=persons("scope_key", spelling="user:{}"),
)
