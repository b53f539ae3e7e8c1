"""How long and how much a probe may take. Every server is taken to be hostile."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one endpoint's probes. Seconds and bytes; `body_bytes` is counted after decoding.

    `deep_s` is for the scanner of --deep alone: it has a deadline of its own, beside that of the endpoint.
    `preamble_s` is for all that is said before TLS: mail servers let strangers wait for their greeting.
    `connections_per_address` are the raw connections of one endpoint to one address at a time, as many as browsers
    open; `connections` are those in all. `endpoints_per_address` are looked at side by side, where many names lead to
    one address. `mysql_connections` are fewer: a MySQL server locks out a host that breaks off 100 handshakes in a row
    (max_connect_errors). Without `order`, nobody's order of preference is asked after, and more questions travel
    side by side: for hosts that are far away.
    """

    endpoint_s: float = 30.0
    deep_s: float = 60.0
    connect_s: float = 5.0
    answer_s: float = 5.0
    preamble_s: float = 10.0
    connections_per_address: int = 6
    connections: int = 600
    endpoints_per_address: int = 4
    mysql_connections: int = 90
    order: bool = True
    body_bytes: int = 1 << 20
    flight_bytes: int = 1 << 20
    redirects: int = 10
