"""The audit by service and by owner, in one pass over its findings."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tlsaudit.report.document import AuditView, EndpointRecord, Outline, standing
from tlsaudit.report.rollup import Rollup, standings


@dataclass(slots=True)
class Part:
    """What belongs to one service, or to one owner; `name` is None for what belongs to none. The `owner` of a service
    is that of its first endpoint."""

    name: str | None
    rollup: Rollup
    endpoints: list[EndpointRecord] = field(default_factory=list)
    owner: str | None = None

    @property
    def fails(self) -> int:
        """How many findings fail and are not excused."""
        return sum(item.counts["fail"] for item in self.rollup.faults.values())


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
        service_of = {endpoint.id: fleet._add_endpoint(endpoint, keep_of_part) for endpoint in view.endpoints()}
        # The document names no owner of a link: it is whose goal the finding holds back.
        blocked = {(each.check, each.subject.id): goal.owner for goal in view.objectives for each in goal.blocking}
        for outline in view.outlines():
            counted = standings(outline)
            part = service_of.get(outline.endpoint or "")
            if part is not None:
                fleet._count(outline, counted)
            elif outline.subject.kind == "service" and outline.subject.id in fleet.services:
                part = fleet.services[outline.subject.id]
            else:
                for check, each in _singly(outline):
                    owner = fleet._owner(blocked.get((check, outline.subject.id)), keep_of_part)
                    owner.rollup.add(each, standings(each))
                continue
            part.rollup.add(outline, counted)
        for service in fleet.services.values():
            owner = fleet._owner(service.owner, keep_of_part)
            owner.endpoints += service.endpoints
            owner.rollup.merge(service.rollup)
        for owner in fleet.owners.values():
            fleet.whole.merge(owner.rollup)
        return fleet

    def _add_endpoint(self, endpoint: EndpointRecord, keep: int) -> Part:
        name = endpoint.service
        if name not in self.services:
            self.services[name] = Part(name, Rollup(keep), owner=endpoint.owner)
        part = self.services[name]
        part.endpoints.append(endpoint)
        part.rollup.add_endpoint(endpoint)
        self.tallies[endpoint.id] = Counter()
        self.faults[endpoint.id] = []
        return part

    def _count(self, outline: Outline, counted: Counter[str]) -> None:
        endpoint = outline.endpoint or ""
        self.tallies[endpoint].update(counted)
        self.faults[endpoint] += [finding.check for finding in outline.open if standing(finding) == "fail"]

    def _owner(self, name: str | None, keep: int) -> Part:
        if name not in self.owners:
            self.owners[name] = Part(name, Rollup(keep))
        return self.owners[name]


def _singly(outline: Outline) -> Iterator[tuple[str, Outline]]:
    """An outline for each finding, with its check."""
    for finding in outline.open:
        yield finding.check, replace(outline, open=[finding], quiet=())
    for quiet in outline.quiet:
        yield quiet.check, replace(outline, open=(), quiet=(quiet,))
