"""The audit by service and by owner, in one pass over its findings."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tlsaudit.report.document import AuditView, EndpointRecord, FindingRecord
from tlsaudit.report.rollup import Rollup, standing


@dataclass(slots=True)
class Part:
    """What belongs to one service, or to one owner; `name` is None for what belongs to none."""

    name: str | None
    rollup: Rollup
    endpoints: list[EndpointRecord] = field(default_factory=list)
    owner: str | None = None
    """Of a service: that of its first endpoint."""

    @property
    def fails(self) -> int:
        """How many findings fail and are not excused."""
        return sum(item.counts["fail"] for item in self.rollup.checks.values())


@dataclass(slots=True)
class Fleet:
    """`tallies` count the outcomes of each endpoint, `faults` are the checks that it fails and that nothing excuses."""

    whole: Rollup
    services: dict[str | None, Part] = field(default_factory=dict)
    owners: dict[str | None, Part] = field(default_factory=dict)
    tallies: dict[str, Counter[str]] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, view: AuditView, *, keep: int, keep_of_part: int) -> "Fleet":
        """`keep` is how many subjects a group of like findings names, `keep_of_part` within a service or an owner's."""
        fleet = cls(Rollup(keep))
        parts = _Parts(fleet, view, keep_of_part)
        for endpoint in view.endpoints():
            parts.add_endpoint(endpoint)
        for finding in view.findings():
            parts.add(finding)
        return fleet


class _Parts:
    """Which parts a finding belongs to."""

    def __init__(self, fleet: Fleet, view: AuditView, keep: int) -> None:
        self._fleet = fleet
        self._keep = keep
        self._of_endpoint: dict[str, tuple[Part, Part]] = {}
        # The document names no owner of a link: it is whose goal the finding holds back.
        self._blocks = {(each.check, each.subject.id): goal.owner for goal in view.objectives for each in goal.blocking}

    def add_endpoint(self, endpoint: EndpointRecord) -> None:
        service = self._part(self._fleet.services, endpoint.service)
        if not service.endpoints:
            service.owner = endpoint.owner
        parts = service, self._part(self._fleet.owners, endpoint.owner)
        for part in parts:
            part.endpoints.append(endpoint)
            part.rollup.add_endpoint(endpoint)
        self._of_endpoint[endpoint.id] = parts
        self._fleet.whole.add_endpoint(endpoint)
        self._fleet.tallies[endpoint.id] = Counter()
        self._fleet.faults[endpoint.id] = []

    def add(self, finding: FindingRecord) -> None:
        self._fleet.whole.add(finding)
        for part in self._of_endpoint.get(finding.endpoint or "") or self._of_subject(finding):
            part.rollup.add(finding)
        if (tally := self._fleet.tallies.get(finding.endpoint or "")) is not None:
            kind = standing(finding)
            tally[kind] += 1
            if kind == "fail":
                self._fleet.faults[finding.endpoint or ""].append(finding.check)

    def _of_subject(self, finding: FindingRecord) -> Iterator[Part]:
        service = self._fleet.services.get(finding.subject.id) if finding.subject.kind == "service" else None
        if service:
            yield service
            yield self._part(self._fleet.owners, service.owner)
        else:
            owner = self._blocks.get((finding.check, finding.subject.id))
            yield self._part(self._fleet.owners, owner)

    def _part(self, parts: dict[str | None, Part], name: str | None) -> Part:
        if name not in parts:
            parts[name] = Part(name, Rollup(self._keep))
        return parts[name]
