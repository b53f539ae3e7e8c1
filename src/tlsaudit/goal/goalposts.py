"""Goalposts that moved: what a timetable asks for and excuses, from one audit to the next."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from operator import attrgetter
from typing import Any

from tlsaudit.check import Outcome, Subject, SubjectKind
from tlsaudit.goal.measurement import take
from tlsaudit.goal.progress import checks_of
from tlsaudit.goal.subjects import Subjects, members
from tlsaudit.goal.tally import Findings
from tlsaudit.goal.waivers import Waivers
from tlsaudit.target import Decision, Milestone, MilestoneTarget, ObjectiveSpec, WaiverSpec


class Goalpost(StrEnum):
    """What can move."""

    OBJECTIVE = "objective"
    MILESTONE = "milestone"
    CHECKS = "checks"
    METRIC = "metric"
    SCOPE = "scope"
    WEIGHTED = "weighted"
    SUBJECTS = "subjects"
    WINDOW = "window"
    DECISION = "decision"
    OPTIONS = "options"
    WAIVER = "waiver"


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What an audit is held against. `options` are those of checks, as targets.yaml has them; `ran` are the checks that
    it ran; `renamed` are earlier endpoint ids, each with the one that took its place."""

    day: date
    objectives: Sequence[ObjectiveSpec]
    waivers: Sequence[WaiverSpec]
    options: Mapping[str, Mapping[str, Any]]
    subjects: Subjects
    ran: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """One goalpost that moved.

    `objective` is None for a check's options and for a waiver; `name` is then the check's id, else the objective's
    title. `before` and `after` are in the words of targets.yaml, None where there was or is nothing. `subjects` are
    those that a waiver names, or that left the scope, `not_passing` how many of these were no pass by the earlier
    audit. `easier` is whether less is asked or more excused than before, None where that cannot be told.
    """

    goalpost: Goalpost
    objective: str | None
    name: str
    before: str | None
    after: str | None
    easier: bool | None
    subjects: tuple[str, ...] = ()
    not_passing: int = 0


def moves(
    before: Yardstick, after: Yardstick, kinds: Mapping[str, SubjectKind], said: Callable[[], Findings]
) -> Iterator[Move]:
    """What moved, objective by objective, then options and waivers.

    `kinds` are those of the installed checks; `said` is asked only where subjects left: what the earlier audit found.
    That a decision was made is no move: it is what was asked for.
    """
    asked = {objective.id: objective for objective in before.objectives}
    asks = {objective.id: objective for objective in after.objectives}
    scopes = _Scopes(before, after, kinds, said)
    for objective in after.objectives:
        was = asked.get(objective.id)
        if was is None:
            yield _move(Goalpost.OBJECTIVE, objective, None, _milestones(objective), easier=False)
        else:
            yield from _within(was, objective, scopes)
    for objective in before.objectives:
        if objective.id not in asks:
            yield _move(Goalpost.OBJECTIVE, objective, _milestones(objective), None, easier=True)
    counted = {check for objective in (*before.objectives, *after.objectives) for check in checks_of(objective)}
    yield from _options(before.options, after.options, counted)
    yield from _waivers(before, after)


def _move(
    goalpost: Goalpost, objective: ObjectiveSpec, before: str | None, after: str | None, *, easier: bool | None
) -> Move:
    return Move(goalpost, objective.id, objective.title, before, after, easier)


