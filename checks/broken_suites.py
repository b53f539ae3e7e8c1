"""No cipher suite is served that protects nothing, or that is broken.

## Rationale
A suite that is merely offered still counts: an attacker who steers the handshake gets it, and so does a client that
knows no better.

- NULL suites do not encrypt, nor do the two that RFC 9150 adds to TLS 1.3; anonymous ones prove nobody's identity.
- EXPORT suites have 40 or 56 bits, which a laptop breaks; the keys that go with them broke full-strength clients, too
  (FREAK and Logjam, 2015). DES has 56.
- RC4 leaks what is sent again and again, such as cookies (RFC 7465); RC2 is as old.
- 3DES and IDEA have blocks of 64 bits, so that a long session repeats some and gives cookies away (Sweet32, 2016).
- An MD5 that guards each record is of the same age, and no client needs it any more.

## Remediation
Serve ECDHE suites with AEAD only.

- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`
- apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`
- haproxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20`
- postfix: `smtpd_tls_exclude_ciphers = aNULL, RC4, 3DES`
- dovecot: `ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20`
- postgresql: `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, listed, passed, unknown
from tlsaudit.evidence import CipherSuite, TlsOffer, suite

_INTEGRITY_ONLY = frozenset({0xC0B4, 0xC0B5})  # RFC 9150
_FAULTS = {
    "NULL": "without encryption",
    "anon": "that prove nobody's identity",
    "EXPORT": "of export strength",
    "DES": "with DES",
    "RC4": "with RC4",
    "RC2": "with RC2",
    "3DES": "with 3DES",
    "IDEA": "with IDEA",
    "MD5": "with MD5",
}
_SPELLINGS = {"EXPORT1024": "EXPORT", "EXPORT40": "EXPORT", "DES40": "EXPORT"}


@check(
    title="No broken cipher suite is served",
    severity=Severity.HIGH,
    tags={"tls"},
    settings={Setting.CIPHER_SUITES},
    faults={"broken"},
    references=("RFC 9325 section 4.1", "RFC 7465", "RFC 5469", "https://sweet32.info/"),
)
def broken_suites(tls: TlsOffer) -> Iterator[Verdict]:
    codes = dict.fromkeys(code for offer in tls.versions for code in offer.suites)
    broken: dict[str, list[str]] = {}
    for entry in map(suite, codes):
        if fault := _fault(entry):
            broken.setdefault(fault, []).append(entry.name)
    every = [name for names in broken.values() for name in names]
    for fault in sorted(broken, key=list(_FAULTS).index):
        names = broken[fault]
        yield failed(f"cipher suites {_FAULTS[fault]}: {listed(names)}", served=len(codes), broken=every)
    if not (broken or all(offer.suites for offer in tls.versions)):
        yield unknown("the server takes SSL 2.0 without naming its cipher suites")
    elif not broken:
        yield passed(f"none of {len(codes)} cipher suites is broken", served=len(codes))


def _fault(entry: CipherSuite) -> str | None:
    """The worst that is wrong with it."""
    if entry.code in _INTEGRITY_ONLY:
        return "NULL"
    name = entry.name.replace("DES_192_EDE3", "3DES")  # as SSL 2.0 says it
    words = {_SPELLINGS.get(word, word) for word in name.split("_")}
    return next((fault for fault in _FAULTS if fault in words), None)
