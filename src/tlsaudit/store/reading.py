"""From rows back to what was recorded."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, or_, select

from tlsaudit.check import Finding
from tlsaudit.evidence import Evidence, EvidenceType, NotObserved, Reason
from tlsaudit.store import schema
from tlsaudit.store.codec import EncodedEvidence, decode_evidence, decode_finding
from tlsaudit.store.errors import StoreError
from tlsaudit.store.records import Audit, EndpointSeen, EvidenceSeen, Pinned


def audit_of(row: RowMapping) -> Audit:
    return Audit(
        id=row["id"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        vantage=row["vantage"],
        version=row["version"],
        targets=row["targets"],
        targets_digest=row["targets_digest"],
        summary=json.loads(row["summary"]) if row["summary"] else None,
        notes=tuple(json.loads(row["notes"])) if row["notes"] else (),
    )


def read_pinned(connection: Connection, audit: int) -> Pinned:
    statement = select(schema.pinned.c.body).join(schema.audits).where(schema.audits.c.id == audit)
    body = connection.scalar(statement)
    if body is None:
        raise StoreError(f"there is no audit {audit}")
    return Pinned(**json.loads(body))


def read_endpoints(connection: Connection, audit: int) -> Iterator[EndpointSeen]:
    statement = (
        select(schema.endpoints, schema.audit_endpoints)
        .join(schema.audit_endpoints)
        .where(schema.audit_endpoints.c.audit_id == audit)
        .order_by(schema.endpoints.c.endpoint)
    )
    for row in connection.execute(statement).mappings():
        seen = json.loads(row["seen"])
        yield EndpointSeen(
            id=row["endpoint"],
            host=row["host"],
            port=row["port"],
            starttls=row["starttls"],
            service=row["service"],
            site=row["site"],
            owner=row["owner"],
            observed_at=row["observed_at"],
            addresses=tuple(seen["addresses"]),
            not_tried=tuple((address, why) for address, why in seen["not_tried"]),
            reachable=seen["reachable"],
            reason=seen["reason"],
            connect_ms=next((ms for ms in json.loads(row["connect_ms"]) if ms is not None), None),
            first_byte_ms=row["first_byte_ms"],
            headline=tuple(json.loads(row["headline"])),
            connections=row["connections"],
        )


def read_findings(connection: Connection, audit: int) -> Iterator[Finding]:
    columns = schema.findings.c
    statement = (
        select(schema.findings)
        .join(schema.audit_findings)
        .where(schema.audit_findings.c.audit_id == audit)
        .order_by(columns.subject_kind, columns.subject, columns.check)
    )
    return (decode_finding(dict(row)) for row in connection.execute(statement).mappings())


def read_evidence(connection: Connection, audit: int, kinds: Sequence[EvidenceType]) -> Iterator[EvidenceSeen]:
    rows = connection.execute(_evidence(audit, kinds)).mappings()
    for _, group in groupby(rows, key=lambda row: (row["endpoint"], row["position"])):
        yield _evidence_seen(list(group), kinds)


def _evidence(audit: int, kinds: Sequence[EvidenceType]) -> Select[Any]:
    endpoints, visits = schema.endpoints.c, schema.audit_endpoints.c
    samples, evidence = schema.samples.c, schema.evidence.c
    same_visit = (samples.audit_id == visits.audit_id) & (samples.endpoint_id == visits.endpoint_id)
    return (
        select(
            endpoints.endpoint,
            endpoints.service,
            endpoints.site,
            endpoints.seen,
            samples.position,
            samples.sample,
            evidence.kind,
            evidence.observed,
            evidence.body,
        )
        .select_from(schema.audit_endpoints)
        .join(schema.endpoints)
        .outerjoin(schema.samples, same_visit)
        .outerjoin(schema.evidence, evidence.id == samples.evidence_id)
        .where(
            visits.audit_id == audit,
            or_(evidence.kind.in_([kind.__name__ for kind in kinds]), samples.position.is_(None)),
        )
        .order_by(endpoints.service, endpoints.endpoint, samples.position)
    )


def _evidence_seen(rows: Sequence[RowMapping], kinds: Sequence[EvidenceType]) -> EvidenceSeen:
    first = rows[0]
    site, position = first["site"], first["position"]
    seen = json.loads(first["seen"])
    if position is None:
        reason, detail = seen["unresolved"] or (Reason.NOT_PROBED, "no address could be tried")
        missing: NotObserved = NotObserved(Reason(reason), detail)
        found: Mapping[str, Evidence | NotObserved] = {}
    else:
        missing = NotObserved(Reason.NOT_PROBED)
        found = {
            row["kind"]: decode_evidence(
                EncodedEvidence(row["kind"], observed=row["observed"], body=row["body"], sample=row["sample"])
            )
            for row in rows
        }
    return EvidenceSeen(
        endpoint=first["endpoint"],
        host=first["endpoint"].removesuffix(f"@{site}"),
        service=first["service"],
        site=site,
        address=None if position is None else seen["addresses"][position],
        evidence=tuple(found.get(kind.__name__, missing) for kind in kinds),
    )
