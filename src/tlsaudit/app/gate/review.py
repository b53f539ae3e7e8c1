"""What a change of a targets file does that no finding tells: to the goals, and to what is asked and excused."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tlsaudit.app.records import location_record
from tlsaudit.goal import Goalpost
from tlsaudit.report.document import LocationRecord, MoveRecord, ObjectiveRecord, ReviewRecord
from tlsaudit.report.goalposts import moved
from tlsaudit.report.text import joined, place, plural
from tlsaudit.report.wording import STATUSES, figure, now, why
from tlsaudit.target import Location, Targets, parse_milestone_target
from tlsaudit.target.targets import Place

_NAMED = 5

_ASKS_FOR_ELSE = {"scope", "checks", "metric", "weighted"}
"""Goalposts after whose move a goal is another one: it is for a reviewer to say whether that is right."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Both sides: the goals as they were and are, the goalposts that moved; where the change leads though the base does
    not, with the reason; the endpoints that went, and those that failed something."""

    before: Sequence[ObjectiveRecord]
    after: Sequence[ObjectiveRecord]
    moves: Sequence[MoveRecord]
    beyond: Mapping[str, str]
    dropped: Sequence[str]
    failing: Collection[str]


def review(found: Difference, targets: Targets) -> Iterator[ReviewRecord]:
    """What is broken, then the other goals, goalposts and endpoints; each at its line of the targets file."""
    was = {goal.id: goal for goal in found.before}
    goals = [(was.get(goal.id), goal) for goal in found.after]
    edited = {move.objective for move in found.moves if move.goalpost in _ASKS_FOR_ELSE}
    told = [
        (goal.id not in edited and broken(old, goal), goal, _effect(old, goal))
        for old, goal in goals
        if _differs(old, goal)
    ]
    for breaks, goal, effect in sorted(told, key=lambda each: not each[0]):
        at = _line(targets, "objectives", goal.id)
        yield ReviewRecord(kind="broken" if breaks else "goal", about=goal.id, message=effect, location=at)
    for move in found.moves:
        for said in moved([move]):
            easier = " (easier)" if said.easier else ""
            message = f"{said.whose}: {said.what}{easier}"
            about = f"{move.objective or move.name} {move.goalpost}"
            yield ReviewRecord(kind="goalpost", about=about, message=message, location=_of_move(move, targets))
    locations = {endpoint.id: endpoint.location for endpoint in targets.endpoints}
    for endpoint, why_new in found.beyond.items():
        at = location_record(locations.get(endpoint)) or _line(targets)
        yield ReviewRecord(kind="new", about=endpoint, message=f"{place(endpoint)}: {why_new}", location=at)
    if found.dropped:
        about = " ".join(found.dropped)
        yield ReviewRecord(kind="dropped", about=about, message=_dropped(found), location=_line(targets))


def broken(before: ObjectiveRecord | None, after: ObjectiveRecord) -> bool:
    """Whether a goal that was met is no more, by the target that it had: one that is raised, or a check that is made
    stricter, breaks nothing. What is unknown may still hold."""
    if before is None or before.status != "met" or after.status == "met" or before.target is None:
        return False
    target = parse_milestone_target(before.target)
    reached = figure(after)
    if target.figure is None or reached is None or (after.changes and after.changes.rules):
        return False
    unknown = 0.0 if after.kind == "metric" or after.coverage is None else 1 - after.coverage
    return not target.reached_by(reached + unknown)


def _differs(before: ObjectiveRecord | None, after: ObjectiveRecord) -> bool:
    alike = ("status", "share", "value", "counts")
    return before is None or any(getattr(before, name) != getattr(after, name) for name in alike)


def _effect(before: ObjectiveRecord | None, after: ObjectiveRecord) -> str:
    """`Recordings stay secret: 11 of 12 -> 11 of 13 (1 new); 100% by 2026-12-31 is at risk`."""
    figures = [now(each.model_copy(update={"previous": None})) for each in (before, after) if each]
    changed = " -> ".join(dict.fromkeys(figures))
    causes = f" ({why(after)})" if before and why(after) else ""
    milestone = f"{after.target} by {after.due}" if after.due else "its milestone"
    status = f"{milestone} is {STATUSES[after.status]}"
    if before is None:
        return f"{after.title}: a new goal: {changed}; {status}"
    was = f", was {STATUSES[before.status]}" if before.status != after.status else ""
    return f"{after.title}: {changed}{causes}; {status}{was}"


def _dropped(found: Difference) -> str:
    names = [place(each) for each in found.dropped]
    more = [plural(len(names) - _NAMED, "other")] if len(names) > _NAMED else []
    failing = sum(each in found.failing for each in found.dropped)
    failed = f"; {failing} of them failed something" if failing else ""
    return f"{plural(len(names), 'endpoint')} dropped: {joined([*names[:_NAMED], *more])}{failed}"


def _of_move(move: MoveRecord, targets: Targets) -> LocationRecord:
    if move.goalpost == Goalpost.WAIVER.value:
        named = (
            number
            for number, waiver in enumerate(targets.waivers)
            if waiver.check == move.name and not set(waiver.on).isdisjoint(move.subjects)
        )
        return _line(targets, "waivers", next(named, 0))
    return (
        _line(targets, "checks", move.name) if move.objective is None else _line(targets, "objectives", move.objective)
    )


def _line(targets: Targets, *steps: str | int) -> LocationRecord:
    """Where this is written, else what is around it, else the first line."""
    known: Place = steps
    while known and tuple(known) not in targets.positions:
        known = known[:-1]
    line, column = targets.positions.get(tuple(known), (1, 1))
    return LocationRecord(**Location(targets.called, line, column)._asdict())
