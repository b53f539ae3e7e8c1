"""When the target will be reached: at the pace of a series, or why nobody can say."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.goal.test_progress import share
from tests.goal.world import day
from tests.script import load_script
from tlsaudit.goal import Forecast, Unforeseen
from tlsaudit.goal.forecast import HORIZON, foresee
from tlsaudit.target.objective import parse_milestone_target

TODAY = day("2015-03-01")
Point = tuple[date, float]


def every(days: int, figures: Sequence[float], last: date = TODAY) -> list[Point]:
    """The figures of audits that many days apart, the last of them on a day."""
    return [(last - timedelta(days=days * (len(figures) - 1 - number)), each) for number, each in enumerate(figures)]


def by_steps(*lengths_and_figures: tuple[int, float]) -> list[Point]:
    """Weekly: so many weeks at each figure."""
    return every(7, [figure for weeks, figure in lengths_and_figures for _ in range(weeks)])


def line(number: int, first: float, each: float) -> list[float]:
    return [round(first + each * index, 6) for index in range(number)]


def swinging(number: int, first: float, each: float, swing: float) -> list[float]:
    """A line with a swing around it that looks like chance."""
    return [figure + swing * math.sin(37.0 * index * index) for index, figure in enumerate(line(number, first, each))]


@pytest.mark.parametrize(
    ("points", "target", "days"),
    [
        (every(1, line(35, 0.30, 0.01)), "100%", 36),  # 0.64 today, 0.36 left
        (every(7, line(5, 0.30, 0.05)), "100%", 70),
        (every(30, line(6, 0.10, 0.05)), "100%", 390),  # a week has no audit: three in four have none
        (every(1, line(90, 0.90, -0.004)), "<= 45%", 24),
        (every(7, line(13, 100, 10)), ">= 320", 70),
        (by_steps((8, 0.1), (1, 0.15), (1, 0.2), (1, 0.25), (1, 0.3)), "100%", 98),  # the pace begins with the work
        (every(7, line(20, 0.9, -0.01) + line(13, 0.1, 0.05)), "100%", 42),  # what was a quarter ago is past
        (every(1, [*line(60, 0.10, 0.005), 0.0, *line(29, 0.405, 0.005)]), "100%", 91),  # a day without a scanner
    ],
)
def test_a_steady_pace(points: list[Point], target: str, days: int) -> None:
    found = foresee(points, parse_milestone_target(target), TODAY)
    assert isinstance(found, Forecast)
    assert found.day == TODAY + timedelta(days=days)
    assert found.low <= found.day <= found.high


def test_a_scanner_that_was_out_for_a_week_moves_nothing() -> None:
    figures = line(13, 0.10, 0.05)
    target = parse_milestone_target("100%")
    whole = foresee(every(7, figures), target, TODAY)
    broken = foresee(every(7, [*figures[:6], 0.0, *figures[7:]]), target, TODAY)
    assert isinstance(whole, Forecast)
    assert broken == whole


def test_the_interval_holds_the_true_day_of_a_swinging_series() -> None:
    points = every(1, swinging(91, 0.10, 0.005, 0.05))
    found = foresee(points, parse_milestone_target("100%"), TODAY)
    left = round((1 - points[-1][1]) / 0.005)
    assert isinstance(found, Forecast)
    assert found.low < found.high
    assert found.low <= TODAY + timedelta(days=left) <= found.high


@pytest.mark.parametrize(
    ("points", "target", "reason"),
    [
        ([(TODAY, 0.5)], "100%", "too-little-data"),
        (every(1, line(28, 0.1, 0.02)), "100%", "too-little-data"),
        (every(7, line(4, 0.1, 0.2)), "100%", "too-little-data"),
        (every(200, line(8, 0.1, 0.1)), "100%", "too-little-data"),  # but two of them are older than a year
        (every(1, [0.5] * 90), "100%", "no-change"),
        (by_steps((8, 0.2), (13, 0.5)), "100%", "no-change"),
        (by_steps((12, 0.2), (1, 0.9)), "100%", "unsteady"),
        (by_steps((7, 0.2), (6, 0.9)), "100%", "unsteady"),
        (by_steps((1, 0.2), (12, 0.9)), "100%", "unsteady"),
        (every(1, [*[0.2] * 60, 0.9]), "100%", "unsteady"),  # today, after two months
        (by_steps((10, 0.1), (1, 0.3), (1, 0.5), (1, 0.7)), "100%", "unsteady"),
        (every(1, swinging(90, 0.5, 0, 0.1)), "100%", "unsteady"),
        (every(1, line(90, 0.9, -0.002)), "100%", "moving-away"),
        (every(1, line(90, 0.5, 0.002)), "<= 45%", "moving-away"),
        (every(7, line(13, 0.1, 0.0001)), "100%", "beyond-horizon"),
    ],
)
def test_no_day(points: list[Point], target: str, reason: str) -> None:
    assert foresee(points, parse_milestone_target(target), TODAY) == reason


@pytest.mark.parametrize(
    ("points", "target"),
    [([], "100%"), (every(7, line(13, 0.1, 0.05)), "70%"), (every(7, line(13, 0.1, 0.05)), "measured")],
)
def test_nothing_to_foresee(points: list[Point], target: str) -> None:
    assert foresee(points, parse_milestone_target(target), TODAY) is None


def test_what_should_have_been_reached_since_is_reached_today() -> None:
    points = every(7, line(5, 0.75, 0.05))
    target = parse_milestone_target("100%")
    assert foresee(points, target, TODAY + timedelta(days=6)) == Forecast(*[TODAY + timedelta(days=7)] * 3)
    assert foresee(points, target, TODAY + timedelta(days=9)) == Forecast(*[TODAY + timedelta(days=9)] * 3)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 500), st.floats(0, 1)), min_size=1, max_size=60),
    st.integers(0, 30),
    st.sampled_from(["100%", "50%", "<= 45%", "<= 0%"]),
)
def test_no_day_is_past_or_out_of_its_interval(series: list[tuple[int, float]], since: int, target: str) -> None:
    points = sorted((TODAY - timedelta(days=ago), figure) for ago, figure in series)
    at = points[-1][0] + timedelta(days=since)
    found = foresee(points, parse_milestone_target(target), at)
    if isinstance(found, Forecast):
        assert at <= found.low <= found.day <= found.high <= points[-1][0] + HORIZON
    if len({figure for _, figure in points}) == 1:
        assert found in {None, Unforeseen.NO_CHANGE, Unforeseen.TOO_LITTLE_DATA}


AHEAD = "2014-07-31: 50%, 2015-06-30: 100%"


@pytest.mark.parametrize(
    ("outcomes", "earlier", "status", "foreseen"),
    [
        # Behind the straight line of the milestones, which asks for 5/6 on 1 March, but quick enough of late.
        ("pppfff", line(12, 0.02, 0.04), "on-track", Forecast),
        # Ahead of that line, but too slow, at a standstill, or falling back.
        ("pppppf", line(12, 0.82, 0.001), "at-risk", Forecast),
        ("pppppf", [5 / 6] * 12, "at-risk", Unforeseen.NO_CHANGE),
        ("pppppf", line(12, 0.96, -0.01), "at-risk", Unforeseen.MOVING_AWAY),
        # One step is no pace, and a month is not enough: the straight line decides.
        ("pppppf", [0.5] * 12, "on-track", Unforeseen.UNSTEADY),
        ("pppfff", [0.3] * 12, "at-risk", Unforeseen.UNSTEADY),
        ("pppppf", [5 / 6] * 3, "on-track", Unforeseen.TOO_LITTLE_DATA),
        # Little was judged, so there is nothing to go on from.
        ("ppppuu", line(12, 0.02, 0.04), "at-risk", None),
        ("pppppp", line(12, 0.02, 0.04), "met", None),
    ],
)
def test_the_status_follows_the_forecast(
    outcomes: str, earlier: list[float], status: str, foreseen: type[Forecast] | Unforeseen | None
) -> None:
    before = [(str(when), figure) for when, figure in every(7, earlier, TODAY - timedelta(days=7))]
    now = share(AHEAD, outcomes, str(TODAY), earlier=before)
    assert now.status == status
    assert isinstance(now.forecast, Forecast) if foreseen is Forecast else now.forecast == foreseen


def test_an_overdue_goal_is_foreseen_too() -> None:
    before = [(str(when), figure) for when, figure in every(7, line(12, 0.35, 0.04), TODAY - timedelta(days=7))]
    now = share("2015-02-28: 100%", "pppppf", str(TODAY), earlier=before)
    assert (now.status, type(now.forecast)) == ("overdue", Forecast)


def test_the_page_has_the_table_of_today() -> None:
    page = (Path(__file__).parents[2] / "docs" / "forecast.md").read_text("utf-8")
    assert load_script("backtest_forecast").table() in page, "stale: put in what scripts/backtest_forecast.py prints"


@pytest.mark.parametrize("languages", [100, 1000])
def test_the_table_does_not_hang_on_how_many_languages_there_are(languages: int) -> None:
    script = load_script("backtest_forecast")
    few, many = script.canonical(languages), script.canonical(288)
    assert [script.said(few, at) for at in few.asked] == [script.said(many, at) for at in many.asked]
