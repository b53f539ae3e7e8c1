"""What the history gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from tlsaudit.check import Finding, Subject
from tlsaudit.evidence import Evidence, NotObserved, Reason
from tlsaudit.store.schema import BUCKETS

NONE_COUNTED = (0,) * len(BUCKETS)

NOT_ASKED = NotObserved(Reason.NOT_PROBED)
"""This very object stands where nothing of a kind is recorded of an address, neither evidence nor why there is none."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """What an audit was held against, as JSON values. Every check has at least `id` and `digest`; another digest, or
    other `options`, is another rule. `renamed` are endpoint ids of earlier audits, each with the one that took
    its place. `objectives` are None where an older tlsaudit did not record them, nor `options`: those of checks as the
    targets file has them. `asked` is a digest of how all was asked, empty where that was not recorded.
    """

    policy: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[Mapping[str, Any]] = ()
    sites: Sequence[str] = ()
    links: Sequence[str] = ()
    waivers: Sequence[Mapping[str, Any]] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    objectives: Sequence[Mapping[str, Any]] | None = None
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: str = ""

    @property
    def rules(self) -> dict[str, tuple[str, Any]]:
        """What makes each check the same rule in two audits, by its id."""
        return {check["id"]: (check["digest"], check.get("options")) for check in self.checks}

    def changed_rules(self, other: "Pinned") -> set[str]:
        """The checks that are in both, and not the same."""
        ran, runs = self.rules, other.rules
        return {check for check in ran.keys() & runs.keys() if ran[check] != runs[check]}


@dataclass(frozen=True, slots=True)
class Audit:
    """One run. `finished_at` and `summary` are unset while it runs, and for good where it was killed; until then
    `notes` say no more than when it was resumed.

    `targets` and `targets_digest` say which targets.yaml it read; None where there was none.
    """

    id: int
    started_at: datetime
    finished_at: datetime | None
    vantage: str
    version: str
    targets: str | None
    targets_digest: str | None
    summary: Mapping[str, Any] | None
    notes: tuple[str, ...]


class EndpointKnown(NamedTuple):
    """An endpoint that an audit was about, without what it saw of it."""

    host: str
    port: int
    starttls: str | None
    service: str | None
    site: str | None


class VantageSeen(NamedTuple):
    """An endpoint as it was seen from one of several vantages; `reason` says why nothing was."""

    vantage: str
    addresses: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class EndpointSeen:
    """An endpoint as one audit saw it. `not_tried` are (address, why); the latencies are those of the first address
    that answered; `headline` is what was given. `vantages` are the places that it was looked at from, where those are
    several.

    Once the look is rolled up, it was observed when the audit began, and latencies and connections are None.
    """

    id: str
    host: str
    port: int
    starttls: str | None
    service: str | None
    site: str | None
    owner: str | None
    observed_at: datetime
    addresses: tuple[str, ...]
    not_tried: tuple[tuple[str, str], ...]
    reachable: bool
    reason: str | None
    connect_ms: float | None
    first_byte_ms: float | None
    headline: tuple[Any, ...]
    connections: int | None
    vantages: tuple[VantageSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceSeen:
    """The evidence of one address from one vantage, in the order of the kinds asked for. `host` is the endpoint without
    its site. `address` is None where the endpoint has none; each evidence then says why.
    """

    endpoint: str
    host: str
    service: str | None
    site: str | None
    vantage: str
    address: str | None
    evidence: tuple[Evidence | NotObserved, ...]


@dataclass(frozen=True, slots=True)
class Availability:
    """How an endpoint answered the light looks of an hour, or of a day long ago: `looks` of them, in `tls` of which a
    handshake was completed; `asked` for a page, which `http` times came without a server error.

    `latencies` counts the times to the answer between the bounds of BUCKETS_MS, then those above; `latency_ms` is their
    sum. `connects` and `handshakes` count those of the TCP and of the TLS handshake alone. `failures` counts the looks
    without an answer by reason. `blind` is how many more looks there were that say nothing of the endpoint, since the
    vantage itself got nowhere.
    """

    endpoint: str
    begins_at: datetime
    span: timedelta
    looks: int
    tls: int
    asked: int
    http: int
    latency_ms: float
    latencies: tuple[int, ...]
    connects: tuple[int, ...] = NONE_COUNTED
    handshakes: tuple[int, ...] = NONE_COUNTED
    failures: Mapping[str, int] = field(default_factory=dict)
    blind: int = 0
    vantage: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which an endpoint answered no look from a vantage; `endpoint` is empty where the vantage itself got
    nowhere. Of the looks, `after` is the last before it that was answered, None where that is not known; `began` the
    first that was not, `seen` the last, of so many `looks`; `ended` the first that was answered again, None where there
    was none yet. `reason` is that of the first. Whether it lasted from `began` on, or from just `after`, nobody saw.
    """

    vantage: str
    endpoint: str
    after: datetime | None
    began: datetime
    seen: datetime
    ended: datetime | None
    reason: str
    looks: int


@dataclass(frozen=True, slots=True)
class PlacePeriod:
    """How the `endpoints` of a service at a site answered a vantage in the day or the week that `begins` there, UTC: to
    `answered` of so many `looks`, which are `light`, or audits. `blind` is as in Availability.

    `latencies` are counted as in Availability, to the first byte over https where audits looked. `span` and `intervals`
    tell how far looks were apart: for light looks the hours in which there were any, added up over the endpoints, and
    how many there were; for audits from the first to the last, and how many followed the first. None where that is not
    kept.
    """

    vantage: str
    service: str | None
    site: str | None
    begins: date
    light: bool
    endpoints: int
    looks: int
    answered: int
    latencies: tuple[int, ...]
    span: timedelta | None
    intervals: int
    connects: tuple[int, ...] = NONE_COUNTED
    handshakes: tuple[int, ...] = NONE_COUNTED
    blind: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A notice that was told. `address` is the name that stands for where it was sent; `key` is the same as long as the
    news is the same.
    """

    address: str
    key: str
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many audits were forgotten, and how many rows of content that nothing points to any more."""

    audits: int
    contents: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a check said of a subject, and what it says now. `before` is None where it said nothing."""

    check: str
    subject: Subject
    before: Finding | None
    after: Finding


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed from one audit to another. Each change is in one list, sorted by check and subject.

    `regressed`: passed, fails now. `new`: fails now, and was not judged before, or did not apply. `fixed`: failed,
    passes now. `lost`: was known, is unknown now. `regained`: was unknown, is judged now and does not fail.
    `applicability`: began or ceased to apply, without failing now.
    `rule_changed`: the outcome changed and so did the check, so that it is neither progress nor regression;
    `rules` are all checks that were changed. `not_run_before`: fails now, and the check was not run then; `not_run` are
    the checks that were run then and not now. `waived`: fails as before, and is excused now; `waiver_expired`: fails as
    before, and its waiver has expired or was taken back. `appeared` and `gone` are endpoint ids; the
    failures of one that is gone are not fixed, they are gone with it. `renamed` are the endpoint ids of which one is
    known to be the other, earlier and later: they are neither, and what is said of both is compared.
    """

    regressed: tuple[Change, ...]
    new: tuple[Change, ...]
    fixed: tuple[Change, ...]
    lost: tuple[Change, ...]
    regained: tuple[Change, ...]
    applicability: tuple[Change, ...]
    rule_changed: tuple[Change, ...]
    not_run_before: tuple[Change, ...]
    waived: tuple[Change, ...]
    waiver_expired: tuple[Change, ...]
    rules: tuple[str, ...]
    not_run: tuple[str, ...]
    appeared: tuple[str, ...]
    gone: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
