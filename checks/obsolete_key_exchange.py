"""TLS 1.2 exchanges keys over elliptic curves only.

## Rationale
Forward secret is not the same as allowed. Since July 2026 a server of TLS 1.2 must no longer select a suite with RSA
key exchange, which has no forward secrecy and needs a counter-measure to Bleichenbacher's attack that implementations
keep getting wrong, nor one with Diffie-Hellman over a finite field, ephemeral or not: its groups are often small and
never negotiated, the keys are often used again, and the exchange as TLS 1.2 does it leaks through its timing (Raccoon,
2020). DHE is forward secret all the same: pfs-suites does not fail it. Older versions of TLS fail tls-versions, and
static ECDH, which is merely discouraged, fails pfs-suites. TLS 1.3 has none of these problems.

## Remediation
Serve ECDHE suites only. Every client since about 2013 knows them.

- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`
- apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`
- haproxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, listed, not_applicable, passed
from tlsaudit.evidence import TlsOffer, TlsVersion, suite

_OBSOLETE = {"RSA key exchange": ("RSA",), "finite-field Diffie-Hellman": ("DHE_", "DH_", "PSK_DHE")}


@check(
    title="TLS 1.2 exchanges keys over elliptic curves only",
    severity=Severity.LOW,
    tags={"tls", "pfs"},
    settings={Setting.CIPHER_SUITES, Setting.PROTOCOLS},
    faults={"obsolete"},
    references=("RFC 10015 sections 2 to 4", "RFC 9325 section 4.1"),
)
def obsolete_key_exchange(tls: TlsOffer) -> Iterator[Verdict]:
    offer = next((offer for offer in tls.versions if offer.version is TlsVersion.TLS1_2), None)
    if offer is None:
        yield not_applicable("TLS 1.2 is not served")
        return
    obsolete = {
        what: [suite(code).name for code in offer.suites if suite(code).key_exchange.startswith(prefixes)]
        for what, prefixes in _OBSOLETE.items()
    }
    every = [name for names in obsolete.values() for name in names]
    for what, names in obsolete.items():
        if names:
            yield failed(f"{what} is served in TLS 1.2: {listed(names)}", obsolete=every)
    if not every:
        yield passed("neither RSA nor finite-field Diffie-Hellman in TLS 1.2")
