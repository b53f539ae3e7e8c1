"""Collects what an audit brought and writes it at once. What is stored already is only pointed at."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, select

from tlsaudit.check import Finding, Outcome, Subject, SubjectKind
from tlsaudit.evidence import (
    EndpointObservation,
    Evidence,
    EvidenceType,
    HttpsExchange,
    LinkState,
    NotObserved,
    WebLatency,
)
from tlsaudit.store import schema
from tlsaudit.store.bulk import Row, ids_of, insert_all, insert_missing
from tlsaudit.store.codec import (
    HOST,
    NEVER,
    Sample,
    canonical,
    digest,
    encode_evidence,
    encode_finding,
    fingerprint,
    left_out_of,
    pack,
    pack_addresses,
    pack_ids,
    pack_samples,
)
from tlsaudit.target import Endpoint

_LATELY = 1024  # findings: what is said of a service may be thousands of bytes, and is seldom said of another


class _Verdict(NamedTuple):
    """A row of content, its meaning, and which address it is of."""

    content: Row
    meaning: Row
    address: str | None


@dataclass(frozen=True, slots=True)
class _State:
    """All that was seen and said of one subject: rows of content, of evidence each with what stands beside its id where
    the state points to it, of verdicts by their slots, each with the address it is of."""

    digest: bytes
    subject: Row
    endpoint: Row | None
    evidence: Sequence[tuple[Row, Row]]
    verdicts: Sequence[_Verdict]


@cache
def _meaning(check: str, outcome: Outcome, excused: bool) -> Row:
    return content_row(check=check, outcome=outcome.value, excused=excused)


class Verdicts:
    """Findings as rows of content. Most of a fleet is told the same: what was encoded lately is not encoded again."""

    def __init__(self) -> None:
        self._lately: dict[Any, tuple[Finding, Row]] = {}

    def of(self, subject: Subject, findings: Iterable[Finding]) -> tuple[list[_Verdict], str | None]:
        """Those on a subject, the ones with sample facts first, and the values of these."""
        host = left_out_of(subject)
        said = [(finding, *self._content(finding, host)) for finding in findings]
        said.sort(key=lambda item: (not item[2], item[0].check))
        facts = [values for _, _, values in said if values]
        rows = [
            _Verdict(content, _meaning(each.check, each.outcome, each.waiver is not None), each.address)
            for each, content, _ in said
        ]
        return rows, canonical(facts) if facts else None

    def _content(self, finding: Finding, host: str | None) -> tuple[Row, Sequence[Any]]:
        key = (finding.check, finding.outcome, finding.message)
        lately = self._lately.get(key)
        if lately and _said_alike(lately[0], finding) and not (host and host in lately[1]["body"]):
            return lately[1], ()
        encoded = encode_finding(finding)
        content = {
            "digest": fingerprint(f"{encoded.check} {encoded.outcome} {encoded.body}".encode()),
            "check": encoded.check,
            "outcome": encoded.outcome,
            "body": encoded.body,
        }
        # Of a fleet it is said once, and maybe at length; what names the host is another content for another host.
        once = finding.subject.kind is SubjectKind.FLEET or HOST in encoded.body or (host and host in encoded.body)
        if not finding.samples and not once:
            if len(self._lately) == _LATELY:
                self._lately.clear()
            self._lately[key] = finding, content
        return content, encoded.facts


def _said_alike(one: Finding, other: Finding) -> bool:
    return (
        one.facts == other.facts
        and one.also == other.also
        and one.waiver == other.waiver
        and one.severity is other.severity
        and one.samples == other.samples
        and one.vantages == other.vantages
    )


class Batch:
    """What is to be written in one transaction: what was seen and said, and the figures of each look."""

    def __init__(self, verdicts: Verdicts) -> None:
        self._verdicts = verdicts
        self._looks: list[tuple[_State, Row]] = []
        self._tried = False

    def __len__(self) -> int:
        return len(self._looks)

    def add_observation(
        self,
        audit: int,
        endpoint: Endpoint,
        seen: EndpointObservation,
        findings: Iterable[Finding],
        headline: Sequence[Any],
    ) -> None:
        evidence: list[tuple[Row, Row]] = []
        samples: list[Sample | None] = []
        for position, address in enumerate(seen.addresses):
            for kind, item in address.evidence.items():
                content, sample = _content(kind, item, seen.observed_at, endpoint.host)
                evidence.append((content, {"position": position, "slot": len(samples)}))
                samples.append(sample)
        subject = Subject(SubjectKind.ENDPOINT, endpoint.id)
        verdicts, facts = self._verdicts.of(subject, findings)
        look = {
            "audit_id": audit,
            "observed_at": seen.observed_at,
            "connect_us": _microseconds(address.connect_ms for address in seen.addresses),
            "first_byte_us": _microseconds(_first_bytes(seen)),
            "handshake_us": _microseconds(_handshakes(seen)),
            "connections": seen.connections,
            "samples": pack_samples(samples),
            "facts": facts,
        }
        self._looks.append((_state(subject, _endpoint(endpoint, seen, headline), evidence, verdicts), look))

    def add_findings(
        self, audit: int, findings: Iterable[Finding], links: Mapping[str, LinkState | NotObserved]
    ) -> None:
        by_subject = sorted(findings, key=lambda finding: (finding.subject.kind, finding.subject.id))
        for subject, said in groupby(by_subject, key=lambda finding: finding.subject):
            verdicts, facts = self._verdicts.of(subject, said)
            look = dict.fromkeys(
                ("observed_at", "connect_us", "first_byte_us", "handshake_us", "connections", "samples")
            )
            evidence: list[tuple[Row, Row]] = []
            if subject.kind is SubjectKind.LINK and (seen := links.get(subject.id)):
                at = None if isinstance(seen, NotObserved) else seen.observed_at
                content, sample = _content(LinkState, seen, at or NEVER, "")
                evidence.append((content, {"position": 0, "slot": 0}))
                look |= {"observed_at": at, "samples": pack_samples([sample])}
            self._looks.append((_state(subject, None, evidence, verdicts), look | {"audit_id": audit, "facts": facts}))

    def write(self, connection: Connection) -> None:
        if connection.dialect.name == "postgresql":  # SQLite lets one writer begin
            # Whoever deletes what nothing points to takes its turn: no id is of what is deleted meanwhile.
            connection.exec_driver_sql("LOCK TABLE states IN ROW EXCLUSIVE MODE")
        states = {state.digest: state for state, _ in self._looks}
        ids = ids_of(connection, schema.states, list(states))
        missing = [states[each] for each in sorted(states.keys() - ids.keys())]
        if missing:
            ids |= _store(connection, missing)
        looks = [look | {"state_id": ids[state.digest]} for state, look in self._looks]
        if self._tried:  # the database may have gone away before it could say that it was done
            looks = [look for look in looks if not _is_stored(connection, look)]
        self._tried = True
        insert_all(connection, schema.looks, looks)


def _is_stored(connection: Connection, look: Row) -> bool:
    stored = schema.looks.c
    same = stored.audit_id == look["audit_id"], stored.state_id == look["state_id"]
    return connection.scalar(select(stored.audit_id).where(*same)) is not None


def _content(kind: EvidenceType, item: Evidence | NotObserved, look: datetime, host: str) -> tuple[Row, Sample | None]:
    encoded = encode_evidence(kind, item, look, host)
    content = {
        "digest": fingerprint(b"%s %d %s" % (encoded.kind.encode(), encoded.observed, encoded.body)),
        "kind": encoded.kind,
        "observed": encoded.observed,
        "body": encoded.body,
    }
    return content, encoded.sample


def _store(connection: Connection, states: Sequence[_State]) -> dict[bytes, int]:
    """Store states that are new, and what of their content is."""
    subjects = intern(connection, schema.subjects, [state.subject for state in states])
    endpoints = intern(connection, schema.endpoints, [state.endpoint for state in states if state.endpoint])
    evidence = intern(
        connection, schema.evidence, [content for state in states for content, _ in state.evidence], _packed
    )
    said = [verdict for state in states for verdict in state.verdicts]
    verdicts = intern(connection, schema.verdicts, [verdict.content for verdict in said])
    meanings = intern(connection, schema.meanings, [verdict.meaning for verdict in said])
    rows = [
        {
            "digest": state.digest,
            "subject_id": subjects[state.subject["digest"]],
            "endpoint_id": endpoints[state.endpoint["digest"]] if state.endpoint else None,
            "verdicts": pack_ids([verdicts[verdict.content["digest"]] for verdict in state.verdicts]),
            "meanings": pack_ids([meanings[verdict.meaning["digest"]] for verdict in state.verdicts]),
            "addresses": pack_addresses([verdict.address for verdict in state.verdicts]),
        }
        for state in states
    ]
    ids = insert_missing(connection, schema.states, rows)
    new = [state for state in states if state.digest in ids]  # the others came with all that they point to
    insert_all(
        connection,
        schema.state_evidence,
        [
            beside | {"state_id": ids[state.digest], "evidence_id": evidence[content["digest"]]}
            for state in new
            for content, beside in state.evidence
        ],
    )
    return ids | ids_of(connection, schema.states, [state.digest for state in states if state.digest not in ids])


def _packed(evidence: Row) -> Row:
    return evidence | {"body": pack(evidence["body"])}


def content_row(**columns: object) -> Row:
    """A row that is stored once, found by its digest."""
    return {"digest": digest(*columns.values()), **columns}


def intern(
    connection: Connection, into: Table, rows: Iterable[Row], prepared: Callable[[Row], Row] = dict
) -> dict[bytes, int]:
    """Store each distinct row once, `prepared` where it is new, and say the id of each by its digest."""
    distinct = {row["digest"]: row for row in rows}
    ids = ids_of(connection, into, list(distinct))
    missing = sorted(distinct.keys() - ids.keys())
    ids |= insert_missing(connection, into, [prepared(distinct[each]) for each in missing])
    return ids | ids_of(connection, into, [each for each in missing if each not in ids])


def _state(
    subject: Subject, endpoint: Row | None, evidence: Sequence[tuple[Row, Row]], verdicts: Sequence[_Verdict]
) -> _State:
    about = content_row(kind=subject.kind.value, subject=subject.id)
    parts = [
        about["digest"],
        endpoint["digest"] if endpoint else b"",
        *(b"%d %s" % (beside["position"], content["digest"]) for content, beside in evidence),
        b"said",
        *(verdict.content["digest"] + str(verdict.address).encode() for verdict in verdicts),
    ]
    return _State(fingerprint(b"\n".join(parts)), about, endpoint, evidence, verdicts)


def _endpoint(endpoint: Endpoint, seen: EndpointObservation, headline: Sequence[Any]) -> Row:
    reason, unresolved = seen.reason, seen.unresolved
    by_vantage = seen.by_vantage
    places = {
        "vantages": [address.vantage for address in seen.addresses],
        "unreached": {name: str(each.reason) for name, each in by_vantage.items() if not each.reachable},
    }
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
                "headline": headline,
                **(places if by_vantage else {}),
            }
        ),
    )


def _first_bytes(seen: EndpointObservation) -> Iterator[float | None]:
    for address in seen.addresses:
        item = address.evidence.get(HttpsExchange)
        if isinstance(item, HttpsExchange):
            yield item.first_byte_ms


def _handshakes(seen: EndpointObservation) -> Iterator[float | None]:
    for address in seen.addresses:
        item = address.evidence.get(WebLatency)
        if isinstance(item, WebLatency):
            yield item.https_tls_ms


def _microseconds(times_ms: Iterable[float | None]) -> int | None:
    """The first that there is."""
    return next((round(ms * 1000) for ms in times_ms if ms is not None), None)
