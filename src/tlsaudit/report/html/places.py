"""What the page says of services, sites and endpoints."""

from collections.abc import Iterable
from statistics import median, quantiles
from typing import Any

from tlsaudit.report.document import EndpointRecord
from tlsaudit.report.html.fleet import Fleet
from tlsaudit.report.rollup import Place, counts_of


def place(item: Place) -> dict[str, Any]:
    return {
        "record": item,
        "counts": counts_of(item.counts),
        "connect": _latency(item.connect),
        "first_byte": _latency(item.first_byte),
    }


def _latency(values: list[float]) -> tuple[float, float] | None:
    """The median and the 95th percentile, in milliseconds."""
    if not values:
        return None
    slow = quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
    return median(values), slow


def endpoints(items: Iterable[EndpointRecord], fleet: Fleet) -> list[dict[str, Any]]:
    return [
        {"record": item, "counts": counts_of(fleet.tallies[item.id]), "faults": fleet.faults[item.id]} for item in items
    ]


def service_and_site(item: Place | EndpointRecord) -> tuple[str, str]:
    return item.service or "", item.site or ""
