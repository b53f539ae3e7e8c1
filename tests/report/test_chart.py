"""Where the marks of the timetable's drawing stand."""

import re
from datetime import date

from tests.report.views import AT, day, objective
from tlsaudit.report.chart import COURSE, MARGIN, Chart, draw
from tlsaudit.report.document import FigureRecord, ForecastRecord, MilestoneRecord

WIDTH = 960


def drawn(low: date | None, high: date | None) -> Chart:
    item = objective(
        "a",
        "A",
        forecast=ForecastRecord(date=low, low=low, high=high),
        milestones=[MilestoneRecord(due=day("2015-06-30"), target="100%", held=False)],
    )
    chart = draw([item], AT, WIDTH)
    assert chart
    return chart


def band(chart: Chart) -> tuple[float, float]:
    (row,) = chart.rows
    assert row.band
    left, width = row.band
    assert MARGIN < left < left + width <= WIDTH - MARGIN
    return left, width


def test_a_far_forecast_does_not_squeeze_the_rest() -> None:
    """The drawing ends a year after the last milestone at the latest, and so does the band."""
    near, year, far = (drawn(day("2015-07-01"), day(high)) for high in ("2015-08-31", "2016-06-29", "2025-02-28"))
    assert far.ticks == year.ticks != near.ticks
    assert band(far)[0] == band(year)[0] < band(near)[0]
    assert band(year)[1] <= band(far)[1]


def test_a_forecast_beyond_the_drawing_is_not_drawn() -> None:
    (row,) = drawn(day("2020-01-01"), day("2021-01-01")).rows
    assert row.band is None


def test_what_was_reached_is_drawn_as_steps() -> None:
    item = objective(
        "a",
        "A",
        milestones=[MilestoneRecord(due=day("2015-06-30"), target="100%", held=False)],
        figures=[FigureRecord(date=day(on), figure=share) for on, share in (("2014-12-01", 0), ("2015-02-01", 0.5))],
    )
    chart = draw([item], AT, WIDTH)
    assert chart
    (row,) = chart.rows
    begin, first, low, second, half, today, end = re.findall(r"[MHV][^MHVZ]+", row.course)
    assert (begin, first, today) == (f"M{MARGIN}.0 {row.rail}", f"H{MARGIN}.0", f"H{chart.today}")
    assert MARGIN < float(second[1:]) < chart.today
    assert (low, half, end) == (f"V{row.rail}.0", f"V{row.rail - COURSE / 2:.1f}", f"V{row.rail}")


def test_the_largest_value_of_a_metric_is_the_height() -> None:
    item = objective(
        "a",
        "A",
        kind="metric",
        milestones=[MilestoneRecord(due=day("2015-06-30"), target=">= 5", held=False)],
        figures=[FigureRecord(date=day(on), figure=step) for on, step in (("2014-12-01", 4), ("2015-02-01", 1))],
    )
    chart = draw([item], AT, WIDTH)
    assert chart
    (row,) = chart.rows
    assert f"V{row.rail - COURSE:.1f}H" in row.course
    assert f"V{row.rail - COURSE / 4:.1f}H" in row.course


def test_without_a_figure_nothing_is_drawn() -> None:
    (row,) = drawn(None, None).rows
    assert row.course == ""
