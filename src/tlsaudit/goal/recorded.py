"""Figures that no audit measures: they are recorded in the history, from access logs for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from math import isfinite
from typing import Any, ClassVar

from tlsaudit.check import SubjectKind
from tlsaudit.goal.line import Point
from tlsaudit.goal.measurement import Blocker, Blocking
from tlsaudit.goal.subjects import FLEET
from tlsaudit.goal.tally import Counts
from tlsaudit.target import Milestone, MilestoneTarget, ObjectiveSpec

_CRAWLERS = "tlsaudit measure crawlers LOG... --record"

DRILLS = "failover-drill"
"""What is not recorded in the history, but in the targets file: the drills of its services."""

RECORDED: Mapping[str, str] = {
    "crawler-https": _CRAWLERS,
    "search-readers-https": _CRAWLERS,
    "page-size-exposure": "tlsaudit measure padding URL... --record",
    DRILLS: "a line under drills: of the service",
}
"""The names of recorded measurements that a metric may name, and what records each."""


@dataclass(frozen=True, slots=True)
class RecordedMeasurement:
    """A figure of the days from `first_day` to `last_day`, both included, UTC.

    `name` and `fact` are those that a metric names. A share is from 0 to 1, of `denominator` things that are called
    `unit`; what could not be told of them (`unknown`) is part of the denominator. `measured_at` is when that was found
    out; `source` says from what; `body` is whatever JSON value is worth keeping beside it. Raises ValueError.
    """

    name: str
    fact: str
    value: float
    denominator: int
    unit: str
    first_day: date
    last_day: date
    measured_at: datetime
    source: str
    unknown: int = 0
    body: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isfinite(self.value) or self.denominator < 1 or not 0 <= self.unknown <= self.denominator:
            raise ValueError(f"{self.name}/{self.fact}: {self.value} of {self.denominator}, {self.unknown} unknown")
        if self.last_day < self.first_day:
            raise ValueError(f"{self.name}/{self.fact}: from {self.first_day} to {self.last_day}")


def recorded_name(objective: ObjectiveSpec, kinds: Mapping[str, SubjectKind]) -> str | None:
    """The recorded measurement that an objective's metric names; None where it names an installed check, or neither."""
    name = objective.metric.check if objective.metric else None
    return name if name in RECORDED and name not in kinds else None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The newest figure up to a day, None where there is none, and those before it, oldest first. `fresh` is whether
    that is within the objective's window. `lacking` is what each subject lacks, where it is known."""

    name: str
    fresh: bool
    newest: RecordedMeasurement | None
    earlier: tuple[RecordedMeasurement, ...]
    lacking: tuple[Blocker, ...] = ()

    share: ClassVar[None] = None
    counts: ClassVar[Counts] = Counts()
    """No subject of the targets file is counted."""

    @property
    def value(self) -> float | None:
        return self.newest.value if self.newest else None

    @property
    def figure(self) -> float | None:
        return self.value

    @property
    def judged(self) -> bool:
        return self.coverage is not None and self.coverage > 0

    @property
    def coverage(self) -> Fraction | None:
        """The share of the denominator that could be told."""
        return 1 - Fraction(self.newest.unknown, self.newest.denominator) if self.newest else None

    @property
    def last_day(self) -> date | None:
        return self.newest.last_day if self.newest else None

    @property
    def points(self) -> list[Point]:
        return [(item.last_day, item.value) for item in self.earlier]

    def reaches(self, target: MilestoneTarget) -> bool:
        if target.word == "measured":
            return self.judged
        return self.value is not None and target.reached_by(self.value)

    def excused_until(self, due: Sequence[Milestone]) -> None:  # noqa: ARG002 waivers are of findings
        return None

    def blocking(self, target: MilestoneTarget) -> Blocking:  # noqa: ARG002 it is the same for each
        """What is lacking, else what to do where there is no figure of late."""
        if self.lacking or self.fresh:
            return Blocking.of(self.lacking)
        last = f"the last figure is of {self.last_day}" if self.newest else "nothing is recorded yet"
        return Blocking.of([Blocker(self.name, FLEET, f"{last}: record it with {RECORDED[self.name]}")])


def take_recorded(name: str, objective: ObjectiveSpec, recorded: Sequence[RecordedMeasurement], at: date) -> Recorded:
    """`recorded` are oldest first; of those of one day the last counts."""
    by_day = {item.last_day: item for item in recorded if item.last_day <= at}
    days = [by_day[day] for day in sorted(by_day)]
    fresh = bool(days) and at - days[-1].last_day <= objective.window
    return Recorded(name, fresh, days[-1] if days else None, tuple(days[:-1]))
