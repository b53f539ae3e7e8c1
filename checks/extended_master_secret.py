"""The secret of a TLS 1.2 session depends on the whole handshake.

## Rationale
Without the extended_master_secret extension two sessions can be made to share their secret: who sits between client and
server then passes a renegotiation, or a login with a client certificate, from one on to the other (Triple Handshake,
2014). Implementations of TLS 1.2 must support it; TLS 1.3 does it always.

## Remediation
Update the TLS library: OpenSSL has it since 1.1.0, GnuTLS since 3.4, Java since 8u161. No web server has a directive
for it.
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed
from tlsaudit.evidence import TlsFeatures


@check(
    title="TLS 1.2 has the extended master secret",
    severity=Severity.MEDIUM,
    tags={"tls"},
    references=("RFC 7627", "RFC 9325 section 3.5", "NCSC-NL TLS guidelines 2025-05"),
)
def extended_master_secret(features: TlsFeatures) -> Iterator[Verdict]:
    if features.extended_master_secret is None:
        yield not_applicable("TLS 1.3 always has it, and nothing older could show it")
    elif features.extended_master_secret:
        yield passed("extended_master_secret is answered")
    else:
        yield failed("extended_master_secret is not answered: sessions can be made to share a secret")
