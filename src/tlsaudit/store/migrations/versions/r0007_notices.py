"""What was told to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("address", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("claimed_at", sa.DateTime, nullable=False),
        sa.Column("told_at", sa.DateTime),
    )
