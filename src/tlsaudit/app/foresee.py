"""What a run would cost, told before anything is connected to."""

import math
from collections.abc import Iterator, Sequence

from tlsaudit.app.prober import wanted_by
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.check import Rule
from tlsaudit.evidence import DNS, HTTP, ClientSessions, DeepScan, EvidenceType, QuicOffer
from tlsaudit.policy import reference_clients
from tlsaudit.report.text import duration, plural
from tlsaudit.target import Endpoint

# As measured with nginx: all that is asked about TLS, and the pages over http and https.
_MODERN, _OLD, _WEB, _DEEP = 29, 139, 2, 600
_CPU_S = 0.035
"""Of this machine for one endpoint, checks and all."""


def foresee(endpoints: Sequence[Endpoint], rules: Sequence[Rule], settings: ProbeSettings) -> Iterator[str]:
    """Line by line. Addresses are not looked up: each endpoint is taken to have one."""
    wanted = wanted_by(rules)
    modern, old = (sum(_connections(each, wanted, tls) for each in endpoints) for tls in (_MODERN, _OLD))
    count, at_a_time = len(endpoints), settings.at_a_time
    least = max(count * _CPU_S, modern / settings.rate_at_each if settings.rate_at_each else 0.0)
    most = math.ceil(count / at_a_time) * (
        settings.limits.endpoint_s + (settings.limits.deep_s if DeepScan in wanted else 0)
    )
    yield f"{plural(count, 'endpoint')}, at most {at_a_time:,} at a time"
    if len(settings.vantages) > 1:
        yield f"from each of {len(settings.vantages)} vantages: what follows is of one of them"
    yield f"connections: about {modern:,} where all are modern servers, {old:,} where all are old"
    yield f"time: from {duration(least)} where all answer at once, to {duration(max(least, most))} where none does"
    yield "more where names have several addresses; nothing was connected to"


def _connections(endpoint: Endpoint, wanted: frozenset[EvidenceType], tls: int) -> int:
    count = tls if wanted - HTTP - DNS - {DeepScan, QuicOffer} else 0
    if endpoint.speaks_http and wanted & HTTP:
        count += _WEB
    if ClientSessions in wanted:
        count += len(reference_clients())
    return count + _DEEP * (DeepScan in wanted)
