"""Name whose each update and each job is, and keep for a day that somebody was forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Of these the key is the person's id.
KEYED = "('notice', 'save.run', 'upload.run', 'device.poll', 'checkin.auto', 'checkin.digest')"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("owner_id", sa.BigInteger(), nullable=True))
    op.add_column("jobs", sa.Column("owner_id", sa.BigInteger(), nullable=True))
    # Private chats have the numbers of their people, groups are below zero.
    op.execute("UPDATE inbox SET owner_id = chat_key WHERE chat_key > 0")
    op.execute(f"UPDATE jobs SET owner_id = CAST(key AS BIGINT) WHERE kind IN {KEYED}")  # noqa: S608
    op.create_table(
        "erasures",
        sa.Column("mark", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("update_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_erasures")),
    )


def downgrade() -> None:
    op.drop_table("erasures")
    op.drop_column("jobs", "owner_id")
    op.drop_column("inbox", "owner_id")
