"""The certificate over HTTP/3 is one that is shown over TCP, too.

## Rationale
QUIC and TCP often end in different programs, each with a certificate file of its own. Where one of them was
forgotten at a renewal, it goes on with the old certificate until it expires; then browsers that remember Alt-Svc fail
first, while every monitor that asks over TCP stays green. A fleet of servers that were renewed one after the other
differs for a while, too: then ask again.

## Remediation
Give both listeners the same certificate files, and reload both when they are renewed.
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import QuicOffer, QuicSession


@check(
    title="The same certificate over HTTP/3 and TCP",
    severity=Severity.MEDIUM,
    tags={"certificate", "http3"},
    settings={Setting.CERTIFICATE},
    references=("RFC 9114 section 3.1", "RFC 7838 section 2.1"),
)
def http3_certificate(quic: QuicOffer) -> Iterator[Verdict]:
    shown = [(port, session.leaf_sha256) for port, session in quic.sessions if isinstance(session, QuicSession)]
    if not shown:
        yield not_applicable("no HTTP/3")
    for port, leaf in shown:
        if not quic.tcp_leaves_sha256:
            yield unknown("the certificate over TCP was not seen")
        elif leaf in quic.tcp_leaves_sha256:
            yield passed(f"UDP port {port} shows the certificate of TCP", port=port)
        else:
            yield failed(
                f"UDP port {port} shows another certificate than TCP",
                sha256=leaf,
                over_tcp=list(quic.tcp_leaves_sha256),
            )
