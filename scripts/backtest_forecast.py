"""What the forecast would have said on the way of one operator, Wikimedia, to HTTPS: the table of docs/forecast.md.

The dates are those of its public configuration and announcements, with an audit every day from its goals of
2014-05-23 on. What the dates do not say is assumed, and said in `_GOALS`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tlsaudit.goal.forecast import WEEKS, Forecast, Unforeseen, foresee
from tlsaudit.target import MilestoneTarget
from tlsaudit.target.objective import parse_milestone_target

BEGUN = date(2014, 5, 23)


@dataclass(frozen=True, slots=True)
class Goal:
    """From each day of `steps` on the figure is another, before the first it is 0; `asked` are the table's days."""

    title: str
    target: MilestoneTarget
    steps: Sequence[tuple[date, float]]
    asked: Sequence[date]


def _days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


def canonical(languages: int) -> Goal:
    """One language, seven more four months later, all of them four days after that."""
    first, more, every = _days("2015-02-25", "2015-06-12", "2015-06-16")
    return Goal(
        "Pages name https as canonical",
        parse_milestone_target("100%"),
        [(first, 1 / languages), (more, 8 / languages), (every, 1.0)],
        _days("2014-06-15", "2014-12-31", "2015-03-31", "2015-06-01", "2015-06-15"),
    )


_GOALS = (
    Goal(
        "Forward secrecy, service by service",  # evenly over July: of the services only the month is known
        parse_milestone_target("100%"),
        list(zip([date(2014, 7, day) for day in (1, 8, 15, 22, 29)], (0.2, 0.4, 0.6, 0.8, 1.0), strict=True)),
        _days("2014-06-15", "2014-06-30", "2014-07-14", "2014-07-21", "2014-07-28"),
    ),
    Goal(
        "IPsec between the data centres",  # four steps of the same size, the last on the last day of its month
        parse_milestone_target("100%"),
        list(zip(_days("2014-12-24", "2015-06-08", "2015-07-29", "2016-02-29"), (0.25, 0.5, 0.75, 1.0), strict=True)),
        _days("2014-12-01", "2015-02-15", "2015-05-15", "2015-07-15", "2015-08-31", "2015-10-15", "2015-12-31"),
    ),
    canonical(languages=288),
    Goal(
        "HSTS for a year",
        parse_milestone_target(">= 365"),
        list(
            zip(
                _days("2015-06-12", "2015-06-18", "2015-06-22", "2015-06-26", "2015-07-02"),
                (1.0, 3.0, 14.0, 182.0, 365.0),
                strict=True,
            )
        ),
        _days("2015-06-01", "2015-06-20", "2015-07-01"),
    ),
)


def said(goal: Goal, at: date) -> Forecast | Unforeseen | None:
    """The forecast of a day."""
    days = [BEGUN + timedelta(days=number) for number in range((at - BEGUN).days + 1)]
    return foresee([(day, _figure(goal, day)) for day in days], goal.target, at)


def _figure(goal: Goal, day: date) -> float:
    return max((figure for since, figure in goal.steps if since <= day), default=0.0)


def straight_line(goal: Goal, at: date) -> date | None:
    """What the line through the first and the last figure of the last 13 weeks would have said, for comparison."""
    days = timedelta(days=7 * WEEKS)
    gained = _figure(goal, at) - _figure(goal, at - days)
    left = float(goal.target.figure or 0) - _figure(goal, at)
    return at + days * (left / gained) if gained else None


def rows(goal: Goal) -> Iterator[str]:
    reached = goal.steps[-1][0]
    for at in goal.asked:
        forecast = said(goal, at)
        day = forecast.day if isinstance(forecast, Forecast) else None
        reason = str(forecast).replace("-", " ")
        cells = [_off(day, reached) or reason, _off(straight_line(goal, at), reached) or "never"]
        yield f"| {goal.title} | {reached} | {at} | {_shown(goal, at)} | {' | '.join(cells)} |"


def _off(day: date | None, reached: date) -> str | None:
    if day is None:
        return None
    off = (day - reached).days
    return f"{day}, {abs(off)} days {'late' if off >= 0 else 'early'}"


def _shown(goal: Goal, at: date) -> str:
    figure = _figure(goal, at)
    return f"{figure:.1%}" if goal.target.percent else f"{figure:.0f} days"


def table() -> str:
    head = ["| goal | reached | as of | now | forecast | straight line |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *(row for goal in _GOALS for row in rows(goal))])


if __name__ == "__main__":
    print(table())
