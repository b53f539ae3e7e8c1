"""Collects what an audit brought and writes it at once. What is stored already is only pointed at."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from tlsaudit.check import Finding
from tlsaudit.evidence import EndpointObservation, HttpsExchange
from tlsaudit.store import schema
from tlsaudit.store.codec import canonical, digest, encode_evidence, encode_finding
from tlsaudit.target import Endpoint

Row = dict[str, Any]

_PARAMETERS = 500  # in one statement; every database takes so many


class Batch:
    """What is to be written in one transaction: content, each with the row of the audit that points to it."""

    def __init__(self) -> None:
        self.observations = 0
        self._endpoints: list[tuple[Row, Row]] = []
        self._evidence: list[tuple[bytes, Row, Row]] = []
        self._findings: list[tuple[Row, Row]] = []

    def __bool__(self) -> bool:
        return bool(self._endpoints or self._findings)

    def add_observation(
        self, audit: int, endpoint: Endpoint, seen: EndpointObservation, headline: Sequence[str], connections: int
    ) -> None:
        content = _endpoint(endpoint, seen)
        pointer = {
            "audit_id": audit,
            "observed_at": seen.observed_at,
            "connect_ms": canonical([address.connect_ms for address in seen.addresses]),
            "first_byte_ms": _first_byte_ms(seen),
            "headline": canonical(headline),
            "connections": connections,
        }
        self.observations += 1
        self._endpoints.append((content, pointer))
        for position, address in enumerate(seen.addresses):
            for kind, item in address.evidence.items():
                encoded = encode_evidence(kind, item)
                columns = {"kind": encoded.kind, "observed": encoded.observed, "body": encoded.body}
                sample = {"audit_id": audit, "position": position, "sample": encoded.sample}
                self._evidence.append((content["digest"], content_row(**columns), sample))

    def add_findings(self, audit: int, findings: Sequence[Finding]) -> None:
        self._findings.extend((content_row(**encode_finding(finding)), {"audit_id": audit}) for finding in findings)

    def write(self, connection: Connection) -> None:
        endpoints = intern(connection, schema.endpoints, [content for content, _ in self._endpoints])
        evidence = intern(connection, schema.evidence, [content for _, content, _ in self._evidence])
        findings = intern(connection, schema.findings, [content for content, _ in self._findings])
        insert_all(
            connection,
            schema.audit_endpoints,
            [pointer | {"endpoint_id": endpoints[content["digest"]]} for content, pointer in self._endpoints],
        )
        insert_all(
            connection,
            schema.samples,
            [
                sample | {"endpoint_id": endpoints[endpoint], "evidence_id": evidence[content["digest"]]}
                for endpoint, content, sample in self._evidence
            ],
        )
        insert_all(
            connection,
            schema.audit_findings,
            [pointer | {"finding_id": findings[content["digest"]]} for content, pointer in self._findings],
        )


def content_row(**columns: object) -> Row:
    """A row that is stored once, found by its digest."""
    return {"digest": digest(*columns.values()), **columns}


def intern(connection: Connection, into: Table, rows: Sequence[Row]) -> dict[bytes, int]:
    """Store each distinct row once, and say the id of each by its digest."""
    distinct = {row["digest"]: row for row in rows}
    ids = _ids(connection, into, list(distinct))
    # Sorted, so that two writers that store the same never wait for one another.
    missing = sorted(distinct.keys() - ids.keys())
    insert_all(connection, into, [distinct[each] for each in missing])
    return ids | _ids(connection, into, missing)


def insert_all(connection: Connection, into: Table, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(insert(into), rows)


def _ids(connection: Connection, stored: Table, digests: Sequence[bytes]) -> dict[bytes, int]:
    ids: dict[bytes, int] = {}
    for start in range(0, len(digests), _PARAMETERS):
        part = digests[start : start + _PARAMETERS]
        found = connection.execute(select(stored.c.digest, stored.c.id).where(stored.c.digest.in_(part)))
        ids.update((row.digest, row.id) for row in found)
    return ids


def _endpoint(endpoint: Endpoint, seen: EndpointObservation) -> Row:
    reason, unresolved = seen.reason, seen.unresolved
    return content_row(
        endpoint=endpoint.id,
        host=endpoint.host,
        port=endpoint.port,
        starttls=endpoint.starttls,
        service=endpoint.service,
        site=endpoint.site,
        owner=endpoint.owner,
        seen=canonical(
            {
                "addresses": [address.address for address in seen.addresses],
                "not_tried": seen.not_tried,
                "reachable": seen.reachable,
                "reason": str(reason) if reason else None,
                "unresolved": [unresolved.reason, unresolved.detail] if unresolved else None,
            }
        ),
    )


def _first_byte_ms(seen: EndpointObservation) -> float | None:
    exchanges = (address.evidence.get(HttpsExchange) for address in seen.addresses)
    return next((item.first_byte_ms for item in exchanges if isinstance(item, HttpsExchange)), None)
