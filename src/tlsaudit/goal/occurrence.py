"""Which occurrence of a repeating milestone counts on a day."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import count

from tlsaudit.target import Milestone, Period


@dataclass(frozen=True, slots=True)
class MilestoneState:
    """A milestone, and whether it holds by the last observation; None where there is none.

    Of one that repeats it is the occurrence that counts, with its own date, `held` is by the last observation since the
    occurrence before it, and `kept` is the date of that one where it was kept while this one is not yet.
    """

    milestone: Milestone
    held: bool | None
    kept: date | None = None


def occurrence(
    milestone: Milestone, every: Period, observations: Iterable[tuple[date, bool]], at: date
) -> MilestoneState:
    """The occurrence of a milestone that counts on the day `at`. Observations are days up to then, oldest first, and
    whether the target held.

    Each occurrence has the period that ends with its day, and is kept where the last observation in that period holds.
    The one after the last that was kept counts; if that is kept already, the present one.
    """
    days = [every.after(milestone.due, -1), *_until(milestone.due, every, at)]
    by_period = {bisect_left(days, day): held for day, held in observations}
    by_period.pop(0, None)
    kept = max((number for number, held in by_period.items() if held), default=0)
    counts = min(kept + 1, len(days) - 1)
    since = [by_period[number] for number in sorted(by_period) if number >= counts]
    return MilestoneState(
        replace(milestone, due=days[counts]),
        held=since[-1] if since else None,
        kept=days[kept] if 0 < kept < counts else None,
    )


def _until(first: date, every: Period, at: date) -> Iterable[date]:
    """The occurrences up to the first that is not past."""
    for number in count():
        day = every.after(first, number)
        yield day
        if day >= at:
            return
