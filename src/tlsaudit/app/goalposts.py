"""Which goalposts moved: each audit finds out for itself, and what was edited since is told from the targets file."""

import hashlib
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Protocol

from tlsaudit.app.records import check_record, policy, waiver_record
from tlsaudit.app.series import files_of, newest
from tlsaudit.app.since import Since
from tlsaudit.check import Finding, Rule
from tlsaudit.goal import Move, Subjects, Yardstick, by_check_and_subject, checks_of, moves
from tlsaudit.registry import Registry
from tlsaudit.report.document import (
    GoalpostsRecord,
    Header,
    MoveRecord,
    PinnedMilestoneRecord,
    PinnedObjectiveRecord,
    TimetableRecord,
    WaiverRecord,
)
from tlsaudit.store import Pinned, Store
from tlsaudit.target import (
    Decision,
    Endpoint,
    Link,
    Metric,
    Milestone,
    ObjectiveSpec,
    Roster,
    Service,
    Targets,
    WaiverSpec,
    parse_milestone_target,
    parse_period,
)

_NAMED = 20
"""Subjects of one move that are named; the others are counted."""


class _Endpoint(Protocol):
    """An endpoint that an earlier audit saw, in the history or in a document."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def starttls(self) -> str | None: ...
    @property
    def service(self) -> str | None: ...
    @property
    def site(self) -> str | None: ...


def pinned(targets: Targets, rules: Sequence[Rule]) -> Pinned:
    """What an audit is held against, as the history keeps it."""
    return Pinned(
        policy=policy(rules),
        checks=[check_record(item).model_dump(mode="json") for item in rules],
        sites=list(targets.sites),
        links=list(targets.links),
        waivers=[waiver_record(waiver).model_dump(mode="json") for waiver in targets.waivers],
        renamed=targets.renamed,
        objectives=[_pinned_objective(item).model_dump(mode="json") for item in targets.objectives],
        options=targets.check_options,
    )


def timetable_record(pinned: Pinned) -> TimetableRecord | None:
    """The same for a document; None where the tlsaudit of the day did not record it."""
    if pinned.objectives is None:
        return None
    return TimetableRecord.model_validate({"objectives": pinned.objectives, "options": pinned.options})


def pinned_by(header: Header) -> Pinned:
    """What the audit of a document was held against."""
    document = header.model_dump(mode="json", include={"checks", "links", "waivers", "renamed", "timetable"})
    timetable = document.pop("timetable") or {"objectives": None, "options": {}}
    return Pinned(**document, **timetable)


def _pinned_objective(objective: ObjectiveSpec) -> PinnedObjectiveRecord:
    decision = objective.decision
    return PinnedObjectiveRecord(
        id=objective.id,
        title=objective.title,
        kind=objective.kind,
        checks=list(objective.checks),
        metric=f"{objective.metric.check}/{objective.metric.fact}" if objective.metric else None,
        scope=list(objective.scope),
        weighted=objective.weighted,
        window_s=objective.window.total_seconds(),
        milestones=[_pinned_milestone(item) for item in objective.milestones],
        decision=decision.outcome if decision else None,
        decided=decision.decided if decision else None,
    )


def _pinned_milestone(milestone: Milestone) -> PinnedMilestoneRecord:
    every = f"{milestone.every.count} {milestone.every.unit}" if milestone.every else None
    return PinnedMilestoneRecord(due=milestone.due, target=milestone.target.text, every=every)


def digest_of(targets: Targets) -> str:
    """The fingerprint of the targets file as it stands on the disk, and of what its inventories held."""
    return hashlib.sha256(targets.path.read_bytes() + targets.listed.encode()).hexdigest()


def moved_since_last(
    store: Store, targets: Targets, registry: Registry, at: date, digest: str, *, files: Collection[str | None] = ()
) -> list[MoveRecord]:
    """What moved in a targets file, of this `digest` now, since the last finished audit of it, by any of its names."""
    last = newest(store, files or files_of(store, targets))
    if last is None or last.targets_digest == digest:
        return []
    held = store.pinned(last.id)
    then = yardstick(held, store.known(last.id), last.started_at.date())
    now = Yardstick(
        at,
        targets.objectives,
        targets.waivers,
        targets.check_options,
        Subjects(targets),
        renamed=targets.renamed,
    )
    return compared(then, now, registry, lambda checks: store.findings(last.id, checks))


def compared(
    before: Yardstick | None,
    after: Yardstick | None,
    registry: Registry,
    findings: Callable[[Collection[str]], Iterable[Finding]],
) -> list[MoveRecord]:
    """What moved from one to the other, nothing where one is not known. `findings` are those of some checks by the
    earlier audit."""
    if before is None or after is None:
        return []
    kinds = {check.id: check.subject_kind for check in registry.values()}
    counted = {check for objective in before.objectives for check in checks_of(objective)}
    said = cache(lambda: by_check_and_subject(findings(counted)))
    return [_move_record(move) for move in moves(before, after, kinds, said)]


def yardstick(pinned: Pinned, endpoints: Iterable[_Endpoint], day: date) -> Yardstick | None:
    """What an earlier audit was held against; None where the tlsaudit of the day did not record it."""
    if pinned.objectives is None:
        return None
    return Yardstick(
        day,
        [objective_spec(PinnedObjectiveRecord.model_validate(item)) for item in pinned.objectives],
        [_waiver(WaiverRecord.model_validate(item)) for item in pinned.waivers],
        pinned.options,
        subjects_of(endpoints, pinned.links),
        frozenset(pinned.rules),
        pinned.renamed,
    )


def goalposts(store: Store, files: Collection[str | None], until: date, since: Since | None = None) -> GoalpostsRecord:
    """What the audits of targets files by these names saw move up to a day, newest first; all of them, or those `since`
    then."""
    audits = store.moves([*filter(None, files)])
    known_since = min((begun.date() for begun, _ in audits if begun.date() <= until), default=None)
    if since and known_since:
        known_since = max(known_since, since.known_from)
    return GoalpostsRecord(
        known_since=known_since,
        moves=[
            MoveRecord.model_validate({**move, "seen": begun.date()})
            for begun, moved in audits
            for move in moved
            if begun.date() <= until and not (since and since.knew(begun))
        ],
        later=sum(len(moved) for begun, moved in audits if begun.date() > until),
    )


def as_of(
    store: Store,
    targets: Targets,
    registry: Registry,
    day: date,
    files: Collection[str | None],
    *,
    today: date,
    since: Since | None = None,
) -> GoalpostsRecord:
    """The same for a targets file as it is now, with what moved in it since its last audit. Raises UserError."""
    found = goalposts(store, files, day, since)
    edited = moved_since_last(store, targets, registry, day, digest_of(targets), files=files)
    if day < today:
        return found.model_copy(update={"later": found.later + len(edited)})
    return found.model_copy(update={"moves": [*edited, *found.moves]})


def _move_record(move: Move) -> MoveRecord:
    return MoveRecord(
        goalpost=move.goalpost.value,
        objective=move.objective,
        name=move.name,
        before=move.before,
        after=move.after,
        easier=move.easier,
        subjects=list(move.subjects[:_NAMED]),
        count=len(move.subjects),
        not_passing=move.not_passing,
    )


def objective_spec(record: PinnedObjectiveRecord) -> ObjectiveSpec:
    """What an objective asked for."""
    return ObjectiveSpec(
        id=record.id,
        title=record.title,
        kind=record.kind,
        owner=None,
        scope=tuple(record.scope),
        checks=tuple(record.checks),
        weighted=record.weighted,
        metric=Metric(*record.metric.split("/")) if record.metric else None,
        decision=Decision(record.decision, record.decided, None) if record.decision else None,
        window=timedelta(seconds=record.window_s),
        milestones=tuple(
            Milestone(item.due, parse_milestone_target(item.target), parse_period(item.every) if item.every else None)
            for item in record.milestones
        ),
    )


def _waiver(record: WaiverRecord) -> WaiverSpec:
    return WaiverSpec(record.check, tuple(record.on), record.reason, record.owner, record.ticket, record.expires)


def subjects_of(endpoints: Iterable[_Endpoint], links: Iterable[str]) -> Subjects:
    """What an earlier audit was about, without its weights."""
    seen = Roster(
        Endpoint(each.host, each.port, service=each.service, site=each.site, starttls=each.starttls)
        for each in endpoints
    )
    numbers: dict[str, array[int]] = {}
    for number, endpoint in enumerate(seen):
        if endpoint.service:
            numbers.setdefault(endpoint.service, array("I")).append(number)
    return Subjects(_Then(seen, _Services(seen, numbers), {name: Link(name, ("", ""), None) for name in links}))


class _Services:
    """Those that an earlier audit was about."""

    def __init__(self, endpoints: Roster, numbers: Mapping[str, Sequence[int]]) -> None:
        self._endpoints = endpoints
        self._numbers = numbers

    def numbers(self, name: str) -> Sequence[int]:
        return self._numbers[name]

    def __getitem__(self, name: str) -> Service:
        return Service(name, None, self._endpoints.picked(self._numbers[name]))

    def __contains__(self, name: object) -> bool:
        return name in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)


@dataclass(frozen=True, slots=True)
class _Then:
    """What an earlier audit was about, but for its vantages, which are nothing to be moved."""

    endpoints: Roster
    services: _Services
    links: Mapping[str, Link]
    vantages: tuple[()] = ()
