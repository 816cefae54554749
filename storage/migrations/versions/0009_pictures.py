"""Keep the pictures people send for what they publish."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("name_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("name_hash", name=op.f("uq_pictures_name_hash")),
        sa.UniqueConstraint("user_id", "message_id", name=op.f("uq_pictures_user_id_message_id")),
    )
    draft = sa.text("state = 'draft'")
    op.create_index(
        "ix_pictures_draft",
        "pictures",
        ["created_at"],
        sqlite_where=draft,
        postgresql_where=draft,
    )


def downgrade() -> None:
    op.drop_table("pictures")
