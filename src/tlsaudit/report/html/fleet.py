"""The audit service by service, in one pass over its endpoints, in memory that does not grow with their number."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from tlsaudit.report.html.places import Place
from tlsaudit.report.rollup import Rollup, standings
from tlsaudit.report.view import AuditView, Outline, Visit, service_of, standing

LISTED = 1000
"""Endpoints that one page lists."""


@dataclass(frozen=True, slots=True)
class Line:
    """An endpoint, its outcomes counted, and the checks that it fails and that nothing excuses."""

    endpoint: Visit
    counts: Counter[str]
    faults: list[str]


@dataclass(slots=True)
class Part:
    """What belongs to one service, or to one owner; `name` is None for what belongs to none."""

    name: str | None
    rollup: Rollup
    endpoints: int = 0

    @property
    def fails(self) -> int:
        """How many findings fail and are not excused."""
        return sum(item.counts["fail"] for item in self.rollup.faults.values())


@dataclass(slots=True)
class Service(Part):
    """Its `owner` is that of its first endpoint, its places are by site; `lines` are of the endpoints, or of LISTED of
    them, those that fail most."""

    owner: str | None = None
    places: dict[str | None, Place] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def add(self, endpoint: Visit, outline: Outline | None) -> None:
        counted = standings(outline) if outline else Counter()
        faults = [finding.check for finding in outline.open if standing(finding) == "fail"] if outline else []
        if not self.endpoints:
            self.owner = endpoint.owner
        self.endpoints += 1
        self.lines.append(Line(endpoint, counted, faults))
        if len(self.lines) >= 2 * LISTED:
            self.lines = self.worst_first()
        if endpoint.site not in self.places:
            self.places[endpoint.site] = Place(self.name, endpoint.site)
        self.places[endpoint.site].add(endpoint, counted)
        if not endpoint.reachable:
            self.rollup.silent.add(endpoint.id, endpoint.reason)
        if outline:
            self.rollup.add(outline, answered=endpoint.reachable)

    def worst_first(self) -> list[Line]:
        ordered = sorted(self.lines, key=lambda line: (line.endpoint.reachable, -len(line.faults), line.endpoint.id))
        return ordered[:LISTED]


@dataclass(slots=True)
class Fleet:
    """All together, and by owner."""

    whole: Rollup
    owners: dict[str | None, Part] = field(default_factory=dict)

    @classmethod
    def of(cls, view: AuditView, *, keep: int, keep_of_part: int, take: Callable[[Service], None]) -> "Fleet":
        """`keep` is how many subjects a group of like findings names, `keep_of_part` within a service or an owner's.
        Each service is given to `take`, and not kept."""
        fleet = cls(Rollup(keep))
        # The document names no owner of a link: it is whose goal the finding holds back.
        blocked = {(each.check, each.subject.id): goal.owner for goal in view.objectives for each in goal.blocking}
        beyond: list[Outline] = []
        for of_service, seen in groupby(view.seen(), key=service_of):
            if of_service is None:
                beyond += [said for _, said in seen if said]
                continue
            (name,) = of_service
            service = Service(name, Rollup(keep_of_part))
            of_itself: list[Outline] = []
            for endpoint, outline in seen:
                if endpoint:
                    service.add(endpoint, outline)
                elif outline:
                    of_itself.append(outline)
            if not service.endpoints:  # none of them is in the audit
                beyond += of_itself
                continue
            for said in of_itself:
                service.rollup.add(said)
            owner = fleet._owner(service.owner, keep_of_part)
            owner.endpoints += service.endpoints
            owner.rollup.merge(service.rollup)
            take(service)
        for check, each in _singly(beyond):
            owner = fleet._owner(blocked.get((check, each.subject.id)), keep_of_part)
            owner.rollup.add(each)
        for owner in fleet.owners.values():
            fleet.whole.merge(owner.rollup)
        return fleet

    def _owner(self, name: str | None, keep: int) -> Part:
        if name not in self.owners:
            self.owners[name] = Part(name, Rollup(keep))
        return self.owners[name]


def _singly(outlines: Iterable[Outline]) -> Iterator[tuple[str, Outline]]:
    """An outline for each finding, with its check."""
    for outline in outlines:
        for finding in outline.open:
            yield finding.check, replace(outline, open=[finding], quiet=())
        for quiet in outline.quiet:
            yield quiet.check, replace(outline, open=(), quiet=(quiet,))
