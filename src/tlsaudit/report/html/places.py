"""What the page says of services, sites and endpoints."""

from collections import Counter, defaultdict
from statistics import median, quantiles
from typing import Any

from tlsaudit.report.document import AuditView, Counts, EndpointRecord
from tlsaudit.report.rollup import Place, counts_of, standing


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


def endpoints(view: AuditView) -> list[tuple[EndpointRecord, Counts]]:
    tallies: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in view.findings():
        tallies[finding.endpoint or ""][standing(finding)] += 1
    ordered = sorted(view.endpoints(), key=service_and_site)
    return [(item, counts_of(tallies[item.id])) for item in ordered]


def service_and_site(item: Place | EndpointRecord) -> tuple[str, str]:
    return item.service or "", item.site or ""
