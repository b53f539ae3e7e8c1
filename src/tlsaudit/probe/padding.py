"""One answer over TLS 1.3, and how its records are padded."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime

from tlsaudit.evidence import NotObserved, Reason, RecordPadding, TlsOffer, TlsVersion
from tlsaudit.evidence.url import DEFAULT_PORTS
from tlsaudit.probe.handshake import dns_name, not_observed
from tlsaudit.probe.hello import ClientHello, HelloError
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road
from tlsaudit.probe.session import messages as m
from tlsaudit.probe.session.asking import AskingClient, Lengths
from tlsaudit.probe.session.drive import converse
from tlsaudit.probe.session.protection import SUITES
from tlsaudit.probe.session.shares import GROUPS
from tlsaudit.target import Endpoint

_LEAST_QUANTUM = 16  # what random lengths have in common is less


async def look_padding(
    road: Road, endpoint: Endpoint, tls: TlsOffer | NotObserved, user_agent: str, limits: Limits
) -> RecordPadding | NotObserved:
    """A connection, and a GET of the first page on it; none where TLS 1.3 is not served."""
    if isinstance(tls, NotObserved):
        return tls
    offer = next((offer for offer in tls.versions if offer.version is TlsVersion.TLS1_3), None)
    if offer is None:
        return _told(endpoint, None, (), ())
    suites = tuple(code for code in offer.suites if code in SUITES)
    groups = tuple(code for code in offer.groups if code in GROUPS)
    if not (suites and groups):
        return NotObserved(Reason.PROBE_FAILED, "no suite and group that can be spoken here")
    protocols = ((m.ALPN, m.push_alpn(["http/1.1"])),)
    hello = ClientHello(TlsVersion.TLS1_3, suites, groups, dns_name(endpoint.host), extensions=protocols)
    client = AskingClient(hello, limits.flight_bytes, _request(endpoint, user_agent))
    try:
        await converse(road, client, limits, after_s=limits.answer_s)
    except (HelloError, OSError) as error:
        return not_observed(error)
    if not client.answer:
        alert = client.seen.alert
        return NotObserved(Reason.REJECTED, str(alert)) if alert else NotObserved(Reason.TIMED_OUT, "no answer")
    return _told(endpoint, any(each.padding for each in client.answer), client.answer, client.others)


def _request(endpoint: Endpoint, user_agent: str) -> bytes:
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    authority = host if endpoint.port == DEFAULT_PORTS["https"] else f"{host}:{endpoint.port}"
    fields = f"Host: {authority}\r\nUser-Agent: {user_agent}\r\nAccept: text/html, */*;q=0.5\r\nConnection: close"
    return f"GET {endpoint.pages[0]} HTTP/1.1\r\n{fields}\r\n\r\n".encode("ascii")


def _told(
    endpoint: Endpoint, padded: bool | None, answer: Iterable[Lengths], others: Iterable[Lengths]
) -> RecordPadding:
    return RecordPadding(
        endpoint.host,
        datetime.now(UTC),
        padded,
        _quantum((*answer, *others)) if padded else None,
        sum(each.content for each in answer),
        sum(each.padding for each in answer),
    )


def _quantum(records: Iterable[Lengths]) -> int | None:
    """One record alone has no step."""
    lengths = [each.content + 1 + each.padding for each in records if each.padding]
    step = math.gcd(*lengths)
    return step if len(lengths) > 1 and step >= _LEAST_QUANTUM else None
