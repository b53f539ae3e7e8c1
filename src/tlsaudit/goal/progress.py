"""Where an objective stands on a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from fractions import Fraction
from functools import partial

from tlsaudit.check import SubjectKind
from tlsaudit.goal.drills import take_drills
from tlsaudit.goal.errors import ObjectiveError
from tlsaudit.goal.forecast import Forecast, PacesOf, Unforeseen, fit, foresee
from tlsaudit.goal.line import Point, behind_line
from tlsaudit.goal.measurement import Blocker, Blocking, Measurement, take
from tlsaudit.goal.occurrence import MilestoneState, occurrence
from tlsaudit.goal.recorded import DRILLS, Recorded, RecordedMeasurement, recorded_name, take_recorded
from tlsaudit.goal.subjects import Subjects
from tlsaudit.goal.tally import Counts, Findings
from tlsaudit.goal.waivers import Waivers
from tlsaudit.goal.weights import weights_of
from tlsaudit.target import Decision, Milestone, ObjectiveSpec

Measured = Measurement | Recorded

_ENOUGH_COVERAGE = Fraction(9, 10)


class Status(StrEnum):
    """How an objective is doing."""

    MET = "met"
    OVERDUE = "overdue"
    NOT_MEASURED = "not-measured"
    AT_RISK = "at-risk"
    ON_TRACK = "on-track"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Progress:
    """An objective on a day.

    `share` and `coverage` are from 0 to 1, weighted where the objective is, None where nothing applies; `counts` are
    numbers of subjects all the same; `value` is the worst figure of a metric. `milestones` are in the order of their
    dates, those that repeat as the occurrence that counts. `milestone` is the one that counts now: the first that is
    overdue, else the first that does not hold yet, else the last. `previous` is the last earlier figure. `blocking` are
    the first of the `blocking_count` findings that keep the milestone from holding, the unexcused first.
    `excused_until` is set where nothing but waived failures keeps the objective from its due milestones: the last day
    on which that is so. `decision` is the decision as it stood on that day. `forecast` is when that milestone's target
    is reached, or why that is not known; None where it is reached, has no figure, or too little was judged of late.
    `figures` are all up to that day, oldest first.
    """

    objective: ObjectiveSpec
    status: Status
    share: float | None
    value: float | None
    coverage: float | None
    counts: Counts
    milestone: Milestone
    milestones: tuple[MilestoneState, ...]
    decision: Decision | None
    previous: float | None
    excused_until: date | None
    blocking: tuple[Blocker, ...]
    blocking_count: int
    recorded: Recorded | None
    days_late: int
    forecast: Forecast | Unforeseen | None
    figures: tuple[Point, ...]


def checks_of(objective: ObjectiveSpec) -> tuple[str, ...]:
    """The checks whose findings an objective counts."""
    return (objective.metric.check,) if objective.metric else objective.checks


def subject_kind(objective: ObjectiveSpec, kinds: Mapping[str, SubjectKind]) -> SubjectKind | None:
    """What an objective's checks judge, by the kinds of the installed checks; None where none is installed.

    Raises ObjectiveError where they judge different kinds of subject.
    """
    by_kind = {kinds[check]: check for check in reversed(checks_of(objective)) if check in kinds}
    if len(by_kind) > 1:
        said = " but ".join(f"{check} judges {kind}s" for kind, check in sorted(by_kind.items()))
        raise ObjectiveError(f"{objective.id}: {said}: make two objectives of it, a share has one kind of subject")
    return next(iter(by_kind), None)


def measure(
    objective: ObjectiveSpec,
    findings: Findings,
    subjects: Subjects,
    waivers: Waivers,
    kinds: Mapping[str, SubjectKind],
    *,
    at: date,
    observed_at: datetime | None,
    earlier: Sequence[Point] = (),
    recorded: Sequence[RecordedMeasurement] = (),
    paces: PacesOf = fit,
) -> Progress:
    """Measure one objective by an audit's findings, waivers applied.

    `at` is a day, UTC; `observed_at` is when its subjects were last observed, None for never; `earlier` are its
    figures in earlier audits, and `paces` tell a forecast how fast these move. Where its metric is a recorded
    measurement, `recorded` takes the place of all these but the last.
    Raises ObjectiveError.
    """
    if name := recorded_name(objective, kinds):
        drills = name == DRILLS
        figure = take_drills(objective, subjects, at) if drills else take_recorded(name, objective, recorded, at)
        return _progress(objective, figure, figure.last_day, figure.points, at, paces=paces)
    kind = subject_kind(objective, kinds)
    scope = subjects.in_scope(objective.scope, kind) if kind else ()
    observed = observed_at.astimezone(UTC).date() if observed_at else None
    measurement = take(objective, scope, findings, waivers, weights_of(objective, scope, subjects))
    return _progress(objective, measurement, observed, earlier, at, paces=paces)


def _progress(
    objective: ObjectiveSpec,
    measured: Measured,
    observed: date | None,
    earlier: Sequence[Point],
    at: date,
    *,
    paces: PacesOf,
) -> Progress:
    decision = _decision_at(objective, at)
    points = sorted((point for point in earlier if point[0] <= at), key=lambda point: point[0])
    figure = [] if observed is None or measured.figure is None else [(observed, float(measured.figure))]
    held = (_held(item, measured, decision, observed=observed is not None) for item in objective.milestones)
    found = map(partial(_state, points=points, observed=observed, at=at), objective.milestones, held)
    states = sorted(found, key=lambda state: state.milestone.due)
    state = next((state for state in states if not state.held), states[-1])
    milestone = state.milestone
    forecast = None
    if decision:
        status = _decision_status(decision, milestone, at)
    else:
        fresh = observed is not None and at - observed <= objective.window
        if figure and fresh and _enough(measured):
            forecast = foresee([*points, *figure], milestone.target, at, paces)
        status = _status(measured, states, state, at, points, forecast=forecast, fresh=fresh)
    due = [item.milestone for item in states if item.held is False and item.milestone.due < at]
    blocking = Blocking((), 0) if status is Status.MET else measured.blocking(milestone.target)
    return Progress(
        objective=objective,
        status=status,
        share=_number(measured.share),
        value=measured.value,
        coverage=_number(measured.coverage),
        counts=measured.counts,
        milestone=milestone,
        milestones=tuple(states),
        decision=decision,
        previous=points[-1][1] if points else None,
        excused_until=measured.excused_until(due) if due else None,
        blocking=blocking.first,
        blocking_count=blocking.total,
        recorded=measured if isinstance(measured, Recorded) else None,
        days_late=(at - milestone.due).days if status is Status.OVERDUE else 0,
        forecast=forecast,
        figures=(*points, *figure),
    )


def _number(fraction: Fraction | None) -> float | None:
    return None if fraction is None else float(fraction)


def _decision_at(objective: ObjectiveSpec, at: date) -> Decision | None:
    decision = objective.decision
    if decision and decision.decided and decision.decided > at:
        return Decision("undecided", None, None)
    return decision


def _state(
    milestone: Milestone, held: bool | None, points: Sequence[Point], observed: date | None, at: date
) -> MilestoneState:
    """`held` is by the observation on the day `observed`, `points` are the figures before it."""
    target = milestone.target
    if milestone.every is None:
        reached = target.word == "measured" and bool(points)  # by any figure, which nothing takes back
        return MilestoneState(milestone, reached or held)
    seen = [(day, target.word == "measured" or target.reached_by(figure)) for day, figure in points]
    if observed and held is not None:
        seen.append((observed, held))
    return occurrence(milestone, milestone.every, seen, at)


def _held(milestone: Milestone, measured: Measured, decision: Decision | None, *, observed: bool) -> bool | None:
    if milestone.target.word == "decided":
        return decision is not None and decision.outcome != "undecided"
    return measured.reaches(milestone.target) if observed and measured.judged else None


def _decision_status(decision: Decision, milestone: Milestone, at: date) -> Status:
    if decision.outcome != "undecided":
        return Status.MET
    return Status.OVERDUE if milestone.due < at else Status.UNDECIDED


def _status(
    measured: Measured,
    states: Sequence[MilestoneState],
    state: MilestoneState,
    at: date,
    earlier: Sequence[Point],
    *,
    forecast: Forecast | Unforeseen | None,
    fresh: bool,
) -> Status:
    figure = measured.figure
    if fresh and all(item.held for item in states):
        return Status.MET
    if any(item.milestone.due < at and not item.held for item in states):
        return Status.OVERDUE
    if state.kept and state.held is None and (fresh or all(item.milestone.every for item in states)):
        return Status.ON_TRACK
    if not fresh or not measured.judged or figure is None or measured.coverage is None:
        return Status.NOT_MEASURED
    milestone = state.milestone
    before = [item.milestone for item in states if item.milestone.due < milestone.due]
    if state.kept:
        before.append(replace(milestone, due=state.kept))
    late = _late(forecast, milestone)
    if late is None:
        late = behind_line(milestone, before, earlier, at, float(figure))
    return Status.AT_RISK if late or not _enough(measured) else Status.ON_TRACK


def _enough(measured: Measured) -> bool:
    return measured.coverage is not None and measured.coverage >= _ENOUGH_COVERAGE


def _late(forecast: Forecast | Unforeseen | None, milestone: Milestone) -> bool | None:
    """Whether the forecast misses the milestone; None where it cannot tell."""
    if isinstance(forecast, Forecast):
        return forecast.day > milestone.due
    return True if forecast and forecast.misses else None
