"""Which services were moved to another site of late, to see that it can be done, by the drills of the targets file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

from tlsaudit.check import Subject
from tlsaudit.goal.measurement import Blocker
from tlsaudit.goal.recorded import DRILLS, Recorded, RecordedMeasurement, take_recorded
from tlsaudit.goal.subjects import Subjects
from tlsaudit.target import Drill, ObjectiveSpec

_Tried = Mapping[Subject, Sequence[Drill]]
"""The drills of each service in scope, oldest first."""


def take_drills(objective: ObjectiveSpec, subjects: Subjects, at: date) -> Recorded:
    """The share of the services in scope whose last drill succeeded, a figure for each day on which there was one.

    Only drills of the same period count, where the milestone repeats: what was tried before says nothing of this one.
    """
    scope = subjects.at_sites(objective.scope)
    tried = {
        subject: sorted((drill for drill in subjects.drills(subject) if drill.day <= at), key=lambda drill: drill.day)
        for subject in scope
    }
    days = sorted({drill.day for drills in tried.values() for drill in drills})
    figures = [_figure(tried, _begin(objective, day), day) for day in days]
    lacking = tuple(_lacking(tried, _begin(objective, at)))
    return replace(take_recorded(DRILLS, objective, figures, at), lacking=lacking)


def _begin(objective: ObjectiveSpec, day: date) -> date:
    """The last day before the period that a day is in; the first of all days where no milestone repeats."""
    for milestone in objective.milestones:
        if every := milestone.every:
            number = 0
            while every.after(milestone.due, number) < day:
                number += 1
            while every.after(milestone.due, number - 1) >= day:
                number -= 1
            return every.after(milestone.due, number - 1)
    return date.min


def _figure(tried: _Tried, begin: date, day: date) -> RecordedMeasurement:
    last = [next((drill for drill in reversed(drills) if begin < drill.day <= day), None) for drills in tried.values()]
    return RecordedMeasurement(
        name=DRILLS,
        fact="share",
        value=sum(drill is not None and drill.succeeded for drill in last) / len(last),
        denominator=len(last),
        unit="service" if len(last) == 1 else "services",
        first_day=day,
        last_day=day,
        measured_at=datetime.combine(day, time.min, UTC),
        source="the drills of the targets file",
    )


def _lacking(tried: _Tried, begin: date) -> Iterator[Blocker]:
    for subject, drills in tried.items():
        last = drills[-1] if drills else None
        if last is None:
            yield Blocker(DRILLS, subject, "no drill yet: let one site take over, and write it under drills:")
        elif last.day <= begin:
            yield Blocker(DRILLS, subject, f"no drill since {last.day}: let one site take over again")
        elif not last.succeeded:
            record = f": {last.record}" if last.record else ""
            yield Blocker(DRILLS, subject, f"the drill of {last.day} from {last.origin} to {last.to} failed{record}")
