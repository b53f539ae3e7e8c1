"""From rows back to what was recorded."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Subquery, case, or_, select, true

from tlsaudit.check import SubjectKind
from tlsaudit.evidence import Evidence, EvidenceType, LinkState, NotObserved, Reason
from tlsaudit.store import schema
from tlsaudit.store.bulk import in_parts
from tlsaudit.store.codec import (
    EncodedEvidence,
    decode_evidence,
    read_json,
    unpack,
    unpack_samples,
)
from tlsaudit.store.errors import StoreError
from tlsaudit.store.recording import content_row
from tlsaudit.store.records import NOT_ASKED, Audit, EndpointKnown, EndpointSeen, EvidenceSeen, Pinned, VantageSeen
from tlsaudit.store.spans import found_in, found_in_each

T = TypeVar("T")


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
    """By id."""
    found, started_at = found_in(connection, audit), started(connection, audit)
    for row in connection.execute(_endpoints(connection, found, *endpoint_columns(found))):
        yield endpoint_of(row, started_at)


def read_known(connection: Connection, audit: int) -> Iterator[EndpointKnown]:
    """By id."""
    columns = [schema.endpoints.c[name] for name in EndpointKnown._fields]
    for row in connection.execute(_endpoints(connection, found_in(connection, audit), *columns)):
        yield EndpointKnown(*row)


def read_names(connection: Connection, audit: int) -> Iterator[str]:
    """The ids alone, in any order."""
    found = found_in(connection, audit)
    named = select(schema.endpoints.c.endpoint).select_from(found)
    joined = named.join(schema.states, schema.states.c.id == found.c.state_id).join(schema.endpoints)
    yield from connection.scalars(joined)


def by_letters(connection: Connection, *texts: ColumnElement[str]) -> Iterator[ColumnElement[str]]:
    """To be sorted by these as Python and SQLite do; PostgreSQL asks the language of the database."""
    for text in texts:
        yield text.collate("C") if connection.dialect.name == "postgresql" else text


SILENT = schema.endpoints.c.seen.contains('"reachable":false')
"""As `canonical` writes it. No text within can look so: its quotation marks have a backslash before them."""


def read_silent(connection: Connection, audit: int) -> Iterator[tuple[str, str | None]]:
    """The ids of those that did not answer, in order, with the reason."""
    endpoints = schema.endpoints.c
    told = (endpoints.endpoint, endpoints.seen)
    for name, seen in connection.execute(_endpoints(connection, found_in(connection, audit), *told).where(SILENT)):
        yield name, json.loads(seen)["reason"]


def _endpoints(connection: Connection, found: Subquery, *columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*columns)
        .select_from(found)
        .join(schema.states, schema.states.c.id == found.c.state_id)
        .join(schema.endpoints)
        .order_by(*by_letters(connection, schema.endpoints.c.endpoint))
    )


def endpoint_columns(found: Subquery) -> list[ColumnElement[Any]]:
    """What `endpoint_of` is made of."""
    endpoints, look = schema.endpoints.c, found.c
    return [
        *(endpoints.endpoint, endpoints.host, endpoints.port, endpoints.starttls),
        *(endpoints.service, endpoints.site, endpoints.owner, endpoints.seen),
        *(look.observed_at, look.connect_us, look.first_byte_us, look.connections),
    ]


def endpoint_of(row: Sequence[Any], started_at: datetime) -> EndpointSeen:
    """`started_at` is when the audit was."""
    name, host, port, starttls, service, site, owner, body, observed_at, connect_us, first_byte_us, connections = row
    seen = read_json(body)
    return EndpointSeen(
        id=name,
        host=host,
        port=port,
        starttls=starttls,
        service=service,
        site=site,
        owner=owner,
        observed_at=observed_at or started_at,
        addresses=tuple(dict.fromkeys(seen["addresses"])),
        not_tried=tuple((address, why) for address, why in seen["not_tried"]),
        reachable=seen["reachable"],
        reason=seen["reason"],
        connect_ms=_milliseconds(connect_us),
        first_byte_ms=_milliseconds(first_byte_us),
        headline=tuple(seen["headline"]),
        connections=connections,
        vantages=tuple(_vantages(seen)) if "vantages" in seen else (),
    )


def _vantages(seen: Mapping[str, Any]) -> Iterator[VantageSeen]:
    at = [*zip(seen["vantages"], seen["addresses"], strict=True)]
    for name in dict.fromkeys(vantage for vantage, _ in at):
        addresses = tuple(address for vantage, address in at if vantage == name)
        yield VantageSeen(name, addresses, seen["unreached"].get(name))


def started(connection: Connection, audit: int) -> datetime:
    """When an audit began. Raises StoreError where there is none."""
    return _about(connection, audit)[0]


def _about(connection: Connection, audit: int) -> tuple[datetime, str]:
    """When it began, and from where."""
    audits = schema.audits.c
    row = connection.execute(select(audits.started_at, audits.vantage).where(audits.id == audit)).one_or_none()
    if row is None:
        raise StoreError(f"there is no audit {audit}")
    return row.started_at, row.vantage


def _milliseconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1000


def of_slot(values: Sequence[T], slot: int) -> T | None:
    """None where it is not kept, or there was none."""
    return values[slot] if slot < len(values) else None


def read_links(connection: Connection, audit: int) -> dict[str, LinkState | NotObserved]:
    started_at, found = started(connection, audit), found_in(connection, audit)
    subjects, shown, evidence = schema.subjects.c, schema.state_evidence.c, schema.evidence.c
    statement = (
        select(subjects.subject, found.c.observed_at, found.c.samples, evidence.kind, evidence.observed, evidence.body)
        .select_from(found)
        .join(schema.states, schema.states.c.id == found.c.state_id)
        .join(schema.subjects)
        .join(schema.state_evidence, shown.state_id == found.c.state_id)
        .join(schema.evidence)
        .where(subjects.kind == SubjectKind.LINK.value)
    )
    held: dict[str, LinkState | NotObserved] = {}
    for row in connection.execute(statement):
        sample = of_slot(unpack_samples(row.samples), 0)
        encoded = EncodedEvidence(row.kind, observed=row.observed, body=unpack(row.body), sample=sample)
        item = decode_evidence(encoded, row.observed_at or started_at, "")
        if isinstance(item, LinkState | NotObserved):
            held[row.subject] = item
    return held


def read_evidence(
    connection: Connection, audits: Sequence[int], kinds: Sequence[EvidenceType], of: Sequence[str] | None = None
) -> Iterator[EvidenceSeen]:
    about = {audit: _about(connection, audit) for audit in audits}
    found = found_in_each(connection, audits)
    statement = _evidence(connection, found, kinds)
    for only in [true()] if of is None else _states_of(found, of):
        rows = connection.execute(statement.where(only)).mappings()
        for (_, audit, _), group in groupby(rows, key=lambda row: (row["endpoint"], row["audit_id"], row["position"])):
            looks = list(group)
            yield _evidence_seen(looks[0], looks, kinds, *about[audit])


def _states_of(found: Subquery, endpoints: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    """The states of these, of as many at a time as one statement may name."""
    subjects = schema.subjects.c
    digests = [content_row(kind=SubjectKind.ENDPOINT.value, subject=each)["digest"] for each in endpoints]
    for some in in_parts(digests):
        named = subjects.digest.in_(some)
        # As a join, SQLite would go through all that was found.
        yield found.c.state_id.in_(select(schema.states.c.id).join(schema.subjects).where(named))


def read_missing(connection: Connection, audit: int, kinds: Sequence[EvidenceType]) -> Iterator[EvidenceSeen]:
    about, evidence = _about(connection, audit), schema.evidence.c
    unread = case((evidence.observed, None), else_=evidence.body).label("body")
    rows = connection.execute(_evidence(connection, found_in_each(connection, [audit]), kinds, unread)).mappings()
    for _, group in groupby(rows, key=lambda row: (row["endpoint"], row["position"])):
        looks = list(group)
        missing = [row for row in looks if not row["observed"]]
        seen = {row["kind"] for row in looks if row["observed"]}
        if rest := [kind for kind in kinds if kind.__name__ not in seen]:
            yield _evidence_seen(looks[0], missing, rest, *about)


def _evidence(
    connection: Connection,
    found: Subquery,
    kinds: Sequence[EvidenceType],
    body: ColumnElement[bytes | None] = schema.evidence.c.body,
) -> Select[Any]:
    endpoints, shown, evidence = schema.endpoints.c, schema.state_evidence.c, schema.evidence.c
    return (
        select(
            endpoints.endpoint,
            endpoints.host,
            endpoints.service,
            endpoints.site,
            endpoints.seen,
            shown.position,
            shown.slot,
            found.c.audit_id,
            found.c.observed_at,
            found.c.samples,
            evidence.kind,
            evidence.observed,
            body,
        )
        .select_from(found)
        .join(schema.states, schema.states.c.id == found.c.state_id)
        .join(schema.endpoints)
        .outerjoin(schema.state_evidence, shown.state_id == found.c.state_id)
        .outerjoin(schema.evidence, evidence.id == shown.evidence_id)
        .where(or_(evidence.kind.in_([kind.__name__ for kind in kinds]), shown.position.is_(None)))
        .order_by(*by_letters(connection, endpoints.service, endpoints.endpoint), found.c.audit_id, shown.position)
    )


def _evidence_seen(
    first: RowMapping, rows: Sequence[RowMapping], kinds: Sequence[EvidenceType], started_at: datetime, vantage: str
) -> EvidenceSeen:
    site, position = first["site"], first["position"]
    seen = json.loads(first["seen"])
    if position is None:
        reason, detail = seen["unresolved"] or (Reason.NOT_PROBED, "no address could be tried")
        missing: NotObserved = NotObserved(Reason(reason), detail)
        found: Mapping[str, Evidence | NotObserved] = {}
    else:
        missing = NOT_ASKED
        samples = unpack_samples(first["samples"])
        look = first["observed_at"] or started_at
        found = {
            row["kind"]: decode_evidence(
                EncodedEvidence(
                    row["kind"],
                    observed=row["observed"],
                    body=unpack(row["body"]),
                    sample=of_slot(samples, row["slot"]),
                ),
                look,
                row["host"],
            )
            for row in rows
        }
    return EvidenceSeen(
        endpoint=first["endpoint"],
        host=first["endpoint"].removesuffix(f"@{site}"),
        service=first["service"],
        site=site,
        vantage=vantage if position is None else seen.get("vantages", {position: vantage})[position],
        address=None if position is None else seen["addresses"][position],
        evidence=tuple(found.get(kind.__name__, missing) for kind in kinds),
    )
