"""The tables. A change here needs a migration beside it, and a new HEAD.

What seldom changes (`pinned`, `endpoints`, `evidence`, `findings`) is stored once per distinct content, found by its
digest; an audit holds small rows that point there. Content from outside is JSON in ASCII, which every database takes.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

HEAD = "0004"
VERSION_TABLE = "tlsaudit_version"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept as UTC without a zone because SQLite knows none."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()


def _digest() -> Column[bytes]:
    return Column("digest", LargeBinary(16), nullable=False, unique=True, index=True)


pinned = Table(
    "pinned",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("body", Text, nullable=False),
)

audits = Table(
    "audits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("finished_at", UtcDateTime),
    Column("vantage", String, nullable=False),
    Column("version", String, nullable=False),
    Column("targets", String),
    Column("targets_digest", String),
    Column("pinned_id", ForeignKey("pinned.id"), nullable=False),
    Column("summary", Text),
    Column("notes", Text),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("endpoint", String, nullable=False, index=True),
    Column("host", String, nullable=False),
    Column("port", Integer, nullable=False),
    Column("starttls", String),
    Column("service", String),
    Column("site", String),
    Column("owner", String),
    Column("seen", Text, nullable=False),
)

audit_endpoints = Table(
    "audit_endpoints",
    metadata,
    Column("audit_id", ForeignKey("audits.id"), primary_key=True),
    Column("endpoint_id", ForeignKey("endpoints.id"), primary_key=True),
    Column("observed_at", UtcDateTime, nullable=False),
    Column("connect_ms", Text, nullable=False),
    Column("first_byte_ms", Float),
    Column("headline", Text, nullable=False),
    Column("connections", Integer, nullable=False),
    sqlite_with_rowid=False,
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("kind", String, nullable=False),
    Column("observed", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)

samples = Table(
    "samples",
    metadata,
    Column("audit_id", ForeignKey("audits.id"), primary_key=True),
    Column("endpoint_id", ForeignKey("endpoints.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("evidence_id", ForeignKey("evidence.id"), primary_key=True),
    Column("sample", Text, nullable=False),
    sqlite_with_rowid=False,
)

findings = Table(
    "findings",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("check", String, nullable=False),
    Column("subject_kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("body", Text, nullable=False),
)

audit_findings = Table(
    "audit_findings",
    metadata,
    Column("audit_id", ForeignKey("audits.id"), primary_key=True),
    Column("finding_id", ForeignKey("findings.id"), primary_key=True),
    sqlite_with_rowid=False,
)

objectives = Table(
    "objectives",
    metadata,
    Column("audit_id", ForeignKey("audits.id"), primary_key=True),
    Column("objective", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("share", Float),
    Column("value", Float),
    Column("body", Text, nullable=False),
    Index("ix_objectives_objective", "objective", "audit_id"),
    sqlite_with_rowid=False,
)

measurements = Table(
    "measurements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("fact", String, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("value", Float, nullable=False),
    Column("denominator", BigInteger, nullable=False),
    Column("unknown", BigInteger, nullable=False),
    Column("unit", String, nullable=False),
    Column("measured_at", UtcDateTime, nullable=False),
    Column("source", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("name", "fact", "first_day", "last_day", name="uq_measurements_figure"),
)
