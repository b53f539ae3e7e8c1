"""Every cipher suite that is served is forward secret.

## Rationale
With a static key exchange (`TLS_RSA_...`, static `DH_` and `ECDH_`), whoever records the traffic today and gets the
server's private key later reads everything. An ephemeral exchange (ECDHE, DHE, all of TLS 1.3) leaves nothing to
read. A suite that is merely offered still counts: a client that knows no better, or an attacker who strips the rest,
gets it. What ordinary clients end up with is the business of pfs-clients.

## Remediation
Serve ECDHE suites with AEAD only. TLS 1.3 suites are always forward secret.

- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`
- apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`
- haproxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import TlsOffer, suite


@check(
    title="Every cipher suite is forward secret",
    severity=Severity.HIGH,
    tags={"tls", "pfs"},
    settings={Setting.CIPHER_SUITES, Setting.PROTOCOLS},
    faults={"static"},
    references=("RFC 9325 section 4.1", "RFC 8446 appendix E.1"),
)
def pfs_suites(tls: TlsOffer) -> Iterator[Verdict]:
    codes = dict.fromkeys(code for offer in tls.versions for code in offer.suites)
    static = [suite(code).name for code in codes if not suite(code).forward_secret]
    facts = {"served": len(codes), "forward_secret": len(codes) - len(static)}
    if not (static or all(offer.suites for offer in tls.versions)):
        yield unknown("the server takes SSL 2.0 without naming its cipher suites")
    elif not static:
        every = f"all {len(codes)} cipher suites are" if len(codes) > 1 else "the only cipher suite is"
        yield passed(f"{every} forward secret", **facts)
    elif len(static) == len(codes):
        yield failed("no cipher suite is forward secret", **facts, static=static)
    else:
        message = f"{len(static)} of {len(codes)} cipher suites are not forward secret, {static[0]} among them"
        yield failed(message, **facts, static=static)
