"""When a figure will reach its target if things go on as of late."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from hashlib import blake2b
from importlib.util import find_spec
from itertools import groupby, takewhile
from math import ceil
from statistics import median

from tlsaudit.goal.line import Point
from tlsaudit.target import MilestoneTarget

WEEKS = 13
"""The weeks that make the present pace: those with an audit, of the last year. With an audit a week, a quarter."""

FEWEST_WEEKS = 5

HORIZON = timedelta(days=3653)
"""Ten years: no forecast is of a later day, and no interval ends later."""

_OLDEST = timedelta(days=365)
_CONFIDENCE = 0.9
_ROUNDING = 1e-6

Week = tuple[float, float]
"""The number of its middle day, and its figure."""

Paces = tuple[float, float, float]
"""The slowest, the usual and the quickest pace a day."""

PacesOf = Callable[[Sequence[Week]], Paces]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The day on which the target is reached at the usual pace, and at both ends of its interval."""

    day: date
    low: date
    high: date


class Unforeseen(StrEnum):
    """Why there is no such day."""

    TOO_LITTLE_DATA = "too-little-data"
    UNSTEADY = "unsteady"
    NO_CHANGE = "no-change"
    MOVING_AWAY = "moving-away"
    BEYOND_HORIZON = "beyond-horizon"

    @property
    def misses(self) -> bool:
        """Whether the pace is known and gets nowhere in time, whatever the date."""
        return self in {Unforeseen.NO_CHANGE, Unforeseen.MOVING_AWAY, Unforeseen.BEYOND_HORIZON}


def available() -> bool:
    """Whether the extra `forecast` is installed."""
    return find_spec("scipy") is not None


def fit(weeks: Sequence[Week]) -> Paces:
    """By SciPy."""
    from scipy.stats import theilslopes

    found = theilslopes([value for _, value in weeks], [day for day, _ in weeks], alpha=_CONFIDENCE)
    # Among many equal figures the interval can end short of the median.
    slowest, usual, quickest = sorted(map(float, (found.low_slope, found.slope, found.high_slope)))
    return slowest, usual, quickest


class Fitted:
    """Paces that were fitted before, and any other anew: to import SciPy takes as long as to read the rest of a report.
    `used` are those that were asked for, by a digest of what they were fitted to."""

    def __init__(self) -> None:
        self._known: dict[str, Paces] = {}
        self.used: dict[str, Paces] = {}

    def know(self, paces: Mapping[str, Paces]) -> None:
        """What was once `used`."""
        self._known |= paces

    def __call__(self, weeks: Sequence[Week]) -> Paces:
        fitted_to = blake2b(json.dumps(weeks).encode(), digest_size=16).hexdigest()
        self.used[fitted_to] = self._known.get(fitted_to) or fit(weeks)
        return self.used[fitted_to]


def foresee(
    points: Sequence[Point], target: MilestoneTarget, at: date, paces: PacesOf = fit
) -> Forecast | Unforeseen | None:
    """When a target is reached, as seen on the day `at`. The last of the `points`, oldest first, is where it stands;
    None where that will do, where the target has no figure, and without the extra.

    The pace is the Theil-Sen slope of the last WEEKS weekly figures, from the last one before any change on, with its
    90 % interval by Sen (1968). The figure of a week is the median of its points: a day without a scanner moves
    nothing. It is a pace only where the interval has one sign: one step, however large, is none. What is left to the
    target is divided by it.

    Assumed is that the work goes on as it did. A decision that turns everything at once is not foreseen, nor that the
    last hosts are the hardest, and the interval does not cover them.
    """
    if not points or target.figure is None or not available():
        return None
    sign = -1.0 if target.at_most else 1.0
    seen, figure = points[-1]
    left = sign * (float(target.figure) - figure)
    if left <= 0:
        return None
    weeks = [(day, sign * value) for day, value in _weeks(points)]
    moving = _moving(weeks)
    if len(moving) < FEWEST_WEEKS:
        return _hardly_moving(weeks, sign * figure)
    slowest, usual, quickest = paces(moving)
    if slowest <= 0:
        return Unforeseen.MOVING_AWAY if quickest < 0 else Unforeseen.UNSTEADY
    return _at_pace(seen, [left / pace for pace in (quickest, usual, slowest)], at)


def _weeks(points: Sequence[Point]) -> list[Week]:
    """Newest first; weeks are counted back from the last point."""
    last = points[-1][0]
    recent = [(day, value) for day, value in reversed(points) if last - day <= _OLDEST]
    weeks = [list(week) for _, week in groupby(recent, key=lambda point: (last - point[0]).days // 7)]
    return [(median(day.toordinal() for day, _ in week), median(value for _, value in week)) for week in weeks[:WEEKS]]


def _moving(weeks: Sequence[Week]) -> Sequence[Week]:
    """Without those before the work began, but for the last."""
    still = sum(1 for _ in takewhile(lambda week: week[1] == weeks[-1][1], reversed(weeks)))
    return weeks[: len(weeks) - still + 1]


def _hardly_moving(weeks: Sequence[Week], now: float) -> Unforeseen:
    if len(weeks) < FEWEST_WEEKS:
        return Unforeseen.TOO_LITTLE_DATA
    return Unforeseen.NO_CHANGE if {figure for _, figure in weeks} == {now} else Unforeseen.UNSTEADY


def _at_pace(seen: date, days: Sequence[float], at: date) -> Forecast | Unforeseen:
    """By the fewest, usual and most days that are left. What should have been reached since it was seen is reached
    today at the earliest."""
    _, usual, _ = days
    if usual > HORIZON.days:
        return Unforeseen.BEYOND_HORIZON
    low, day, high = (max(seen + timedelta(days=ceil(min(each, HORIZON.days) - _ROUNDING)), at) for each in days)
    return Forecast(day, low, high)
