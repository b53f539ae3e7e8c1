"""The certificates are made as the standards say.

## Rationale
Clients differ in what oddities they forgive, and forgive fewer with every release: a certificate that works everywhere
today may fail with the next library. Some are no oddities but traps, such as a name in the common name alone, which no
client looks at, a leaf that may sign further certificates, or one whose key usage lacks digitalSignature: browsers
break off where the server signs with it, as it does with every forward-secret suite.

Whether the names cover the host, the dates, the key and the signature have checks of their own.

## Remediation
Have the certificate issued anew. For an authority of one's own, mend its profile, not the single certificate: subject
alternative names in ASCII (`xn--` for others), key usage `digitalSignature`, extended key usage `serverAuth`,
`CA:FALSE`, a positive serial number of at most 20 octets.

- nginx: `ssl_certificate /etc/ssl/fullchain.pem;`
- apache: `SSLCertificateFile /etc/ssl/fullchain.pem`
- haproxy: `bind :443 ssl crt /etc/ssl/fullchain-and-key.pem`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import UNDETAILED, CertificateChain, Certificates, Lint, Role

_CA_AS_LEAF = "ca-as-leaf"

_WORDS: dict[str, str] = {
    _CA_AS_LEAF: "is an authority itself, in the place of a leaf",
    Lint.VERSION: "is not of version 3",
    Lint.SERIAL_NOT_POSITIVE: "has a serial number that is not positive",
    Lint.SERIAL_TOO_LONG: "has a serial number of more than 20 octets",
    Lint.TIME_ENCODING: "writes its dates in another form than is allowed",
    Lint.DATES_REVERSED: "ends before it begins",
    Lint.ISSUER_EMPTY: "has an issuer without a name",
    Lint.SUBJECT_EMPTY: "has no subject, and alternative names that are not critical",
    Lint.ALGORITHMS_DIFFER: "names two different signature algorithms",
    Lint.DUPLICATE_EXTENSION: "has an extension twice",
    Lint.EXTENSIONS_UNREADABLE: "has extensions that cannot be read",
    Lint.NAMES_MISSING: "has no subject alternative name",
    Lint.COMMON_NAME_NOT_LISTED: "has a common name that is not among its alternative names",
    Lint.NAME_NOT_ASCII: "has a name that is not ASCII: write it with xn--",
    Lint.NAME_UNDERSCORE: "has a name with an underscore",
    Lint.NAME_IS_ADDRESS: "has an IP address among its DNS names",
    Lint.NAME_MALFORMED: "has a DNS name that is none",
    Lint.WILDCARD_MISPLACED: "has a wildcard that is not the whole first label, or of a top-level domain",
    Lint.SERVER_AUTH_MISSING: "lacks the extended key usage serverAuth",
    Lint.LEAF_MAY_SIGN: "may sign certificates, and is no authority",
    Lint.LEAF_MAY_NOT_SIGN: "may not sign by its key usage, as every forward-secret handshake asks for",
    Lint.AUTHORITY_MAY_NOT_SIGN: "is an authority that may not sign certificates",
    Lint.AUTHORITY_NOT_CRITICAL: "has basic constraints that are not critical",
}


@check(
    title="The certificates are well made",
    severity=Severity.LOW,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    references=(
        "RFC 5280 section 4.1",
        "RFC 5280 section 4.2.1",
        "RFC 8446 section 4.4.2.2",
        "RFC 9525 section 6.3",
        "CA/Browser Forum Baseline Requirements section 7.1",
    ),
)
def certificate_lint(certificates: Certificates) -> Iterator[Verdict]:
    for label, chain in certificates.labelled():
        if not chain.detailed:
            yield unknown(f"{label}{UNDETAILED}")
            continue
        found = dict(_found(chain))
        for subject, codes in found.items():
            said = "; ".join(_WORDS.get(code, code) for code in codes)
            yield failed(f"{label}{subject or 'the certificate'} {said}", lints=codes)
        if not found:
            yield passed(f"{label}well made")


def _found(chain: CertificateChain) -> Iterator[tuple[str, list[str]]]:
    """What is odd, by subject. A root is taken as it is: clients have their own copy of it."""
    for place, (item, role) in enumerate(zip(chain.certificates, chain.roles, strict=True)):
        codes = [_CA_AS_LEAF] if place == 0 and item.is_ca else []
        codes += item.lints
        if codes and role in (Role.PATH, Role.CROSS_SIGN):
            yield item.subject, codes
