"""The certificates come in order, none missing and none too many.

## Rationale
Up to TLS 1.2 each certificate must certify the one before it. Browsers sort what they get, and fetch what is missing
from the address that a certificate names for its issuer; programs, phones and embedded clients do not. A certificate
that leads nowhere costs every handshake its bytes. An expired cross-sign is worse: clients that are old enough to need
it follow it past the root they know, and refuse. Clients with OpenSSL or BoringSSL, Chrome among them, take no more
than 100 KiB of certificates.

A cross-sign that is valid is meant for older clients, and passes. So does the root, which need not be sent.

## Remediation
Serve the leaf, then its issuer, then the issuer's issuer, and stop before the root: the file that ACME clients call
`fullchain.pem`. What a server sends is shown by `openssl s_client -connect www.example.org:443 -showcerts`.

- nginx: `ssl_certificate /etc/ssl/fullchain.pem;`
- apache: `SSLCertificateFile /etc/ssl/fullchain.pem`
- haproxy: `bind :443 ssl crt /etc/ssl/fullchain-and-key.pem`
"""

from collections.abc import Iterator
from datetime import datetime

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import UNDETAILED, CertificateChain, Certificates, Role

_MOST_BYTES = 100 * 1024  # SSL_MAX_CERT_LIST_DEFAULT, with three bytes before each certificate
_LENGTH_BYTES = 3


@check(
    title="The certificates come in order and complete",
    severity=Severity.MEDIUM,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    references=("RFC 5246 section 7.4.2", "RFC 8446 section 4.4.2"),
)
def certificate_chain(certificates: Certificates) -> Iterator[Verdict]:
    for label, chain in certificates.labelled():
        if not chain.detailed:
            yield unknown(f"{label}{UNDETAILED}")
            continue
        if not all(item.readable for item in chain.certificates):
            yield unknown(f"{label}a certificate in it cannot be read")
            continue
        facts = _facts(chain)
        faults = list(_faults(chain, certificates.observed_at))
        for fault in faults:
            yield failed(f"{label}{fault}", **facts)
        if not faults:
            yield _without_faults(label, chain, facts)


def _facts(chain: CertificateChain) -> dict[str, Fact]:
    return {
        "sent": [item.subject for item in chain.certificates],
        "roles": list(chain.roles),
        "root": chain.root,
        "bytes": _bytes(chain),
    }


def _bytes(chain: CertificateChain) -> int:
    return sum(item.der_bytes + _LENGTH_BYTES for item in chain.certificates)


def _faults(chain: CertificateChain, now: datetime) -> Iterator[str]:
    leaf = chain.leaf
    if len(chain.path) == 1 and not (chain.root or leaf.self_issued):
        where = f": it is at {leaf.issuer_urls[0]}" if leaf.issuer_urls else ""
        yield f"the certificate comes alone, without its issuer {leaf.issuer}{where}"
    if list(chain.path) != sorted(chain.path):
        yield f"out of order: {chain.certificates[chain.path[1]].subject} belongs after the leaf"
    subjects = {chain.certificates[place].subject: place for place in chain.path}
    for place, (item, role) in enumerate(zip(chain.certificates, chain.roles, strict=True)):
        if role == Role.DUPLICATE:
            yield f"{item.subject} is sent twice"
        elif role == Role.UNRELATED:
            yield f"{item.subject} leads nowhere from the leaf"
        elif role == Role.CROSS_SIGN and place < subjects.get(item.subject, 0):
            yield f"out of order: the cross-sign of {item.subject} by {item.issuer} comes first"
        elif role == Role.CROSS_SIGN and item.not_after < now:
            yield f"the cross-sign of {item.subject} by {item.issuer} expired on {item.not_after:%Y-%m-%d}"
    if (size := _bytes(chain)) > _MOST_BYTES:
        yield f"{size / 1024:,.0f} KiB of certificates: OpenSSL and Chrome take no more than 100"


def _without_faults(label: str, chain: CertificateChain, facts: dict[str, Fact]) -> Verdict:
    last = chain.certificates[chain.path[-1]]
    if not (chain.root or last.self_issued):
        return unknown(
            f"{label}ends at {last.subject}, whose issuer {last.issuer} is neither sent nor trusted", **facts
        )
    beside = [
        text
        for role, text in (
            (Role.CROSS_SIGN, "a cross-sign for older clients"),
            (Role.ROOT, "the root, which need not be"),
        )
        if role in chain.roles
    ]
    return passed(f"{label}in order{', with ' if beside else ''}{' and '.join(beside)}", **facts)