@dataclass(frozen=True, slots=True)
class _Scopes:
    before: Yardstick
    after: Yardstick
    kinds: Mapping[str, SubjectKind]
    said: Callable[[], Findings]

    _gone: dict[Hashable, list[Subject]] = field(default_factory=dict)

    def left(self, was: ObjectiveSpec, objective: ObjectiveSpec) -> tuple[tuple[str, ...], int]:
        """The ids of those that counted and are out of scope now, and how many of them were no pass."""
        scopes = (was.scope, _kind(was, self.kinds)), (objective.scope, _kind(objective, self.kinds))
        if scopes not in self._gone:  # most objectives of a file have the same
            self._gone[scopes] = self._out_of_scope(was, objective)
        gone = self._gone[scopes]
        if not gone:
            return (), 0
        findings = self.said()
        if self.before.ran.issuperset(checks_of(was)):  # who was not asked does not count
            gone = [each for each in gone if any(each.id in findings.get(check, {}) for check in checks_of(was))]
        measured = take(was, gone, findings, Waivers((), self.before.subjects, self.before.day))
        counted = [item for item in measured.standings if item.outcome is not Outcome.NOT_APPLICABLE]
        if measured.values is None:
            passing = sum(item.outcome is Outcome.PASS for item in counted)
        else:
            last = was.milestones[-1].target
            passing = sum(last.figure is None or last.reached_by(value) for value in measured.values.values())
        return tuple(item.subject.id for item in counted), len(counted) - passing

    def _out_of_scope(self, was: ObjectiveSpec, objective: ObjectiveSpec) -> list[Subject]:
        """The subjects that were in scope and are no more, by any of their names."""
        names = {**{now: old for old, now in self.before.renamed.items()}, **self.after.renamed}
        remaining = members(in_scope(objective, self.after.subjects, self.kinds))
        earlier = in_scope(was, self.before.subjects, self.kinds)
        taken = {subject.id for subject in earlier if subject in remaining}
        gone = []
        for subject in earlier:
            now = names.get(subject.id, subject.id)
            if subject not in remaining and (now in taken or replace(subject, id=now) not in remaining):
                gone.append(subject)
            taken.add(now)  # of several that have one name now, one was renamed
        return gone


def in_scope(objective: ObjectiveSpec, subjects: Subjects, kinds: Mapping[str, SubjectKind]) -> Sequence[Subject]:
    """The subjects that an objective counts, by the kinds of the installed checks."""
    kind = _kind(objective, kinds)
    return subjects.in_scope(objective.scope, kind) if kind else ()


def _kind(objective: ObjectiveSpec, kinds: Mapping[str, SubjectKind]) -> SubjectKind | None:
    return next((kinds[check] for check in checks_of(objective) if check in kinds), None)


def _within(was: ObjectiveSpec, now: ObjectiveSpec, scopes: _Scopes) -> Iterator[Move]:
    yield from _moved_milestones(was, now)
    if set(was.checks) != set(now.checks):
        dropped = not set(was.checks) <= set(now.checks)
        yield _move(Goalpost.CHECKS, now, _listed(was.checks), _listed(now.checks), easier=dropped)
    if was.metric != now.metric:
        yield _move(Goalpost.METRIC, now, _metric(was), _metric(now), easier=None)
    left, not_passing = scopes.left(was, now)
    if set(was.scope) != set(now.scope):
        old, new = (", ".join(spec.scope) or "everything" for spec in (was, now))
        yield Move(Goalpost.SCOPE, now.id, now.title, old, new, not_passing > 0, left, not_passing)
    elif left:
        yield Move(Goalpost.SUBJECTS, now.id, now.title, None, None, not_passing > 0, left, not_passing)
    if was.weighted != now.weighted:
        yield _move(Goalpost.WEIGHTED, now, was.weighted, now.weighted, easier=None)
    if was.window != now.window:
        yield _move(Goalpost.WINDOW, now, _duration(was.window), _duration(now.window), easier=was.window < now.window)
    decided, decides = _decision(was.decision), _decision(now.decision)
    if was.decision and was.decision.outcome != "undecided" and decided != decides:
        yield _move(Goalpost.DECISION, now, decided, decides, easier=None)


def _moved_milestones(was: ObjectiveSpec, now: ObjectiveSpec) -> Iterator[Move]:
    """What stands in both is no move; of the rest, those of the same target belong together, then those of the same
    day, then one another."""
    old = [item for item in was.milestones if item not in now.milestones]
    new = [item for item in now.milestones if item not in was.milestones]
    for likeness in (attrgetter("target"), attrgetter("due"), type):
        for item in list(old):
            if other := next((each for each in new if likeness(each) == likeness(item)), None):
                old.remove(item)
                new.remove(other)
                easier = not _asked_by(item, now.milestones)
                yield _move(Goalpost.MILESTONE, now, _words(item), _words(other), easier=easier)
    for item in old:
        yield _move(Goalpost.MILESTONE, now, _words(item), None, easier=not _asked_by(item, now.milestones))
    for item in new:
        yield _move(Goalpost.MILESTONE, now, None, _words(item), easier=False)


