"""What targets.yaml says of goals: objectives, their milestones, and waivers."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from tlsaudit.target.period import Period
from tlsaudit.target.problem import TargetError, shown

ObjectiveKind = Literal["share", "decision", "metric"]
DecisionOutcome = Literal["undecided", "force", "do-not-force"]

TARGET_PATTERN = r"(<=|>=)?\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(%?)"
DURATION_PATTERN = r"[0-9]{1,6}[mhdw]"

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class MilestoneTarget:
    """What must be true: `measured`, `decided`, or a figure of at least (`at_most`: at most) `figure`.

    A figure in percent is held as a fraction: `95%` is 19/20.
    """

    word: Literal["measured", "decided"] | None = None
    figure: Fraction | None = None
    at_most: bool = False
    percent: bool = False

    @property
    def text(self) -> str:
        """As a reader sees it: `100%`, `<= 45%`, `>= 12`, `measured`, `decided`."""
        if self.figure is None:
            return str(self.word)
        number = f"{float(self.figure * (100 if self.percent else 1)):.12g}"
        if self.percent:
            return f"<= {number}%" if self.at_most else f"{number}%"
        return f"<= {number}" if self.at_most else f">= {number}"

    def asks_more_than(self, other: "MilestoneTarget") -> bool:
        """Whether it has a figure beyond that of another in the same direction."""
        if self.figure is None or other.figure is None:
            return False
        return self.figure < other.figure if self.at_most else self.figure > other.figure

    def reached_by(self, value: Fraction | float) -> bool:
        """Whether a figure is on the right side. A float is compared as the nearest float would be."""
        if self.figure is None:
            return False
        wanted = self.figure if isinstance(value, Fraction) else float(self.figure)
        return value <= wanted if self.at_most else value >= wanted


@dataclass(frozen=True, slots=True)
class Milestone:
    """What must be true by the end of a day, UTC; where it repeats, of `due` and of every such period after it."""

    due: date
    target: MilestoneTarget
    every: Period | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """A numeric fact of a check's findings, or of what was recorded under a name instead of a check's id."""

    check: str
    fact: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`record` is the URL of the minutes, or the like."""

    outcome: DecisionOutcome
    decided: date | None
    record: str | None


@dataclass(frozen=True, slots=True)
class ObjectiveSpec:
    """One objective. `scope` is empty where everything is meant; `weighted` names the weights by which the share is
    taken; `window` is how old an observation may be; `milestones` are in the order of their dates, at least one."""

    id: str
    title: str
    kind: ObjectiveKind
    owner: str | None
    scope: tuple[str, ...]
    checks: tuple[str, ...]
    metric: Metric | None
    weighted: str | None
    decision: Decision | None
    window: timedelta
    milestones: tuple[Milestone, ...]


@dataclass(frozen=True, slots=True)
class WaiverSpec:
    """Excuses the failures of one check until the end of the day it expires, UTC."""

    check: str
    on: tuple[str, ...]
    reason: str
    owner: str
    ticket: str | None
    expires: date


def parse_milestone_target(text: str) -> MilestoneTarget:
    """`95%`, `<= 45%`, `>= 12`, `measured` or `decided`. Raises TargetError."""
    if text in {"measured", "decided"}:
        return MilestoneTarget(word="measured" if text == "measured" else "decided")
    matched = re.fullmatch(TARGET_PATTERN, text)
    if not matched:
        raise TargetError(f"{shown(text)} is no target: write 95%, <= 45%, measured or decided")
    sign, number, percent = matched.groups()
    figure = Fraction(number) / (100 if percent else 1)
    if percent and figure > 1:
        raise TargetError(f"{shown(text)} is more than everything: write at most 100%")
    return MilestoneTarget(figure=figure, at_most=sign == "<=", percent=bool(percent))


def parse_duration(text: str) -> timedelta:
    """`30m`, `12h`, `7d` or `2w`. Raises TargetError."""
    if not re.fullmatch(DURATION_PATTERN, text):
        raise TargetError(f"{shown(text)} is no duration: write 7d, 12h or 30m")
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
