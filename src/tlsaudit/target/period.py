"""How often a milestone repeats."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from typing import Literal

from tlsaudit.target.problem import TargetError, shown

Unit = Literal["day", "week", "month", "year"]

PERIOD_PATTERN = "([1-9][0-9]{0,2}) (day|week|month|year)s?"


@dataclass(frozen=True, slots=True)
class Period:
    """So many days, weeks, months or years."""

    count: int
    unit: Unit

    @property
    def text(self) -> str:
        """`3 months`, `year`: as it stands after `every`."""
        return self.unit if self.count == 1 else f"{self.count} {self.unit}s"

    @property
    def longest(self) -> timedelta:
        """The most days that it can have."""
        return timedelta(days=self.count * {"day": 1, "week": 7, "month": 31, "year": 366}[self.unit])

    def after(self, first: date, times: int) -> date:
        """The day that many periods after `first`, or before it.

        Where a month lacks the day it is the month's last one, and the next has the day again: a month after 31 January
        is 28 February, two months after it 31 March. Beyond the calendar, its first or last day.
        """
        count = self.count * times
        if self.unit in {"day", "week"}:
            days = first.toordinal() + count * (7 if self.unit == "week" else 1)
            return date.fromordinal(min(max(days, 1), date.max.toordinal()))
        year, month = divmod(first.year * 12 + first.month - 1 + count * (12 if self.unit == "year" else 1), 12)
        if not MINYEAR <= year <= MAXYEAR:
            return date.min if year < MINYEAR else date.max
        return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def parse_period(text: str) -> Period:
    """`3 months`, `1 year`, `2 weeks` or `90 days`. Raises TargetError."""
    matched = re.fullmatch(PERIOD_PATTERN, text)
    if not matched:
        raise TargetError(f"{shown(text)} is no period: write 3 months, 1 year, 2 weeks or 90 days")
    count, unit = matched.groups()
    return Period(int(count), unit)  # type: ignore[arg-type]
