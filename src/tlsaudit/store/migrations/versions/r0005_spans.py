"""What an audit found of a subject is one state, stored once, and spans say in which audits it was found."""

import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_MICROSECOND = timedelta(microseconds=1)
_DAYS_LEFT = re.compile(r", (\d+ of \d+ days left|expired \d+ days ago)$")

Said = tuple[int, str | None]
"""A verdict's id, and the address it is of."""

Subject = tuple[str, str]


def upgrade() -> None:
    _create()
    connection = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(connection)
    moving = _Moving(connection, tables.tables)
    moving.audits()
    moving.endpoints()
    moving.evidence()
    for table in ("audit_findings", "findings", "samples", "audit_endpoints"):
        op.drop_table(table)
    op.drop_index("ix_endpoints_endpoint", "endpoints")
    op.drop_column("evidence", "body")
    op.alter_column("evidence", "packed", new_column_name="body")


def _digest() -> sa.Column[bytes]:
    return sa.Column("digest", sa.LargeBinary(16), nullable=False)


def _create() -> None:
    op.create_table(
        "tracks",
        sa.Column("id", sa.Integer, primary_key=True),
        _digest(),
        sa.Column("vantage", sa.String, nullable=False),
        sa.Column("newest", sa.Integer, nullable=False),
    )
    op.create_table(
        "subjects",
        sa.Column("id", sa.Integer, primary_key=True),
        _digest(),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
    )
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Integer, primary_key=True),
        _digest(),
        sa.Column("check", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "states",
        sa.Column("id", sa.Integer, primary_key=True),
        _digest(),
        sa.Column("subject_id", sa.Integer, sa.ForeignKey("subjects.id"), nullable=False),
        sa.Column("endpoint_id", sa.Integer, sa.ForeignKey("endpoints.id")),
    )
    op.create_index("ix_states_subject_id", "states", ["subject_id"])
    for content in ("tracks", "subjects", "verdicts", "states"):
        op.create_index(f"ix_{content}_digest", content, ["digest"], unique=True)
    op.create_table(
        "state_evidence",
        sa.Column("state_id", sa.Integer, sa.ForeignKey("states.id"), primary_key=True),
        sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("evidence_id", sa.Integer, sa.ForeignKey("evidence.id"), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "state_verdicts",
        sa.Column("state_id", sa.Integer, sa.ForeignKey("states.id"), primary_key=True),
        sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("verdict_id", sa.Integer, sa.ForeignKey("verdicts.id"), nullable=False),
        sa.Column("address", sa.String),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spans",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("track_id", sa.Integer, sa.ForeignKey("tracks.id"), nullable=False),
        sa.Column("state_id", sa.Integer, sa.ForeignKey("states.id"), nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_index("ix_spans_track", "spans", ["track_id", "last"])
    op.create_table(
        "looks",
        sa.Column("audit_id", sa.Integer, sa.ForeignKey("audits.id"), primary_key=True),
        sa.Column("state_id", sa.Integer, sa.ForeignKey("states.id"), primary_key=True),
        sa.Column("observed_at", sa.DateTime),
        sa.Column("connect_us", sa.Integer),
        sa.Column("first_byte_us", sa.Integer),
        sa.Column("connections", sa.Integer),
        sa.Column("samples", sa.LargeBinary),
        sa.Column("facts", sa.Text),
    )
    op.create_table(
        "weeks",
        sa.Column("track_id", sa.Integer, sa.ForeignKey("tracks.id"), primary_key=True),
        sa.Column("monday", sa.Date, primary_key=True),
        sa.Column("subject_id", sa.Integer, sa.ForeignKey("subjects.id"), primary_key=True),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("reachable", sa.Integer, nullable=False),
        *(
            sa.Column(f"{what}_us_{which}", sa.Integer)
            for what in ("connect", "first_byte")
            for which in ("least", "median", "most")
        ),
        sqlite_with_rowid=False,
    )
    op.execute("ALTER TABLE audits ADD COLUMN track_id INTEGER REFERENCES tracks (id)")  # alembic cannot, in SQLite
    op.add_column("audits", sa.Column("ordinal", sa.Integer))
    op.add_column("audits", sa.Column("kinds", sa.Text))
    op.add_column("evidence", sa.Column("packed", sa.LargeBinary, nullable=False, server_default=""))


class _Moving:
    """What was recorded, from the old tables to the new ones, an audit at a time."""

    def __init__(self, connection: sa.Connection, tables: Any) -> None:
        self._connection = connection
        self._tables = tables
        self._ids: dict[bytes, int] = {}

    def audits(self) -> None:
        """Those that were finished become spans, in the order of their start."""
        audits = self._tables["audits"]
        self._findings = dict(self._verdicts())
        tracks: dict[int, int] = {}
        spans: dict[tuple[int, int], list[list[int]]] = defaultdict(list)
        for audit in list(self._connection.execute(sa.select(audits).order_by(audits.c.started_at, audits.c.id))):
            track = self._track(audit)
            found, kinds = self._looks(audit.id)
            values: dict[str, Any] = {"track_id": track}
            if audit.finished_at is not None:
                ordinal = tracks[track] = tracks.get(track, 0) + 1
                values |= {"ordinal": ordinal, "kinds": _json(sorted(kinds))}
                for state in found:
                    held = spans[track, state]
                    if held and held[-1][1] == ordinal - 1:
                        held[-1][1] = ordinal
                    else:
                        held.append([ordinal, ordinal])
            self._connection.execute(sa.update(audits).where(audits.c.id == audit.id).values(values))
        rows = [
            {"track_id": track, "state_id": state, "first": first, "last": last}
            for (track, state), held in spans.items()
            for first, last in held
        ]
        self._insert("spans", rows)
        for track, newest in tracks.items():
            table = self._tables["tracks"]
            self._connection.execute(sa.update(table).where(table.c.id == track).values(newest=newest))

    def endpoints(self) -> None:
        """The headline belongs to what was seen, less the days that a certificate had left."""
        endpoints, visits = self._tables["endpoints"], self._tables["audit_endpoints"]
        headlines = sa.select(visits.c.endpoint_id, visits.c.headline).order_by(visits.c.audit_id)
        told = {row.endpoint_id: row.headline for row in self._connection.execute(headlines)}
        for row in list(self._connection.execute(sa.select(endpoints.c.id, endpoints.c.seen))):
            headline = [_DAYS_LEFT.sub("", fact) for fact in json.loads(told.get(row.id, "[]"))]
            seen = _json(json.loads(row.seen) | {"headline": headline})
            self._connection.execute(sa.update(endpoints).where(endpoints.c.id == row.id).values(seen=seen))

    def evidence(self) -> None:
        """Compressed."""
        evidence = self._tables["evidence"]
        for number in list(self._connection.scalars(sa.select(evidence.c.id))):
            this = evidence.c.id == number
            body = self._connection.scalar(sa.select(evidence.c.body).where(this))
            packed = zlib.compress((body or "").encode("ascii"))
            self._connection.execute(sa.update(evidence).where(this).values(packed=packed))

    def _verdicts(self) -> Iterator[tuple[int, tuple[Subject, Said]]]:
        """By the id of each finding: whom it is of, and the verdict."""
        for row in list(self._connection.execute(sa.select(self._tables["findings"]))):
            body = json.loads(row.body)
            address = body.pop("address")
            del body["endpoint"]
            said = {"check": row.check, "outcome": row.outcome, "body": _json(body | {"samples": []})}
            yield row.id, ((row.subject_kind, row.subject), (self._intern("verdicts", said), address))

    def _track(self, audit: Any) -> int:
        pinned = self._tables["pinned"]
        body = self._connection.scalar(sa.select(pinned.c.body).where(pinned.c.id == audit.pinned_id))
        checks = sorted(check["id"] for check in json.loads(body or "{}")["checks"])
        digest = _fingerprint([audit.vantage, audit.targets, checks])
        return self._intern("tracks", {"vantage": audit.vantage, "newest": 0}, digest)

    def _looks(self, audit: int) -> tuple[set[int], set[str]]:
        """Write the looks of an audit. The answer is which states it found, and which evidence it observed."""
        said: dict[Subject, list[Said]] = defaultdict(list)
        pointers = self._tables["audit_findings"].c
        for number in self._connection.scalars(sa.select(pointers.finding_id).where(pointers.audit_id == audit)):
            subject, verdict = self._findings[number]
            said[subject].append(verdict)
        rows: list[dict[str, Any]] = []
        kinds: set[str] = set()
        visits, endpoints = self._tables["audit_endpoints"], self._tables["endpoints"]
        visited = sa.select(visits, endpoints.c.endpoint).join(endpoints).where(visits.c.audit_id == audit)
        shown = self._shown(audit)
        for visit in list(self._connection.execute(visited)):
            seen = shown[visit.endpoint_id]
            kinds.update(row.kind for row in seen if row.observed)
            samples = [_sample(row.sample, visit.observed_at) if row.observed else [] for row in seen]
            state = self._state(
                ("endpoint", visit.endpoint), visit.endpoint_id, seen, said.pop(("endpoint", visit.endpoint), [])
            )
            rows.append(
                {
                    "audit_id": audit,
                    "state_id": state,
                    "observed_at": visit.observed_at,
                    "connect_us": _microseconds(json.loads(visit.connect_ms)),
                    "first_byte_us": _microseconds([visit.first_byte_ms]),
                    "connections": visit.connections,
                    "samples": zlib.compress(_json(samples).encode("ascii")) if any(samples) else None,
                }
            )
        self._insert("looks", rows)
        beyond = [self._state(subject, None, [], verdicts) for subject, verdicts in said.items()]
        self._insert("looks", [{"audit_id": audit, "state_id": state} for state in beyond])
        return {row["state_id"] for row in rows}.union(beyond), kinds

    def _shown(self, audit: int) -> dict[int, list[Any]]:
        samples, evidence = self._tables["samples"], self._tables["evidence"]
        statement = (
            sa.select(samples, evidence.c.kind, evidence.c.observed)
            .join(evidence)
            .where(samples.c.audit_id == audit)
            .order_by(samples.c.position, samples.c.evidence_id)
        )
        shown: dict[int, list[Any]] = defaultdict(list)
        for row in self._connection.execute(statement):
            shown[row.endpoint_id].append(row)
        return shown

    def _state(self, subject: Subject, endpoint: int | None, seen: list[Any], said: list[Said]) -> int:
        kind, name = subject
        about = self._intern("subjects", {"kind": kind, "subject": name}, _fingerprint([kind, name]))
        said = sorted(said, key=lambda item: item[0])
        evidence = [[row.position, row.evidence_id] for row in seen]
        digest = _fingerprint([about, endpoint, evidence, said])
        new = digest not in self._ids
        state = self._intern("states", {"subject_id": about, "endpoint_id": endpoint}, digest)
        if new:
            self._insert(
                "state_evidence",
                [
                    {"state_id": state, "slot": slot, "position": position, "evidence_id": number}
                    for slot, (position, number) in enumerate(evidence)
                ],
            )
            self._insert(
                "state_verdicts",
                [
                    {"state_id": state, "slot": slot, "verdict_id": number, "address": address}
                    for slot, (number, address) in enumerate(said)
                ],
            )
        return state

    def _intern(self, table: str, row: dict[str, Any], digest: bytes | None = None) -> int:
        digest = digest or _fingerprint([table, row])
        if digest not in self._ids:
            into = self._tables[table]
            statement = sa.insert(into).values(row | {"digest": digest}).returning(into.c.id)
            self._ids[digest] = self._connection.execute(statement).scalar_one()
        return self._ids[digest]

    def _insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(sa.insert(self._tables[table]), rows)


def _sample(text: str, look: datetime) -> list[Any]:
    fields = json.loads(text)
    observed_at = datetime.fromisoformat(fields.pop("observed_at")).replace(tzinfo=None)
    return [(observed_at - look) // _MICROSECOND, *(fields[name] for name in sorted(fields))]


def _microseconds(times_ms: list[float | None]) -> int | None:
    return next((round(ms * 1000) for ms in times_ms if ms is not None), None)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _fingerprint(content: object) -> bytes:
    return blake2b(_json(content).encode("ascii"), digest_size=16).digest()
