"""A client cannot be led to an older version than both sides know.

## Rationale
Who sits on the path can answer in the server's stead, or drop what is new, until the client tries something older and
weaker. Two marks give that away. A server of TLS 1.3 ends the random bytes of what it sends to older clients with a
fixed text, which it must do. And a server that still serves TLS 1.1 or older must turn away a client that says, with
TLS_FALLBACK_SCSV, that it only came down because its first try failed. Where TLS 1.2 is the oldest version, the second
is not needed: clients must not fall back below it, and above it there is the first.

## Remediation
Update the TLS library: OpenSSL has the one since 1.1.1 and the other since 1.0.1j; Java has no TLS_FALLBACK_SCSV. Who
serves TLS 1.2 and 1.3 only does without it. A load balancer that changes the hellos it passes on can spoil either.

- nginx: `ssl_protocols TLSv1.2 TLSv1.3;`
- apache: `SSLProtocol -all +TLSv1.2 +TLSv1.3`
- haproxy: `ssl-default-bind-options ssl-min-ver TLSv1.2`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, not_applicable, passed
from tlsaudit.evidence import TlsFeatures, TlsOffer, TlsVersion


@check(
    title="Downgrades are noticed",
    severity=Severity.MEDIUM,
    tags={"tls"},
    settings={Setting.PROTOCOLS},
    references=("RFC 8446 section 4.1.3", "RFC 7507", "RFC 9325 section 3.1.3"),
)
def downgrade_protection(tls: TlsOffer, features: TlsFeatures) -> Iterator[Verdict]:
    old = any(offer.version < TlsVersion.TLS1_2 for offer in tls.versions)
    fallback = features.fallback_scsv if old else None
    if features.downgrade_sentinel is False:
        yield failed("TLS 1.3 is served, but older answers do not say so in their random bytes")
    if fallback is False:
        yield failed("a client that falls back to an old version is not turned away (TLS_FALLBACK_SCSV)")
    if features.downgrade_sentinel or fallback:
        yield passed("an answer below what both sides know is marked, or refused")
    elif features.downgrade_sentinel is None and fallback is None:
        yield not_applicable("there is nothing older to be led to")
