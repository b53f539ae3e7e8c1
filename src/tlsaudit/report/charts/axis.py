"""Time from left to right."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tlsaudit.report.document import ObjectiveRecord
from tlsaudit.report.text import MONTHS

_BEYOND = datetime.timedelta(days=365)
"""How far a drawing goes beyond the last milestone at most, for a forecast."""

_LAST_MONTH = 9999 * 12 + 11
_STEPS = (1, 2, 3, 6, 12)
_ROOM = 46
"""The width that a tick with its label takes."""


@dataclass(frozen=True, slots=True)
class Tick:
    """The first day of a month that has a label; `year` is empty where it is that of the tick before."""

    day: datetime.date
    label: str
    year: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The days from `first` to `last`, between two places of the drawing."""

    first: datetime.date
    last: datetime.date
    left: float
    right: float

    def x(self, day: datetime.date) -> float:
        """Where a day stands; days beyond the ends stand there."""
        inside = min(max(day, self.first), self.last)
        return self.left + (self.right - self.left) * (inside - self.first).days / (self.last - self.first).days

    def day(self, x: float) -> float:
        """The number of the day that stands there, with its fraction."""
        days = self.last.toordinal() - self.first.toordinal()
        return self.first.toordinal() + days * (x - self.left) / (self.right - self.left)

    def ticks(self) -> Iterator[Tick]:
        begin, end = _number(self.first), _number(self.last)
        room = max(int((self.right - self.left) / _ROOM), 1)
        step = next((step for step in _STEPS if (end - begin) / step <= room), None)
        step = step or 12 * (1 + (end - begin) // (12 * room))
        year = None
        for number in range(begin + -begin % step, end + 1, step):
            day = _month(number)
            yearly = step >= 12
            label = str(day.year) if yearly else MONTHS[day.month - 1][:3]
            yield Tick(day, label, "" if yearly or day.year == year else str(day.year))
            year = day.year


def axis(days: Iterable[datetime.date], foreseen: Iterable[datetime.date], left: float, right: float) -> Axis:
    """Whole months that show all the `days`, and of the days `foreseen` what is at most a year later."""
    known = list(days)
    latest = max(known)
    beyond = latest + min(_BEYOND, datetime.date.max - latest)
    end = _number(max([latest, *(min(day, beyond) for day in foreseen)])) + 1
    return Axis(_month(_number(min(known))), _month(end) if end <= _LAST_MONTH else datetime.date.max, left, right)


def expected(item: ObjectiveRecord) -> tuple[datetime.date, datetime.date, datetime.date] | None:
    """The earliest, the usual and the latest day on which the target of a goal is expected; None where there is no such
    forecast."""
    foreseen = item.forecast
    if foreseen is None or foreseen.date is None or item.status == "met":
        return None
    low, usual, high = sorted([foreseen.low or foreseen.date, foreseen.date, foreseen.high or foreseen.date])
    return low, usual, high


def _number(day: datetime.date) -> int:
    return day.year * 12 + day.month - 1


def _month(number: int) -> datetime.date:
    return datetime.date(number // 12, number % 12 + 1, 1)
