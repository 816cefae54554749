"""Keep what people choose for every day, and what became of their check-ins."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in (
        sa.Column("checkin_at", sa.Text(), nullable=True),
        sa.Column("checkin_lucky", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("notices", sa.Text(), server_default=sa.text("'all'"), nullable=False),
        sa.Column("quiet_from", sa.Text(), nullable=True),
        sa.Column("quiet_to", sa.Text(), nullable=True),
        sa.Column("auto_unlock_budget", sa.Integer(), server_default=sa.text("50"), nullable=False),
    ):
        op.add_column("preferences", column)
    _checkins()


def downgrade() -> None:
    op.drop_table("checkins")
    for name in (
        "auto_unlock_budget",
        "quiet_to",
        "quiet_from",
        "notices",
        "checkin_lucky",
        "checkin_at",
    ):
        op.drop_column("preferences", name)


def _checkins() -> None:
    op.create_table(
        "checkins",
        sa.Column("id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("gained", sa.Integer(), nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("next_at", sa.Double(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkins")),
        sa.UniqueConstraint("account_key", "day", name=op.f("uq_checkins_account_key_day")),
    )
    op.create_index("ix_checkins_user", "checkins", ["user_id", "day"], unique=False)
    op.create_index("ix_checkins_day", "checkins", ["day"], unique=False)
