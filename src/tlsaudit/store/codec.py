"""Evidence and findings as JSON, split into what stays and what differs from look to look, and back without loss."""

import json
import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError, from_json

from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.evidence import Evidence, EvidenceType, NotObserved, Reason, sample_fields
from tlsaudit.store.errors import StoreError

_MICROSECOND = timedelta(microseconds=1)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for a time that is not known."""

_TIME = "observed_at"
_HOST = "host"

Sample = Sequence[Any]
"""The sample fields of evidence: when it was observed, in microseconds after the look, then the others by name."""


def _json_value(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return list(value) if isinstance(value, Sequence) else str(value)


canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_json_value).encode
"""Equal values give equal text, in ASCII. What is no JSON value becomes its string."""


def digest(*columns: object) -> bytes:
    """16 bytes that stand for this content."""
    return fingerprint(canonical(columns).encode("ascii"))


def fingerprint(content: bytes) -> bytes:
    """16 bytes that stand for these."""
    return blake2b(content, digest_size=16).digest()


def pack(content: bytes) -> bytes:
    """As the bodies of evidence are stored."""
    return zlib.compress(content)


@lru_cache(maxsize=256)  # as for `_stable_part`
def unpack(packed: bytes) -> bytes:
    return zlib.decompress(packed)


def pack_samples(samples: Sequence[Sample | None]) -> bytes | None:
    """Those of one look, in the order of its slots; None where there are none."""
    return pack(canonical(samples).encode("ascii")) if any(samples) else None


def unpack_samples(packed: bytes | None) -> Sequence[Sample]:
    return json.loads(zlib.decompress(packed)) if packed else ()


def pack_ids(ids: Sequence[int]) -> bytes:
    """Of the verdicts of a state, or of their meanings, in the order of their slots: four bytes each, little-endian."""
    return struct.pack(f"<{len(ids)}I", *ids)


def unpack_ids(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(packed) // 4}I", packed)


def pack_addresses(addresses: Sequence[str | None]) -> str | None:
    """That of each verdict of a state. Most states have one for all, which is said once; else each has a line."""
    one, *others = dict.fromkeys(addresses) or [None]
    return "\n".join(address or "" for address in addresses) if others else one


def unpack_addresses(packed: str | None, verdicts: int) -> Sequence[str | None]:
    if packed and "\n" in packed:  # an address, which may be a name, has none
        return [address or None for address in packed.split("\n")]
    return [packed or None] * verdicts


@dataclass(frozen=True, slots=True)
class EncodedEvidence:
    """`body` is the stable part, JSON in ASCII or UTF-8. `sample` is the rest; None where it is no longer kept."""

    kind: str
    observed: bool
    body: bytes
    sample: Sample | None


def encode_evidence(kind: EvidenceType, item: Evidence | NotObserved, look: datetime, host: str) -> EncodedEvidence:
    """`look` is when the endpoint was looked at, `host` its name: a body does not repeat that, so that one certificate
    on many hosts is one content.
    """
    name = kind.__name__
    if isinstance(item, NotObserved):
        body = canonical({"reason": item.reason, "detail": item.detail})
        return EncodedEvidence(name, observed=False, body=body.encode("ascii"), sample=())
    form = _forms()[name]
    sample = [(item.observed_at - look) // _MICROSECOND, *(getattr(item, field) for field in form.sample)]
    left_out = form.left_out | {_HOST} if getattr(item, _HOST, None) == host else form.left_out
    return EncodedEvidence(name, observed=True, body=_stable(form, item, left_out), sample=sample)


def _stable(form: "_Form", item: Evidence, left_out: set[str]) -> bytes:
    try:
        return form.adapter.dump_json(item, exclude=left_out)
    except PydanticSerializationError:  # a lone surrogate, which a hostile server may send
        stable = form.adapter.dump_python(item, mode="json", exclude=left_out)
        return canonical(stable).encode("ascii")


def decode_evidence(encoded: EncodedEvidence, look: datetime, host: str) -> Evidence | NotObserved:
    """Sample fields that are not kept are None, and such evidence was observed when the endpoint was looked at.

    Raises StoreError where another version recorded what this one does not know.
    """
    try:
        if not encoded.observed:
            missing = json.loads(encoded.body)
            return NotObserved(Reason(missing["reason"]), missing["detail"])
        item, named = _stable_part(encoded.kind, encoded.body)
        adapters = _forms()[encoded.kind].sample
        after, *rest = encoded.sample or (0,)
        if len(rest) != len(adapters):
            rest = [None] * len(adapters)
        sample = {field: adapters[field].validate_python(value) for field, value in zip(adapters, rest, strict=True)}
        host_left_out = {} if named else {_HOST: host}
        seen: Evidence = replace(item, observed_at=look + after * _MICROSECOND, **sample, **host_left_out)
    except (ValueError, KeyError) as error:  # an unknown reason or kind, or what pydantic finds
        raise StoreError(f"this version cannot read the {encoded.kind} evidence that another one recorded") from error
    return seen


@lru_cache(maxsize=256)  # the sites of a service, which are read one after the other, are much alike
def _stable_part(kind: str, body: bytes) -> tuple[Any, bool]:
    """The evidence without its samples, and whether it says itself of which host it is."""
    form, stable = _forms()[kind], json.loads(body)
    named = not form.has_host or _HOST in stable
    nothing = dict.fromkeys(form.sample) | {_TIME: NEVER} | ({} if named else {_HOST: ""})
    return form.adapter.validate_python(stable | nothing), named


HOST = "{=host=}"
"""In what is said of an endpoint, its host: what a fleet is told otherwise in nothing but that is one content."""

_UNEXCUSED = '"waiver":null}'
_HOSTED = f'"waiver":null,"host":"{HOST}"}}'
"""How a body ends in which a host is left out. With the host in its place it says of which it speaks."""


def host_of(endpoint: str) -> str:
    """Of an endpoint with this id."""
    return endpoint.rpartition("://")[2].partition("@")[0].rpartition(":")[0]


def left_out_of(subject: Subject) -> str | None:
    """The host that is left out of what is said of a subject. A name without a dot may be part of any word."""
    host = host_of(subject.id) if subject.kind is SubjectKind.ENDPOINT else ""
    return host if "." in host else None


_IN_ESCAPE = re.compile(r"\\(u[0-9a-f]{0,3})?$")


def _places(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def without_host(body: str, host: str) -> str:
    """The body of a finding without this host; as it is where it speaks of none, where a waiver excuses it, whose words
    are not the check's, and where the name begins within an escape of JSON."""
    if host not in body or HOST in body or not body.endswith(_UNEXCUSED):
        return body
    if "\\" in body and any(_IN_ESCAPE.search(body, max(at - 5, 0), at) for at in _places(host, body)):
        return body
    return body.removesuffix(_UNEXCUSED).replace(host, HOST) + _HOSTED


