"""The server binds a renegotiation to the connection it belongs to.

## Rationale
Without the renegotiation_info extension an attacker on the path can open a session of their own, send the beginning of
a request, and let the server take the client's handshake for a renegotiation: the client then completes the attacker's
request with its own credentials (2009). A client cannot see whether the server renegotiates at all, so clients of today
turn away from a server that does not answer the extension. TLS 1.3 has no renegotiation.

## Remediation
Update the TLS library: OpenSSL has it since 0.9.8m (2010). No web server has a directive for it.
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed
from tlsaudit.evidence import TlsFeatures


@check(
    title="Renegotiation is bound to its connection",
    severity=Severity.MEDIUM,
    tags={"tls"},
    references=("RFC 5746", "RFC 9325 section 3.5"),
)
def secure_renegotiation(features: TlsFeatures) -> Iterator[Verdict]:
    if features.secure_renegotiation is None:
        yield not_applicable("TLS 1.3 has no renegotiation, and nothing older could show it")
    elif features.secure_renegotiation:
        yield passed("renegotiation_info is answered")
    else:
        yield failed("renegotiation_info is not answered: clients cannot tell that they are safe from injection")
