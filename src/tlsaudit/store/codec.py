"""Evidence and findings as JSON, split into what stays and what differs from look to look, and back without loss."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any, get_args

from pydantic import TypeAdapter

from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.evidence import Evidence, EvidenceType, NotObserved, Reason, sample_fields
from tlsaudit.store.errors import StoreError


def canonical(value: object) -> str:
    """Equal values give equal text, in ASCII. What is no JSON value becomes its string."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_json_value)


def digest(*columns: object) -> bytes:
    """16 bytes that stand for this content."""
    return blake2b(canonical(columns).encode("ascii"), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class EncodedEvidence:
    """`body` is the stable part, `sample` the rest."""

    kind: str
    observed: bool
    body: str
    sample: str


def encode_evidence(kind: EvidenceType, item: Evidence | NotObserved) -> EncodedEvidence:
    if isinstance(item, NotObserved):
        body = canonical({"reason": item.reason, "detail": item.detail})
        return EncodedEvidence(kind.__name__, observed=False, body=body, sample="")
    form = _forms()[kind.__name__]
    stable = form.adapter.dump_python(item, mode="json")
    sample = {name: stable.pop(name) for name in form.sample}
    return EncodedEvidence(kind.__name__, observed=True, body=canonical(stable), sample=canonical(sample))


def decode_evidence(encoded: EncodedEvidence) -> Evidence | NotObserved:
    """Raises StoreError where another version recorded what this one does not know."""
    stable = json.loads(encoded.body)
    try:
        if not encoded.observed:
            return NotObserved(Reason(stable["reason"]), stable["detail"])
        sample = json.loads(encoded.sample)
        item: Evidence = _forms()[encoded.kind].adapter.validate_python(stable | sample)
    except ValueError as error:  # an unknown reason, or what pydantic finds
        raise StoreError(f"this version cannot read the {encoded.kind} evidence that another one recorded") from error
    return item


def encode_finding(finding: Finding) -> dict[str, Any]:
    """The columns of a row of `findings`, all but its digest."""
    body = canonical(
        {
            "endpoint": finding.endpoint,
            "address": finding.address,
            "severity": finding.severity.label,
            "message": finding.message,
            "facts": finding.facts,
            "also": finding.also,
            "waiver": finding.waiver,
        }
    )
    return {
        "check": finding.check,
        "subject_kind": finding.subject.kind.value,
        "subject": finding.subject.id,
        "outcome": finding.outcome.value,
        "body": body,
    }


def decode_finding(row: dict[str, Any]) -> Finding:
    body = json.loads(row["body"])
    return Finding(
        check=row["check"],
        subject=Subject(SubjectKind(row["subject_kind"]), row["subject"]),
        endpoint=body["endpoint"],
        address=body["address"],
        outcome=Outcome(row["outcome"]),
        severity=Severity[body["severity"].upper()],
        message=body["message"],
        facts=body["facts"],
        also=tuple(body["also"]),
        waiver=body["waiver"],
    )


def _json_value(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, Sequence) else str(value)


@dataclass(frozen=True, slots=True)
class _Form:
    adapter: TypeAdapter[Any]
    sample: frozenset[str]


@cache
def _forms() -> dict[str, _Form]:
    return {kind.__name__: _Form(TypeAdapter(kind), sample_fields(kind)) for kind in get_args(Evidence)}