@dataclass(frozen=True, slots=True)
class EncodedFinding:
    """What a check says, whomever it says it of. `facts` are the values of the sample facts that `body` names."""

    check: str
    outcome: str
    body: str
    facts: Sequence[Any]


def encode_finding(finding: Finding) -> EncodedFinding:
    names = sorted(finding.samples & finding.facts.keys()) if finding.samples else ()
    body = {
        "severity": finding.severity.label,
        "message": finding.message,
        "facts": {name: fact for name, fact in finding.facts.items() if name not in names} if names else finding.facts,
        "also": finding.also,
        "waiver": finding.waiver,
        "samples": names,
    }
    if finding.vantages:
        body["vantages"] = finding.vantages
    text = canonical(body)
    if host := left_out_of(finding.subject):
        text = without_host(text, host)
    return EncodedFinding(finding.check, finding.outcome.value, text, [finding.facts[name] for name in names])


def decode_finding(encoded: EncodedFinding, subject: Subject, address: str | None) -> Finding:
    """Sample facts that are not kept are absent."""
    said = said_in(encoded.check, encoded.outcome, encoded.body).about(subject.id)
    return said.of(subject, address, encoded.facts)


@dataclass(slots=True, eq=False)
class Said:
    """What a check says, whomever it says it of. `samples` are the names of its sample facts. `form` is the body where
    HOST stands in it for the host. The same object is the same, so that what is made of it can be kept. Never changed,
    and not frozen, since that takes three times as long to make.
    """

    check: str
    outcome: Outcome
    severity: Severity
    message: str
    facts: dict[str, Any]
    also: tuple[str, ...]
    waiver: str | None
    samples: tuple[str, ...]
    vantages: dict[str, Outcome]
    form: str | None

    def about(self, subject: str) -> "Said":
        """What is said of the subject with this id, by its name."""
        if self.form is None:
            return self
        return _read_said(self.check, self.outcome.value, self.form.replace(HOST, host_of(subject)))

    def of(self, subject: Subject, address: str | None, values: Sequence[Any]) -> Finding:
        """With the values of the sample facts, none where they are not kept."""
        return Finding(
            self.check,
            subject,
            subject.id if subject.kind is SubjectKind.ENDPOINT else None,
            address,
            self.outcome,
            self.severity,
            self.message,
            self.facts_with(values),
            self.also,
            self.waiver,
            frozenset(self.samples if len(values) == len(self.samples) else ()),
            self.vantages,
        )

    def facts_with(self, values: Sequence[Any]) -> dict[str, Any]:
        """All facts, where the values of the sample facts are kept; else the others."""
        if not self.samples or len(values) != len(self.samples):
            return self.facts
        return {**self.facts, **dict(zip(self.samples, values, strict=True))}


@lru_cache(maxsize=1024)  # most of a fleet is told the same
def said_in(check: str, outcome: str, body: str) -> Said:
    """The columns of a row of `verdicts`."""
    return _read_said(check, outcome, body)


def _read_said(check: str, outcome: str, body: str) -> Said:
    said = read_json(body)
    vantages = said.get("vantages")
    return Said(
        check,
        _OUTCOMES[outcome],
        _SEVERITIES[said["severity"]],
        said["message"],
        said["facts"],
        tuple(said["also"]),
        said["waiver"],
        tuple(said["samples"]),
        {vantage: _OUTCOMES[worst] for vantage, worst in vantages.items()} if vantages else {},
        body if said.get("host") == HOST else None,
    )


_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_SEVERITIES = {severity.label: severity for severity in Severity}


def read_json(body: str) -> Any:
    """pydantic reads JSON in half the time, but for lone surrogates, which a server may have sent."""
    try:
        return from_json(body)
    except ValueError:
        return json.loads(body)


@dataclass(frozen=True, slots=True)
class _Form:
    adapter: TypeAdapter[Any]
    sample: Mapping[str, TypeAdapter[Any]]
    left_out: set[str]
    has_host: bool


@cache
def _forms() -> dict[str, _Form]:
    forms = {}
    for kind in get_args(Evidence):
        fields, hints = sample_fields(kind), get_type_hints(kind)
        sample = {field: TypeAdapter(hints[field]) for field in sorted(fields - {_TIME})}
        has_host = _HOST in kind.__dataclass_fields__
        forms[kind.__name__] = _Form(TypeAdapter(kind), sample, set(fields), has_host)
    return forms
