"""How endpoints answered light looks, by the hour."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_BUCKETS = ("5", "10", "20", "50", "100", "200", "500", "1000", "2000", "5000", "10000", "more")


def upgrade() -> None:
    op.create_table(
        "watched",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("endpoint", sa.String, nullable=False, unique=True),
    )
    op.create_table(
        "availability",
        sa.Column("endpoint_id", sa.Integer, sa.ForeignKey("watched.id"), primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True),
        sa.Column("hours", sa.Integer, primary_key=True),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("tls", sa.Integer, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("http", sa.Integer, nullable=False),
        sa.Column("latency_ms", sa.Float, nullable=False),
        *(sa.Column(f"ms_{bound}", sa.Integer, nullable=False) for bound in _BUCKETS),
        sqlite_with_rowid=False,
    )
