"""Make the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _attempts()
    _cards()
    _chat_claims()
    _chats()
    _cooldowns()
    _dialogs()
    _inbox()
    _jobs()
    _links()
    _meta()
    _preferences()
    _unlocks()
    _users()


def downgrade() -> None:
    op.drop_table("users")
    op.drop_table("unlocks")
    op.drop_table("preferences")
    op.drop_table("meta")
    op.drop_table("links")
    op.drop_table("jobs")
    op.drop_table("inbox")
    op.drop_table("dialogs")
    op.drop_table("cooldowns")
    op.drop_table("chats")
    op.drop_table("chat_claims")
    op.drop_table("cards")
    op.drop_table("attempts")


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=True),
        sa.Column("code", sa.LargeBinary(), nullable=True),
        sa.Column("redirect_uri", sa.Text(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("nonce_expires_at", sa.Double(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("ticket_hash", sa.Text(), nullable=False),
        sa.Column("state_hash", sa.Text(), nullable=True),
        sa.Column("cookie_hash", sa.Text(), nullable=True),
        sa.Column("nonce_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("nonce_hash", name=op.f("uq_attempts_nonce_hash")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_attempts_state_hash")),
        sa.UniqueConstraint("ticket_hash", name=op.f("uq_attempts_ticket_hash")),
    )
    op.create_index("ix_attempts_expires_at", "attempts", ["expires_at"], unique=False)


def _cards() -> None:
    op.create_table(
        "cards",
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
    )
    op.create_index("ix_cards_owner", "cards", ["owner_id", "chat_id", "route"], unique=False)
    op.create_index("ix_cards_updated_at", "cards", ["updated_at"], unique=False)


def _chat_claims() -> None:
    op.create_table(
        "chat_claims",
        sa.Column("chat_key", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("taken_over", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("chat_key", name=op.f("pk_chat_claims")),
    )


def _chats() -> None:
    op.create_table(
        "chats",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("migrated_to", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
    )


def _cooldowns() -> None:
    op.create_table(
        "cooldowns",
        sa.Column("service", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("scope_key", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("service", "scope_key", name=op.f("pk_cooldowns")),
    )


def _dialogs() -> None:
    op.create_table(
        "dialogs",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogs")),
        sa.UniqueConstraint("user_id", "chat_id", name=op.f("uq_dialogs_user_id_chat_id")),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("update_id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("chat_key", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("error", sa.LargeBinary(), nullable=True),
        sa.Column("handled_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_inbox")),
    )
    op.create_index(
        "ix_inbox_done",
        "inbox",
        ["handled_at"],
        unique=False,
        sqlite_where=sa.text("state = 'done'"),
        postgresql_where=sa.text("state = 'done'"),
    )
    op.create_index(
        "ix_inbox_pending",
        "inbox",
        ["chat_key", "update_id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("dedup", sa.Text(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("run_at", sa.Double(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("error", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(
        "ix_jobs_due",
        "jobs",
        ["run_at", "seq"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_jobs_key",
        "jobs",
        ["kind", "key", "run_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_jobs_dedup",
        "jobs",
        ["kind", "dedup"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("account_name", sa.Text(), nullable=True),
        sa.Column("access_token", sa.LargeBinary(), nullable=True),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.Column("refresh_expires_at", sa.Double(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("lease_holder", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("user_id", "service", name=op.f("uq_links_user_id_service")),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )


def _preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("user_id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), server_default=sa.text("'Asia/Shanghai'"), nullable=False),
        sa.Column("unlock_limit", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("default_folder", sa.Text(), server_default=sa.text("'/'"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_preferences")),
    )


def _unlocks() -> None:
    op.create_table(
        "unlocks",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=True),
        sa.Column("access_code", sa.LargeBinary(), nullable=True),
        sa.Column("full_url", sa.LargeBinary(), nullable=True),
        sa.Column("already_owned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("card_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unlocks")),
    )
    op.create_index("ix_unlocks_slug", "unlocks", ["account_key", "slug"], unique=False)
    op.create_index(
        "ix_unlocks_unsettled",
        "unlocks",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('claimed', 'doubtful')"),
        postgresql_where=sa.text("state IN ('claimed', 'doubtful')"),
    )
    op.create_index("ix_unlocks_user", "unlocks", ["user_id", "created_at"], unique=False)
    op.create_index(
        "uq_unlocks_held",
        "unlocks",
        ["account_key", "slug"],
        unique=True,
        sqlite_where=sa.text("state IN ('claimed', 'doubtful', 'done')"),
        postgresql_where=sa.text("state IN ('claimed', 'doubtful', 'done')"),
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("language_code", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
