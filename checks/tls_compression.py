"""TLS does not compress.

## Rationale
What is compressed gives away, by its length, whether a guess of the attacker occurs in it a second time. In a browser
the attacker makes the guesses, next to a cookie that is sent with each request, and reads the cookie letter by letter
(CRIME, 2012). Browsers have offered no compression since; a server that still takes it has not been updated for as
long. Compression of pages by HTTP is another matter (BREACH).

## Remediation
Update the TLS library: OpenSSL has compression off since 1.1.0, nginx since 1.3.2. In Apache:

- apache: `SSLCompression off`
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed
from tlsaudit.evidence import TlsFeatures


@check(
    title="TLS does not compress",
    severity=Severity.HIGH,
    tags={"tls"},
    references=("RFC 9325 section 3.3", "RFC 7457 section 2.6"),
)
def tls_compression(features: TlsFeatures) -> Iterator[Verdict]:
    if features.compression is None:
        yield not_applicable("TLS 1.3 has no compression, and nothing older is served")
    elif features.compression:
        yield failed("what is sent is compressed: its length gives cookies away")
    else:
        yield passed("compression is off")
