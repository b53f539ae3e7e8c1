"""What the page says of how services answered in the last weeks."""

from collections.abc import Iterable, Iterator
from typing import Any

from tlsaudit.report import availability
from tlsaudit.report.document import AvailabilityRecord, LooksRecord
from tlsaudit.report.view import Answers

_OUTAGES = 10


def places(answers: Iterable[Answers], most: int) -> dict[str, Any]:
    told = availability.told(answers, places=most, outages=_OUTAGES)
    return {
        "rows": [_row(item) for item in told.places],
        "more": told.more,
        "regions": [_row(item) for item in told.regions],
        "weeks": [week for item in told.places for week in _weeks(item)],
        "outages": [availability.outage_line(each) for each in told.outages],
        "more_outages": told.earlier,
    }


def _row(item: AvailabilityRecord) -> dict[str, Any]:
    return {
        **_figures(item),
        "service": item.service or "-",
        "region": item.region or "-",
        "site": availability.site(item),
        "connect": availability.times(item.connect_median_ms, item.connect_p95_ms),
        "handshake": availability.times(item.handshake_median_ms, item.handshake_p95_ms),
        "sampling": availability.sampling(item),
    }


def _weeks(item: AvailabilityRecord) -> Iterator[dict[str, Any]]:
    for week in item.weeks:
        yield {**_figures(week), "record": item, "week": week.week}


def _figures(item: LooksRecord) -> dict[str, Any]:
    median, p95 = availability.latencies(item)
    return {
        "answered": availability.answered(item),
        "of_the_time": availability.of_the_time(item),
        "median": median,
        "p95": p95,
    }
