"""What the page says of the endpoints of one service at one site: how they answered, and how fast."""

from collections import Counter
from dataclasses import dataclass, field
from statistics import median, quantiles

from tlsaudit.report.document import EndpointRecord


@dataclass(slots=True)
class Place:
    """The endpoints of one service at one site, their outcomes, and the latencies that were measured (ms)."""

    service: str | None
    site: str | None
    endpoints: int = 0
    answered: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    connect: list[float] = field(default_factory=list)
    first_byte: list[float] = field(default_factory=list)

    def add(self, endpoint: EndpointRecord, counted: Counter[str]) -> None:
        """`counted` are its outcomes."""
        self.endpoints += 1
        self.answered += endpoint.reachable
        self.counts.update(counted)
        if endpoint.latency_ms.connect is not None:
            self.connect.append(endpoint.latency_ms.connect)
        if endpoint.latency_ms.first_byte is not None:
            self.first_byte.append(endpoint.latency_ms.first_byte)


def latency(values: list[float]) -> tuple[float, float] | None:
    """The median and the 95th percentile, in milliseconds."""
    if not values:
        return None
    slow = quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
    return median(values), slow


def service_and_site(item: Place | EndpointRecord) -> tuple[str, str]:
    return item.service or "", item.site or ""
