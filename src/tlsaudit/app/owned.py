"""What of an audit is some owners': their goals, services, links, findings and waivers. No share is counted anew."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches

from tlsaudit.check import Subject, SubjectKind
from tlsaudit.errors import UserError
from tlsaudit.goal import Subjects, in_scope
from tlsaudit.registry import Registry
from tlsaudit.report.document import (
    AvailabilityRecord,
    EndpointRecord,
    FindingRecord,
    GoalpostsRecord,
    Header,
    MoveRecord,
    SubjectRecord,
    Summary,
)
from tlsaudit.report.rollup import counts_of, standings
from tlsaudit.report.text import clean, denominator, joined
from tlsaudit.report.view import Answers, AuditView, Faults, OfSubject, Outline, Seen
from tlsaudit.store import EndpointSeen
from tlsaudit.target import Targets

_LISTED = 10
"""Known owners that an error names."""


class Owned:
    """What belongs to the owners of these names: an address, or its part before the @, in any case. Whose an endpoint
    is, the targets file says; of one that is not in it any more, the audit does. Raises UserError for a name that
    nobody has.
    """

    def __init__(
        self, names: Collection[str], targets: Targets, registry: Registry, seen: Iterable[EndpointSeen]
    ) -> None:
        self._targets = targets
        self._subjects = Subjects(targets)
        self._kinds = {check.id: check.subject_kind for check in registry.values()}
        today = {endpoint.id: endpoint.owner for endpoint in targets.endpoints}
        whose = {each.id: today.get(each.id, each.owner) for each in seen} | today
        owners = [
            *whose.values(),
            *(link.owner for link in targets.links.values()),
            *(objective.owner for objective in targets.objectives),
            *(waiver.owner for waiver in targets.waivers),
        ]
        known = sorted({owner for owner in owners if owner})
        self.owners = sorted({owner for name in names for owner in _called(name, known)})
        self._theirs = {
            SubjectKind.ENDPOINT: {name for name, owner in whose.items() if owner in self.owners},
            SubjectKind.SERVICE: {each.id for each in targets.services.values() if each.owner in self.owners},
            SubjectKind.LINK: {each.id for each in targets.links.values() if each.owner in self.owners},
            SubjectKind.FLEET: set(),
        }

    def has(self, subject: Subject | SubjectRecord) -> bool:
        return subject.id in self._theirs[SubjectKind(subject.kind)]

    def is_named(self, on: Iterable[str]) -> bool:
        """Whether any of these, as a waiver names them, is theirs."""
        return any(self.has(subject) for name in on for subject in self._subjects.called(name))

    def notes(self) -> Iterator[str]:
        """Which of their goals count what is not theirs, and which goals of others count what is."""
        of_others = []
        for objective in self._targets.objectives:
            scope = in_scope(objective, self._subjects, self._kinds)
            theirs = sum(map(self.has, scope))
            if objective.owner in self.owners and theirs < len(scope):
                whose = "this owner" if len(self.owners) == 1 else "these owners"
                yield f"{objective.title}: counts all {len(scope):,} in scope, {theirs:,} of them of {whose}"
            elif objective.owner not in self.owners and theirs:
                of_others.append(f"{objective.title} ({objective.owner or 'nobody'})")
        if of_others:
            yield f"goals of others that count what is listed here, too: {joined(of_others)}"


def _called(name: str, known: Sequence[str]) -> list[str]:
    wanted = name.casefold()
    found = [owner for owner in known if wanted in {owner.casefold(), owner.casefold().partition("@")[0]}]
    if found:
        return found
    near = get_close_matches(wanted, [*known, *(owner.partition("@")[0] for owner in known)], n=1)
    listed = joined([*known[:_LISTED], *([f"{len(known) - _LISTED} more"] if len(known) > _LISTED else [])])
    hint = f"did you mean {near[0]}?" if near else f"there is {listed or 'nobody'}"
    raise UserError(clean(f"--owner {name}: no owner is called so: {hint}"))


class OwnedView(AuditView):
    """The part of an audit that is theirs, as renderers read it."""

    def __init__(self, view: AuditView, owned: Owned) -> None:
        self._view = view
        self._owned = owned
        self.objectives = [item for item in view.objectives if item.owner in owned.owners]
        self.header = self._header()

    def endpoints(self) -> Iterator[EndpointRecord]:
        return (item for item in self._view.endpoints() if self._owned.has(Subject(SubjectKind.ENDPOINT, item.id)))

    def silent(self) -> Iterator[tuple[str, str | None]]:
        return (item for item in self._view.silent() if self._owned.has(Subject(SubjectKind.ENDPOINT, item[0])))

    def findings(self) -> Iterator[FindingRecord]:
        return (item for item in self._view.findings() if self._owned.has(item.subject))

    def by_subject(self) -> Iterator[OfSubject]:
        return (item for item in self._view.by_subject() if self._owned.has(item.subject))

    def outlines(self) -> Iterator[Outline]:
        return (item for item in self._view.outlines() if self._owned.has(item.subject))

    def faults(self) -> Iterator[Faults]:
        return (item for item in self._view.faults() if self._owned.has(Subject(SubjectKind(item.kind), item.id)))

    def seen(self) -> Iterator[Seen]:
        for endpoint, outline in self._view.seen():
            subject = Subject(SubjectKind.ENDPOINT, endpoint.id) if endpoint else outline and outline.subject
            if subject and self._owned.has(subject):
                yield endpoint, outline

    def availability(self) -> Iterator[AvailabilityRecord]:
        return (item.record() for item in self.answers())

    def answers(self) -> Iterator[Answers]:
        return (
            item
            for item in self._view.answers()
            if item.service and self._owned.has(Subject(SubjectKind.SERVICE, item.service))
        )

    def _header(self) -> Header:
        whole, owned = self._view.header, self._owned
        endpoints = list(self.endpoints())
        counted: Counter[str] = Counter()
        for outline in self.outlines():
            counted.update(standings(outline))
        counts = counts_of(counted)
        applicable = denominator(counts)
        return whole.model_copy(
            update={
                "owners": owned.owners,
                "sites": [site for site in whole.sites if any(item.site == site for item in endpoints)],
                "links": [link for link in whole.links if owned.has(Subject(SubjectKind.LINK, link))],
                "waivers": [item for item in whole.waivers if item.owner in owned.owners or owned.is_named(item.on)],
                "notes": [*owned.notes(), *whole.notes],
                "goalposts": whole.goalposts and self._goalposts(whole.goalposts),
                "summary": Summary(
                    endpoints=len(endpoints),
                    reachable=sum(item.reachable for item in endpoints),
                    findings=counts,
                    coverage=1 - counts.unknown / applicable if applicable else None,
                    connections=sum(item.connections or 0 for item in endpoints),
                    duration_s=whole.summary.duration_s,
                ),
            }
        )

    def _goalposts(self, whole: GoalpostsRecord) -> GoalpostsRecord:
        return whole.model_copy(update={"moves": [move for move in whole.moves if self._concerns(move)]})

    def _concerns(self, move: MoveRecord) -> bool:
        """An option of a check is everybody's."""
        if move.goalpost == "waiver":
            return self._owned.is_named(move.subjects)
        return move.objective is None or any(item.id == move.objective for item in self.objectives)
