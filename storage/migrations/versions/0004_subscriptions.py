"""Make the tables of followed titles."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=True),
        sa.Column("muted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("auto", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("chat_id", "title", name=op.f("uq_subscriptions_chat_id_title")),
    )
    op.create_index("ix_subscriptions_title", "subscriptions", ["title"], unique=False)
    op.create_index("ix_subscriptions_user", "subscriptions", ["user_id"], unique=False)
    op.create_table(
        "followed_titles",
        sa.Column("title", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("seen", sa.Text(), nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("looked_at", sa.Double(), nullable=True),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("title", name=op.f("pk_followed_titles")),
    )
    op.create_index("ix_followed_titles_next_at", "followed_titles", ["next_at"], unique=False)


def downgrade() -> None:
    op.drop_table("followed_titles")
    op.drop_table("subscriptions")
