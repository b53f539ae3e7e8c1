"""Diffie-Hellman over a finite field uses a large and sound prime.

## Rationale
The exchange of a DHE suite is as strong as its prime. At 512 bits anybody breaks it, at 1024 bits a state can; and the
work is done once for each prime, after which every session of every server that shares it can be read (Logjam, 2015).
The primes that came with server software are shared by most. A number that is not prime at all, or whose half
(p - 1) / 2 is not prime, lets small subgroups in: they give away the server's secret bit by bit where it is used
again, and no client can tell carelessness from a trap door.

## Remediation
Serve ECDHE suites only: then no such prime is needed (see obsolete-key-exchange). Where old clients must be served,
take a group of RFC 7919, such as ffdhe2048, and put it into the file that nginx's `ssl_dhparam`, Apache's
`SSLOpenSSLConfCmd DHParameters` or HAProxy's `ssl-dh-param-file` names.

- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`
- apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`
- haproxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import DhPrime, TlsOffer


@check(
    title="Diffie-Hellman primes are large and sound",
    severity=Severity.HIGH,
    tags={"tls", "pfs"},
    settings={Setting.DH_PARAMETERS, Setting.CIPHER_SUITES},
    references=("RFC 9325 section 4.5", "RFC 7919", "https://weakdh.org/"),
)
def dh_parameters(tls: TlsOffer, *, minimum_bits: int = 2048) -> Iterator[Verdict]:
    if not tls.dh_primes:
        yield not_applicable("no Diffie-Hellman over a finite field is served")
    for prime in tls.dh_primes:
        yield _verdict(prime, minimum_bits)


def _verdict(prime: DhPrime, minimum_bits: int) -> Verdict:
    called = f"{prime.name}, which many share" if prime.name else "one of its own"
    facts = {"bits": prime.bits, "name": prime.name, "sha256": prime.sha256}
    if prime.prime is False:
        return failed(f"the {prime.bits}-bit number of the Diffie-Hellman exchange is not prime", **facts)
    if prime.bits < minimum_bits:
        return failed(f"the Diffie-Hellman prime has {prime.bits} bits: {called}", **facts)
    if prime.safe is False:
        return failed(f"the Diffie-Hellman prime lets small subgroups in: {called}", **facts)
    if prime.prime is None:
        return unknown(f"the Diffie-Hellman prime of {prime.bits} bits was not tested", **facts)
    return passed(f"the Diffie-Hellman prime has {prime.bits} bits: {prime.name or called}", **facts)
