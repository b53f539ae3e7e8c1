"""How endpoints answered, from where: three times, why not, and outages. What is there was seen from where the last
audit was made.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_BUCKETS = tuple(f"ms_{bound}" for bound in (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, "more"))
_KEPT = ("hour", "hours", "looks", "tls", "asked", "http", "latency_ms", *_BUCKETS)
_NEW = ("blind", *(f"{step}_{name}" for step in ("connect", "handshake") for name in _BUCKETS))


def upgrade() -> None:
    op.add_column("looks", sa.Column("handshake_us", sa.Integer))
    op.create_table(
        "watches",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("vantage", sa.String, nullable=False),
        sa.Column("endpoint", sa.String, nullable=False),
        sa.UniqueConstraint("vantage", "endpoint", name="uq_watches"),
    )
    op.create_table(
        "answers",
        *_hour(),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("looks", "tls", "asked", "http")),
        sa.Column("latency_ms", sa.Float, nullable=False),
        sa.Column("blind", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in (*_BUCKETS, *_NEW[1:])),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "failures",
        *_hour(),
        sa.Column("reason", sa.String, primary_key=True),
        sa.Column("looks", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outages",
        sa.Column("vantage", sa.String, primary_key=True),
        sa.Column("endpoint", sa.String, primary_key=True),
        sa.Column("began", sa.DateTime, primary_key=True),
        sa.Column("after", sa.DateTime),
        sa.Column("seen", sa.DateTime, nullable=False),
        sa.Column("ended", sa.DateTime),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO watches (vantage, endpoint) SELECT"
        " coalesce((SELECT vantage FROM audits ORDER BY started_at DESC, id DESC LIMIT 1), ''), endpoint FROM watched"
    )
    kept = ", ".join(_KEPT)
    op.execute(
        f"INSERT INTO answers (watch_id, {kept}, {', '.join(_NEW)})"  # noqa: S608 our own names
        f" SELECT watches.id, {kept}, {', '.join('0' for _ in _NEW)} FROM availability"
        " JOIN watched ON watched.id = availability.endpoint_id JOIN watches ON watches.endpoint = watched.endpoint"
    )
    op.drop_table("availability")
    op.drop_table("watched")


def _hour() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("watch_id", sa.Integer, sa.ForeignKey("watches.id"), primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True),
        sa.Column("hours", sa.Integer, primary_key=True),
    )
