"""What earlier audits saw of one endpoint: a few of them, so that the cost does not grow with the history."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select

from tlsaudit.evidence import Evidence, EvidenceType, NotObserved
from tlsaudit.store import schema
from tlsaudit.store.codec import EncodedEvidence, decode_evidence
from tlsaudit.store.database import Database
from tlsaudit.store.errors import StoreError

MOST = 10
"""Earlier audits that are looked at."""

APART = timedelta(hours=20)
"""The least time between two of them: the last ten days of daily audits, and at least a week of hourly ones."""

_MOST_CONTENTS = 500  # of an endpoint whose addresses never stay the same


class Earlier:
    """What was seen before one audit began.

    Finished audits count alone: one that was interrupted is made up for by the next, which saw the same soon after.
    """

    def __init__(self, database: Database, audit: int) -> None:
        self._database = database
        self._audit = audit
        self._audits: dict[EvidenceType, list[int]] = {}

    def __call__(self, endpoint: str, address: str, kind: EvidenceType) -> list[Evidence]:
        """The evidence of this type at one address of an endpoint, newest first, at most MOST. What another version
        recorded and this one cannot read is left out. Raises StoreError where the database fails.
        """
        with self._database.read() as connection:
            if kind not in self._audits:
                self._audits[kind] = list(_spread(_audits_with(connection, self._audit, kind)))
            positions = _positions(connection, endpoint, address)
            return list(_evidence(connection, self._audits[kind], positions, kind))


def _audits_with(connection: Connection, audit: int, kind: EvidenceType) -> Iterator[tuple[int, datetime]]:
    """The finished audits before this one that saw evidence of this type, newest first, with their starts."""
    audits, samples, evidence = schema.audits.c, schema.samples.c, schema.evidence.c
    begun = select(audits.started_at).where(audits.id == audit).scalar_subquery()
    seen = exists().where(
        samples.audit_id == audits.id, samples.evidence_id == evidence.id, evidence.kind == kind.__name__
    )
    statement = (
        select(audits.id, audits.started_at)
        .where(audits.started_at < begun, audits.finished_at.is_not(None), seen)
        .order_by(audits.started_at.desc(), audits.id.desc())
    )
    for row in connection.execute(statement):
        yield row.id, row.started_at


def _spread(audits: Iterable[tuple[int, datetime]]) -> Iterator[int]:
    taken: list[datetime] = []
    for audit, started_at in audits:
        if not taken or taken[-1] - started_at >= APART:
            taken.append(started_at)
            yield audit
        if len(taken) == MOST:
            return


def _positions(connection: Connection, endpoint: str, address: str) -> dict[int, int]:
    """Where the address stands in what was recorded of the endpoint, by the id of each distinct content."""
    columns = schema.endpoints.c
    statement = (
        select(columns.id, columns.seen)
        .where(columns.endpoint == endpoint)
        .order_by(columns.id.desc())
        .limit(_MOST_CONTENTS)
    )
    seen = ((row.id, json.loads(row.seen)["addresses"]) for row in connection.execute(statement))
    return {number: addresses.index(address) for number, addresses in seen if address in addresses}


def _evidence(
    connection: Connection, audits: Sequence[int], positions: Mapping[int, int], kind: EvidenceType
) -> Iterator[Evidence]:
    samples, evidence = schema.samples.c, schema.evidence.c
    statement = (
        select(schema.samples, evidence.kind, evidence.body)
        .join(schema.evidence)
        .where(
            samples.audit_id.in_(audits),
            samples.endpoint_id.in_(positions),
            evidence.kind == kind.__name__,
            evidence.observed,
        )
    )
    rows = [row for row in connection.execute(statement) if row.position == positions[row.endpoint_id]]
    for row in sorted(rows, key=lambda row: audits.index(row.audit_id)):
        with suppress(StoreError):
            item = decode_evidence(EncodedEvidence(row.kind, observed=True, body=row.body, sample=row.sample))
            if not isinstance(item, NotObserved):
                yield item
