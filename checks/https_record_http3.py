"""HTTPS records and Alt-Svc agree on HTTP/3, and it answers.

## Rationale
A browser that reads `h3` in an HTTPS record tries QUIC at once, before it has seen the server: where nothing answers,
each first visit pays for it. Where HTTP/3 answers and Alt-Svc says so, but the HTTPS record does not, the first visit
goes over TCP for nothing. Both are configured apart, in DNS and in the server, so that one is easily forgotten.

## Remediation
Name `h3` in both, or in neither, and let UDP through to the port.

- zone: `www.example.org. HTTPS 1 . alpn="h3,h2"`
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import HttpsRecords, NotObserved, QuicOffer, QuicSession

_H3 = "h3"


@check(
    title="HTTPS records and Alt-Svc agree on HTTP/3",
    severity=Severity.LOW,
    tags={"dns", "http", "http3"},
    references=("RFC 9460 section 7.1", "RFC 9460 section 9.3", "RFC 9114 section 3.1"),
)
def https_record_http3(dns: HttpsRecords, quic: QuicOffer) -> Iterator[Verdict]:
    sessions = dict(quic.sessions)
    ports = {record.port or dns.port for record in dns.records if _H3 in record.alpn}
    if not dns.records:
        yield not_applicable("no HTTPS record")
    for port in sorted(ports):
        session = sessions.get(port)
        if session is None:
            yield unknown(f"the HTTPS record offers HTTP/3 at UDP port {port}, which was not asked")
        elif isinstance(session, NotObserved):
            yield failed(f"the HTTPS record offers HTTP/3 at UDP port {port}, but it does not answer there: {session}")
        else:
            yield passed(f"HTTP/3 at UDP port {port}, as the HTTPS record says", port=port)
    if dns.records and not ports:
        yield _without(quic)


def _without(quic: QuicOffer) -> Verdict:
    if isinstance(quic.advertised, NotObserved):
        return unknown(f"whether Alt-Svc offers HTTP/3 was not seen: {quic.advertised}")
    advertised = any(each.protocol == _H3 and not each.host for each in quic.advertised)
    if advertised and any(isinstance(session, QuicSession) for _, session in quic.sessions):
        return failed("HTTP/3 answers, and Alt-Svc offers it, but no HTTPS record does: first visits go without")
    return not_applicable("no HTTP/3 in HTTPS records")
