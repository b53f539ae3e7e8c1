"""What the page says of how services answered in the last weeks."""

from collections.abc import Iterator
from typing import Any

from tlsaudit.report import availability
from tlsaudit.report.document import AvailabilityRecord, LooksRecord


def places(records: list[AvailabilityRecord], most: int) -> dict[str, Any]:
    """Those that answered least first, so that the rest can be left out."""
    ordered = sorted(
        records, key=lambda item: (item.answered / max(item.looks, 1), item.service or "", item.site or "")
    )
    return {
        "rows": [
            {**_figures(item), "sampling": availability.sampling(item), "record": item} for item in ordered[:most]
        ],
        "more": max(len(ordered) - most, 0),
        "weeks": [week for item in ordered[:most] for week in _weeks(item)],
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
