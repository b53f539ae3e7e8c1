"""HTTPS adds little time to a first visit.

## Rationale
What https costs is one more handshake on a connection that is new: one round trip with TLS 1.3, two with TLS 1.2.
After that it costs nothing. The time that it adds, `added_ms`, is measured on `/` as seen from here:

- Where http and https answer with the same status, other than a redirect, they serve the same: the whole way to the
  head of the answer over https, less the whole way over http. It may be less than nothing: two measurements differ.
- Otherwise there is nothing to compare the answer with (http redirects, which is quicker than a page, or is closed):
  the TLS handshake alone, since a connection and an answer would take the same time over http.

Where http redirects, who starts there pays for that connection and that answer as well; a browser that has seen HSTS
does not. Each time is of one request, and comes with the load of this machine: it is for a trend, not for the last
millisecond. `maximum` is in milliseconds.

## Remediation
Offer TLS 1.3, resume sessions, keep connections open, send a chain without needless certificates, and end TLS near
the readers. HSTS spares them the redirect.
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import WebLatency

_TIMES = frozenset({"http_connect_ms", "http_first_byte_ms", "https_connect_ms", "https_tls_ms", "https_first_byte_ms"})


@check(
    title="HTTPS adds little time to a first visit",
    severity=Severity.INFO,
    tags={"http", "latency"},
    samples=_TIMES | {"added_ms"},
    references=("RFC 8446 section 2",),
)
def https_latency(latency: WebLatency, *, maximum: int = 1000) -> Iterator[Verdict]:
    times = {name: getattr(latency, name) for name in sorted(_TIMES)}
    facts = {name: round(time, 1) for name, time in times.items() if time is not None}
    if latency.https_tls_ms is None:
        yield unknown("the TLS handshake was not timed", **facts)
        return
    difference = _difference(latency)
    added = round(latency.https_tls_ms if difference is None else difference, 1)
    what = "the TLS handshake takes" if difference is None else "https adds"
    if added > maximum:
        yield failed(f"{what} {added:g} ms, more than {maximum} ms", **facts, added_ms=added)
    else:
        yield passed(f"{what} no more than {maximum} ms", **facts, added_ms=added)


def _difference(latency: WebLatency) -> float | None:
    """Between the two ways to the same answer, None where it is not the same, or a part was not timed."""
    if latency.http_status != latency.https_status or latency.http_status in range(300, 400):
        return None
    https = _sum(latency.https_connect_ms, latency.https_tls_ms, latency.https_first_byte_ms)
    http = _sum(latency.http_connect_ms, latency.http_first_byte_ms)
    return None if https is None or http is None else https - http


def _sum(*times: float | None) -> float | None:
    known = [time for time in times if time is not None]
    return sum(known) if len(known) == len(times) else None
