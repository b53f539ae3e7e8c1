"""The tables. A change here needs a migration beside it, and a new HEAD.

What seldom changes (`pinned`, `endpoints`, `evidence`, `verdicts`) is stored once per distinct content, found by its
digest. All that an audit saw and said of one subject is a `state`, which points there, and is stored once, too. The
verdicts of a state are read together, so that their ids stand in one column: rows of their own took three times the
space, and as long to read. Beside them stands the `meaning` of each, of which there are few: whoever counts needs no
more.

A track is the audits that can be expected to see the same again: of the same targets, from the same place, with the
same checks. Finishing gives an audit the next ordinal of its track, and a `span` says in which ordinals, both included,
a subject was in a state; so the history grows with change. A look is the figures of one subject in one audit, and all
there is of an audit that is not finished. How the endpoints answered one that is finished is a `round`: a column each
of what its looks say, to be counted. Old looks are rolled up into `weeks`. What light looks between audits saw is
summed up in `answers`, with why some failed in `failures`; `outages` are the stretches in which an endpoint did not
answer, or the watcher itself got nowhere.

Content from outside is JSON in ASCII, which every database takes.
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

HEAD = "0012"
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
# Alembic's own: which migration the tables are of.
versions = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))


def _digest() -> Column[bytes]:
    return Column("digest", LargeBinary(16), nullable=False, unique=True, index=True)


pinned = Table(
    "pinned",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("body", Text, nullable=False),
)

tracks = Table(
    "tracks",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("vantage", String, nullable=False),
    Column("newest", Integer, nullable=False),
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
    Column("track_id", ForeignKey("tracks.id")),
    Column("ordinal", Integer),
    Column("kinds", Text),
    Column("moves", Text),
    Column("paces", Text),
)

subjects = Table(
    "subjects",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("endpoint", String, nullable=False),
    Column("host", String, nullable=False),
    Column("port", Integer, nullable=False),
    Column("starttls", String),
    Column("service", String),
    Column("site", String),
    Column("owner", String),
    Column("seen", Text, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("kind", String, nullable=False),
    Column("observed", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("check", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("body", Text, nullable=False),
)

meanings = Table(
    "meanings",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("check", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("excused", Boolean, nullable=False),
)

states = Table(
    "states",
    metadata,
    Column("id", Integer, primary_key=True),
    _digest(),
    Column("subject_id", ForeignKey("subjects.id"), nullable=False, index=True),
    Column("endpoint_id", ForeignKey("endpoints.id")),
    Column("verdicts", LargeBinary, nullable=False),
    Column("meanings", LargeBinary, nullable=False),
    Column("addresses", Text),
)

state_evidence = Table(
    "state_evidence",
    metadata,
    Column("state_id", ForeignKey("states.id"), primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Column("evidence_id", ForeignKey("evidence.id"), nullable=False),
    sqlite_with_rowid=False,
)

spans = Table(
    "spans",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("track_id", ForeignKey("tracks.id"), nullable=False),
    Column("state_id", ForeignKey("states.id"), nullable=False, index=True),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Index("ix_spans_track", "track_id", "last"),
)

looks = Table(
    "looks",
    metadata,
    Column("audit_id", ForeignKey("audits.id"), primary_key=True),
    Column("state_id", ForeignKey("states.id"), primary_key=True),
    Column("observed_at", UtcDateTime),
    Column("connect_us", Integer),
    Column("first_byte_us", Integer),
    Column("connections", Integer),
    Column("samples", LargeBinary),
    Column("facts", Text),
    Column("handshake_us", Integer),
)

rounds = Table(
    "rounds",
    metadata,
    Column("audit_id", ForeignKey("audits.id"), primary_key=True),
    *(
        Column(name, LargeBinary, nullable=False)
        for name in ("subjects", "answered", "first_bytes", "connects", "handshakes")
    ),
)

weeks = Table(
    "weeks",
    metadata,
    Column("track_id", ForeignKey("tracks.id"), primary_key=True),
    Column("monday", Date, primary_key=True),
    Column("subject_id", ForeignKey("subjects.id"), primary_key=True),
    Column("looks", Integer, nullable=False),
    Column("reachable", Integer, nullable=False),
    Column("connect_us_least", Integer),
    Column("connect_us_median", Integer),
    Column("connect_us_most", Integer),
    Column("first_byte_us_least", Integer),
    Column("first_byte_us_median", Integer),
    Column("first_byte_us_most", Integer),
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
    Index("ix_objectives_objective", "objective", "audit_id", "share", "value"),
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

watches = Table(
    "watches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("vantage", String, nullable=False),
    Column("endpoint", String, nullable=False),
    UniqueConstraint("vantage", "endpoint", name="uq_watches"),
)

BUCKETS_MS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Latencies are counted between these bounds, each the last that still counts; what took longer is counted, too."""

BUCKETS = (*(f"ms_{bound}" for bound in BUCKETS_MS), "ms_more")
"""The columns of the counts of the times to the answer."""

CONNECTS, HANDSHAKES = (tuple(f"{step}_{name}" for name in BUCKETS) for step in ("connect", "handshake"))
"""Those of the TCP and of the TLS handshake."""

answers = Table(
    "answers",
    metadata,
    Column("watch_id", ForeignKey("watches.id"), primary_key=True),
    Column("hour", Integer, primary_key=True),  # hours since 1970-01-01, UTC
    Column("hours", Integer, primary_key=True),  # that the row covers: 1, or 24
    Column("looks", Integer, nullable=False),
    Column("tls", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("http", Integer, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("blind", Integer, nullable=False),
    *(Column(name, Integer, nullable=False) for name in (*BUCKETS, *CONNECTS, *HANDSHAKES)),
    sqlite_with_rowid=False,
)

failures = Table(
    "failures",
    metadata,
    Column("watch_id", ForeignKey("watches.id"), primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("hours", Integer, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("looks", Integer, nullable=False),
    sqlite_with_rowid=False,
)

outages = Table(
    "outages",
    metadata,
    Column("vantage", String, primary_key=True),
    Column("endpoint", String, primary_key=True),  # empty: the watcher itself
    Column("began", UtcDateTime, primary_key=True),
    Column("after", UtcDateTime),
    Column("seen", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime),
    Column("reason", String, nullable=False),
    Column("looks", Integer, nullable=False),
    sqlite_with_rowid=False,
)

notices = Table(
    "notices",
    metadata,
    Column("address", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("claimed_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime),
)
