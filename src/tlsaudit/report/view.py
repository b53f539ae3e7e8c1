"""An audit as renderers read it: it iterates, so that a fleet need not fit in memory."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

from tlsaudit.report.document import (
    OPEN,
    AuditDocument,
    AvailabilityRecord,
    ChangeName,
    EndpointRecord,
    FindingRecord,
    Header,
    LocationRecord,
    ObjectiveRecord,
    OutageRecord,
    OutcomeName,
    SeverityName,
    SubjectRecord,
)


class Quiet(NamedTuple):
    """A finding that passes or does not apply, as far as it is counted."""

    check: str
    severity: SeverityName
    outcome: OutcomeName


class Open(NamedTuple):
    """A finding that fails, excused or not, or is unknown, as far as it is counted and grouped. `record` makes the
    whole of it, which takes a while and is shown of few."""

    check: str
    severity: SeverityName
    outcome: OutcomeName
    message: str
    facts: Mapping[str, Any]
    waiver: str | None
    record: Callable[[], FindingRecord]


@dataclass(frozen=True, slots=True)
class Outline:
    """What is said of one subject, for whoever counts. `open` is in the order of `findings`; `quiet` is for most of a
    fleet the same."""

    subject: SubjectRecord
    endpoint: str | None
    open: Sequence[Open]
    quiet: tuple[Quiet, ...]

    def and_also(self, other: "Outline") -> "Outline":
        """With what else is said of the subject."""
        return Outline(self.subject, self.endpoint, [*self.open, *other.open], self.quiet + other.quiet)


class Faults(NamedTuple):
    """What is open of a subject of this kind and id."""

    kind: str
    id: str
    open: Sequence[Open]


class Answers(NamedTuple):
    """How a service answered at a site, or those of a region did, as far as it is compared, with the `outages` of it.
    `record` makes the whole, which takes a while and is shown of few."""

    of: Literal["place", "region"]
    service: str | None
    site: str | None
    looks: int
    answered: int
    outages: Sequence[OutageRecord]
    record: Callable[[], AvailabilityRecord]


Tallies = Counter[tuple[str, str, str]]
"""How many findings there are, by check, severity and standing."""


def standing(finding: FindingRecord | Open) -> str:
    """The outcome, and `waived` for a failure that a waiver excuses."""
    return "waived" if finding.outcome == "fail" and finding.waiver is not None else finding.outcome


def opened(item: FindingRecord) -> Open:
    return Open(item.check, item.severity, item.outcome, item.message, item.facts, item.waiver, lambda: item)


def answers_of(item: AvailabilityRecord) -> Answers:
    return Answers(item.of, item.service, item.site, item.looks, item.answered, item.outages, lambda: item)


@dataclass(slots=True, eq=False)
class Words:
    """What a check says, whomever it says it of: see FindingRecord. Most of a fleet is told the same in the same
    object, so that what is made of it can be kept: where there is a `hole`, that stands for the host, and is written as
    it is wherever it is escaped. Never changed, and not frozen, since that takes three times as long to make."""

    check: str
    outcome: OutcomeName
    severity: SeverityName
    message: str
    also: list[str]
    facts: dict[str, Any]
    vantages: dict[str, OutcomeName]
    hole: str | None = None


class Own(NamedTuple):
    """What stands beside the words of one finding alone."""

    address: str | None
    facts: dict[str, Any]
    waiver: str | None
    change: ChangeName | None = None
    was: str | None = None


class OfSubject(NamedTuple):
    """A subject, its endpoint, a place in a file, and in `words` one or more findings that are of the one and stand at
    the other. What is `own` to some is told by their place among them; the rest is of this address, has the facts of
    its words, is excused by nothing and compared with nothing. `host` fills the holes in words."""

    subject: SubjectRecord
    endpoint: str | None
    location: LocationRecord | None
    words: Sequence[Words]
    address: str | None
    own: Mapping[int, Own]
    host: str = ""


class Visit(NamedTuple):
    """An endpoint as far as it is counted; times in ms. `record` makes the whole of it, as with Open."""

    id: str
    service: str | None
    site: str | None
    owner: str | None
    reachable: bool
    reason: str | None
    connect_ms: float | None
    first_byte_ms: float | None
    record: Callable[[], EndpointRecord]


def visit_of(item: EndpointRecord) -> Visit:
    whose, times = (item.id, item.service, item.site, item.owner), item.latency_ms
    return Visit(*whose, item.reachable, item.reason, times.connect, times.first_byte, lambda: item)


Seen = tuple[Visit | None, Outline | None]
"""An endpoint and what is said of it, if anything is; or what is said of a service, a link or the fleet."""


def service_of(seen: Seen) -> tuple[str | None] | None:
    """The service that it is of, which may be none for an endpoint; None for what is of no service."""
    endpoint, outline = seen
    if endpoint:
        return (endpoint.service,)
    return (outline.subject.id,) if outline and outline.subject.kind == "service" else None


def _by_service(seen: Seen) -> tuple[bool, bool, str]:
    if (service := service_of(seen)) is None:
        return False, False, ""
    return True, service[0] is None, service[0] or ""


def tallied(outlines: Iterable[Outline]) -> Tallies:
    """What is said in these, counted."""
    counted: Tallies = Counter()
    for outline in outlines:
        counted.update(outline.quiet)
        counted.update((item.check, item.severity, standing(item)) for item in outline.open)
    return counted


class AuditView(ABC):
    """What renderers read. Each call of a method that iterates starts anew; `availability` is found out when it is
    asked for. What all is made of here, who has more than memory may know in less time.
    """

    header: Header
    objectives: list[ObjectiveRecord]

    @abstractmethod
    def endpoints(self) -> Iterator[EndpointRecord]: ...

    @abstractmethod
    def findings(self) -> Iterator[FindingRecord]:
        """Those of a subject follow one another."""

    @abstractmethod
    def availability(self) -> Iterator[AvailabilityRecord]: ...

    def answers(self) -> Iterator[Answers]:
        """The same, to be compared."""
        return map(answers_of, self.availability())

    def silent(self) -> Iterator[tuple[str, str | None]]:
        """The endpoints that did not answer, with the reason."""
        return ((item.id, item.reason) for item in self.endpoints() if not item.reachable)

    def by_subject(self) -> Iterator[OfSubject]:
        """The findings in their parts, in the same order."""
        for item in self.findings():
            said = (item.check, item.outcome, item.severity, item.message, item.also, item.facts, item.vantages)
            own = Own(item.address, item.facts, item.waiver, item.change, item.was)
            whose = item.subject, item.endpoint, item.location
            yield OfSubject(*whose, [Words(*said)], item.address, {0: own} if own[2:] != (None, None, None) else {})

    def outlines(self) -> Iterator[Outline]:
        """The findings of each subject, for whoever counts."""
        for subject, said in groupby(self.findings(), key=lambda item: item.subject):
            found = list(said)
            yield Outline(
                subject,
                found[0].endpoint,
                [opened(item) for item in found if item.outcome in OPEN],
                tuple(Quiet(item.check, item.severity, item.outcome) for item in found if item.outcome not in OPEN),
            )

    def faults(self) -> Iterator[Faults]:
        """What is open, without what is unknown of endpoints that did not answer."""
        unanswered = dict(self.silent())
        for outline in self.outlines():
            told = [item for item in outline.open if item.outcome != "unknown" or outline.endpoint not in unanswered]
            if told:
                yield Faults(outline.subject.kind, outline.subject.id, told)

    def seen(self) -> Iterator[Seen]:
        """Endpoints and findings at once: what is beyond services first, then of one service after another what is said
        of it and its endpoints."""
        outlines: dict[SubjectRecord, Outline] = {}
        for outline in self.outlines():
            known = outlines.get(outline.subject)
            outlines[outline.subject] = known.and_also(outline) if known else outline
        endpoints = [
            (visit_of(item), outlines.pop(SubjectRecord(kind="endpoint", id=item.id), None))
            for item in self.endpoints()
        ]
        yield from sorted([*((None, outline) for outline in outlines.values()), *endpoints], key=_by_service)

    def tallies(self) -> Tallies:
        """All findings, counted."""
        return tallied(self.outlines())


class DocumentView(AuditView):
    """A document that is in memory, as renderers read it."""

    def __init__(self, document: AuditDocument) -> None:
        self.header = document
        self.objectives = document.objectives
        self._document = document

    def endpoints(self) -> Iterator[EndpointRecord]:
        return iter(self._document.endpoints)

    def findings(self) -> Iterator[FindingRecord]:
        return iter(self._document.findings)

    def availability(self) -> Iterator[AvailabilityRecord]:
        return iter(self._document.availability)
