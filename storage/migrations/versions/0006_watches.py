"""Look after linked accounts; know which groups were greeted, and in which of their topics a card is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "preferences", sa.Column("watch", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )
    op.add_column(
        "chats", sa.Column("greeted", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("cards", sa.Column("topic", sa.BigInteger(), nullable=True))
    op.create_table(
        "watches",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watches")),
        sa.UniqueConstraint("user_id", "service", name=op.f("uq_watches_user_id_service")),
    )


def downgrade() -> None:
    op.drop_table("watches")
    op.drop_column("cards", "topic")
    op.drop_column("chats", "greeted")
    op.drop_column("preferences", "watch")
