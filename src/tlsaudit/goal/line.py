"""Figures against time: how they went, and the straight line from one milestone to the next."""

from collections.abc import Sequence
from datetime import date

from tlsaudit.target import Milestone

Point = tuple[date, float]

_ROUNDING = 1e-9


def turns(points: Sequence[Point], most: int) -> list[Point]:
    """The last figure of each day on which it was another than the day before it, and the newest. Oldest first; where
    there are more than `most`, every other one is left out until there are not.
    """
    days = list(dict(points).items())
    ends = (0, len(days) - 1)
    found = [point for at, point in enumerate(days) if at in ends or point[1] != days[at - 1][1]]
    while len(found) > most:
        found = [*found[:-1:2], found[-1]]
    return found


def behind_line(goal: Milestone, before: Sequence[Milestone], earlier: Sequence[Point], at: date, now: float) -> bool:
    """Whether a figure is on the wrong side of the line that leads to `goal`.

    The line starts at the last of the milestones `before` that has a figure, else at the first of the `earlier`
    measurements; with neither there is no line to be behind.
    """
    start = _start(before, earlier)
    if start is None or goal.target.figure is None:
        return False
    begun, first = start
    days = (goal.due - begun).days
    gone = 1.0 if days <= 0 else min(max((at - begun).days / days, 0.0), 1.0)
    expected = first + (float(goal.target.figure) - first) * gone
    return now > expected + _ROUNDING if goal.target.at_most else now < expected - _ROUNDING


def _start(before: Sequence[Milestone], earlier: Sequence[Point]) -> Point | None:
    passed = [(item.due, float(item.target.figure)) for item in before if item.target.figure is not None]
    return max(passed) if passed else min(earlier, default=None)
