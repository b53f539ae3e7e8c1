"""Where the marks of the timetable's drawing stand."""

from datetime import date

from tests.report.views import AT, day, objective
from tlsaudit.report.chart import MARGIN, Chart, draw
from tlsaudit.report.document import ForecastRecord, MilestoneRecord

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
