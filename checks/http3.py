"""HTTP/3 answers where it is advertised.

## Rationale
A browser that reads `h3` in Alt-Svc tries QUIC on that UDP port. Where nothing answers, each new visitor pays for
attempts that lead nowhere, and nobody gets the faster start that was promised; mostly a firewall lets TCP through and
forgot UDP, or the header was copied to a server without HTTP/3. The other way round, HTTP/3 that is not advertised is
hardly ever used. A network on the way from here that drops UDP looks the same as a closed port: ask from another place
before you act.

## Remediation
Open the UDP port that Alt-Svc names, from the outside to the server, or take `h3` out of the header.

- nginx: `listen 443 quic reuseport; add_header Alt-Svc 'h3=":443"; ma=86400' always;`
- haproxy: `bind quic4@:443 ssl crt site.pem alpn h3`
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import Alternative, NotObserved, QuicOffer, QuicSession, Reason

_SERVERS_DOING = (Reason.TIMED_OUT, Reason.REFUSED, Reason.REJECTED, Reason.TOO_LARGE)


@check(
    title="HTTP/3 answers where it is advertised",
    severity=Severity.LOW,
    tags={"http", "http3"},
    references=("RFC 9114 section 3.1", "RFC 7838 section 2.4"),
)
def http3(quic: QuicOffer) -> Iterator[Verdict]:
    if isinstance(quic.advertised, NotObserved):
        yield unknown(f"whether HTTP/3 is advertised was not seen: {quic.advertised}")
        return
    offered = [alternative for alternative in quic.advertised if alternative.protocol == "h3"]
    own = {alternative.port for alternative in offered if not alternative.host}
    asked = [(port, session) for port, session in quic.sessions if port in own]
    for port, session in asked:
        yield _advertised(port, session)
    if not asked:
        yield _not_advertised(quic, offered)


def _advertised(port: int, session: QuicSession | NotObserved) -> Verdict:
    if isinstance(session, QuicSession):
        return passed(f"HTTP/3 at UDP port {port}, as advertised", port=port, quic_version=session.version)
    if session.reason not in _SERVERS_DOING:
        return unknown(f"HTTP/3 is advertised at UDP port {port}: {session}")
    return failed(f"HTTP/3 is advertised at UDP port {port}, but does not answer there: {session}", port=port)


def _not_advertised(quic: QuicOffer, offered: list[Alternative]) -> Verdict:
    for port, session in quic.sessions:
        if isinstance(session, QuicSession):
            return passed(f"HTTP/3 at UDP port {port}, not advertised, so hardly used", port=port)
    for alternative in offered:
        return not_applicable(f"HTTP/3 is advertised at {alternative.host} only, which was not asked")
    return not_applicable("no HTTP/3")