def _asked_by(milestone: Milestone, others: Sequence[Milestone]) -> bool:
    """Whether one of the others asks for as much, as early, and as often."""
    return any(
        other.due <= milestone.due and _covers(other.target, milestone.target) and _as_often(other, milestone)
        for other in others
    )


def _as_often(milestone: Milestone, other: Milestone) -> bool:
    if other.every is None:
        return True
    return milestone.every is not None and milestone.every.longest <= other.every.longest


def _covers(target: MilestoneTarget, other: MilestoneTarget) -> bool:
    if other.figure is None:
        return target.word == other.word or (other.word == "measured" and target.figure is not None)
    if target.figure is None or target.at_most is not other.at_most:
        return False
    return target.figure <= other.figure if target.at_most else target.figure >= other.figure


def _options(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]], counted: set[str]
) -> Iterator[Move]:
    for check in sorted(counted & (before.keys() | after.keys())):
        was, now = before.get(check, {}), after.get(check, {})
        for name in sorted(was.keys() | now.keys()):
            if was.get(name) != now.get(name):
                old, new = (f"{name}: {of[name]}" if name in of else None for of in (was, now))
                yield Move(Goalpost.OPTIONS, None, check, old, new, None)


def _waivers(before: Yardstick, after: Yardstick) -> Iterator[Move]:
    """What is excused longer or shorter. A waiver that has expired excuses nothing: to take it out is no move."""
    was, now = _until(before.waivers, partial(_called_now, before, after)), _until(after.waivers, str)
    changed: dict[tuple[str, date | None, date | None], list[str]] = {}
    for check, entry in sorted(was.keys() | now.keys()):
        old, new = was.get((check, entry)), now.get((check, entry))
        if old != new and max(old or date.min, new or date.min) >= after.day:
            changed.setdefault((check, old, new), []).append(entry)
    for (check, old, new), entries in changed.items():
        excused, excuses = (f"until {day}" if day else None for day in (old, new))
        longer = (old or date.min) < (new or date.min)
        yield Move(Goalpost.WAIVER, None, check, excused, excuses, longer, tuple(entries))


def _until(waivers: Sequence[WaiverSpec], called: Callable[[str], str]) -> dict[tuple[str, str], date]:
    """The last day on which a check is excused on whatever goes by a name."""
    until: dict[tuple[str, str], date] = {}
    for waiver in waivers:
        for entry in map(called, waiver.on):
            until[waiver.check, entry] = max(waiver.expires, until.get((waiver.check, entry), date.min))
    return until


def _called_now(before: Yardstick, after: Yardstick, entry: str) -> str:
    """What a waiver says today of the hosts that it named then, where these were renamed; else as it was."""
    then = {subject.id for subject in before.subjects.called(entry)}
    now = {after.renamed.get(name, name) for name in then}
    if then == now:
        return entry
    entries = (each for waiver in after.waivers for each in waiver.on)
    return next((each for each in entries if {subject.id for subject in after.subjects.called(each)} == now), entry)


def _milestones(objective: ObjectiveSpec) -> str:
    return ", ".join(map(_words, objective.milestones))


def _words(milestone: Milestone) -> str:
    repeats = f", every {milestone.every.text}" if milestone.every else ""
    return f"{milestone.target.text} by {milestone.due}{repeats}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _metric(objective: ObjectiveSpec) -> str | None:
    return f"{objective.metric.check}/{objective.metric.fact}" if objective.metric else None


def _decision(decision: Decision | None) -> str | None:
    if decision is None:
        return None
    return f"{decision.outcome} on {decision.decided}" if decision.decided else decision.outcome


def _duration(length: timedelta) -> str:
    """As targets.yaml has it: 7d, 12h, 90m."""
    for unit, name in ((timedelta(days=1), "d"), (timedelta(hours=1), "h")):
        if length >= unit and not length % unit:
            return f"{length // unit}{name}"
    return f"{length // timedelta(minutes=1)}m"
