"""Records of CBC suites are authenticated after they were encrypted.

## Rationale
CBC suites compute the MAC first and encrypt afterwards, so that the receiver must decrypt before it knows whether the
record is genuine. How long that takes, or what it answers, has given plain text away again and again (Vaudenay 2002,
Lucky Thirteen 2013, POODLE against TLS 2014). The encrypt_then_mac extension turns the order around. Browsers never
took it up, so that AEAD suites are the better way out: where no CBC suite is served, this does not apply.

## Remediation
Serve AEAD suites only. Where CBC has to stay, OpenSSL answers the extension since 1.1.0, GnuTLS since 3.4; Java and NSS
do not know it.

- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`
- apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`
- haproxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, not_applicable, passed
from tlsaudit.evidence import TlsFeatures


@check(
    title="CBC suites encrypt first and authenticate then",
    severity=Severity.LOW,
    tags={"tls"},
    settings={Setting.CIPHER_SUITES},
    references=("RFC 7366", "RFC 7457 section 2.3"),
)
def encrypt_then_mac(features: TlsFeatures) -> Iterator[Verdict]:
    if features.encrypt_then_mac is None:
        yield not_applicable("no CBC suite was seen")
    elif features.encrypt_then_mac:
        yield passed("encrypt_then_mac is answered")
    else:
        yield failed("encrypt_then_mac is not answered, and CBC suites are served")
