"""Keep keys that people bring themselves: the secret beside the key, and how a service is shown both."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("links", sa.Column("secret", sa.LargeBinary(), nullable=True))
    op.add_column("links", sa.Column("scheme", sa.Text(), server_default=sa.text("'oauth'"), nullable=False))


def downgrade() -> None:
    op.drop_column("links", "scheme")
    op.drop_column("links", "secret")
