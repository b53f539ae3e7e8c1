"""No request is taken before the handshake is done (0-RTT).

## Rationale
In TLS 1.3 a client that returns may send its first request together with its hello. Whoever copies these bytes can send
them again, to this machine or to another that stands in for it, and the request is carried out twice; and they are not
forward secret: the ticket's key opens them. Both are only harmless where every request that is taken early changes
nothing, which the server in front seldom knows. Guidelines such as NCSC-NL's tell to leave it off.

## Remediation
Leave it off, as it is unless you asked for it (in HAProxy with `allow-0rtt`). Where its round trip is worth the risk,
answer 425 (Too Early) to every early request that is not safe (RFC 8470), and ignore this check with
`--ignore early-data`.

- nginx: `ssl_early_data off;`
- haproxy: `bind :443 ssl crt /etc/haproxy/site.pem`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import Sessions, TlsOffer, TlsVersion


@check(
    title="No request is taken before the handshake is done (0-RTT)",
    severity=Severity.MEDIUM,
    tags={"tls", "pfs", "sessions"},
    settings={Setting.EARLY_DATA},
    references=("RFC 8446 section 8", "RFC 8470", "NCSC-NL TLS guidelines 2025-05"),
)
def early_data(sessions: Sessions, tls: TlsOffer) -> Iterator[Verdict]:
    most = max((policy.early_data_bytes for policy in sessions.tickets), default=0)
    if most:
        yield failed(f"0-RTT is on: {most} bytes are taken early, and can be replayed", early_data_bytes=most)
    elif all(offer.version is not TlsVersion.TLS1_3 for offer in tls.versions):
        yield not_applicable("TLS 1.3 is not served, and nothing older knows 0-RTT")
    elif TlsVersion.TLS1_3 in sessions.versions:
        yield passed("0-RTT is off")
    else:
        without = " without a client certificate" if sessions.client_certificate else ""
        yield unknown(f"no session of TLS 1.3 could be begun{without}")
