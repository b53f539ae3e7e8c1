"""How long and how much a probe may take. Every server is taken to be hostile."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one endpoint's probes. Seconds and bytes; `body_bytes` is counted after decoding."""

    endpoint_s: float = 30.0
    connect_s: float = 5.0
    answer_s: float = 5.0
    connections_per_address: int = 4
    body_bytes: int = 1 << 20
    flight_bytes: int = 1 << 20
    redirects: int = 10
