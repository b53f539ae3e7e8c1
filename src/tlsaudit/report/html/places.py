"""What the page says of the endpoints of one service at one site: how they answered, and how fast."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tlsaudit.report.view import Visit


@dataclass(slots=True)
class Place:
    """The endpoints of one service at one site, their outcomes, and the latencies that were measured (ms)."""

    service: str | None
    site: str | None
    endpoints: int = 0
    answered: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    connect: "array[float]" = field(default_factory=lambda: array("d"))
    first_byte: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, endpoint: Visit, counted: Counter[str]) -> None:
        """`counted` are its outcomes."""
        self.endpoints += 1
        self.answered += endpoint.reachable
        for kind, count in counted.items():
            self.counts[kind] += count
        if endpoint.connect_ms is not None:
            self.connect.append(endpoint.connect_ms)
        if endpoint.first_byte_ms is not None:
            self.first_byte.append(endpoint.first_byte_ms)


def latency(values: Sequence[float]) -> tuple[float, float] | None:
    """The median and the 95th percentile, in milliseconds, each between the two values that it is between."""
    if not values:
        return None
    ordered = sorted(values)
    last = len(ordered) - 1
    at, beyond = divmod(19 * last, 20)
    slow = (ordered[at] * (20 - beyond) + ordered[min(at + 1, last)] * beyond) / 20
    return (ordered[last // 2] + ordered[(last + 1) // 2]) / 2, slow


def service_and_site(item: Place | Visit) -> tuple[str, str]:
    return item.service or "", item.site or ""
