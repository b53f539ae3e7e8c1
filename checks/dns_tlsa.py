"""TLSA records match the certificates that are served.

## Rationale
DANE pins a service's certificate in its signed zone. A mail server that honours it (RFC 7672) does not deliver where no
record matches: a certificate that was renewed with a new key, and without a new record, stops mail from the careful
senders alone, which is hard to notice. Records in a zone that is not signed protect nobody, since clients must not use
them. Usages 0 and 1 also ask for a trusted root, which mail servers do not: they do not use such records.

Usage 2 is followed by the names in the chain that is served; the signatures in it are the business of
certificate-trust.

## Remediation
Publish the record of the next key beside that of the current one, well before the change: `3 1 1` with the digest of
the public key survives a renewal that keeps the key. Sign the zone.

- zone: `_25._tcp.mx.example.org. TLSA 3 1 1 DIGEST`
"""

import hashlib
from collections.abc import Iterator, Sequence

from tlsaudit.check import Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import CertificateChain, Certificates, Dnssec, NotObserved, TlsaRecord, TlsaRecords

_PKIX = (0, 1)
_AUTHORITY = (0, 2)
_FULL, _SHA256, _SHA512 = range(3)


@check(
    title="TLSA records match the certificates",
    severity=Severity.HIGH,
    tags={"dns", "certificate", "dane"},
    references=("RFC 6698 section 2.1", "RFC 7671 section 5", "RFC 7672 section 3.1"),
)
def dns_tlsa(tlsa: TlsaRecords, certificates: Certificates) -> Iterator[Verdict]:
    if not tlsa.records:
        yield not_applicable("no TLSA record")
    elif isinstance(tlsa.dnssec, NotObserved):
        yield unknown(str(tlsa.dnssec))
    elif tlsa.dnssec is Dnssec.BOGUS:
        yield failed(f"DNSSEC validation of {tlsa.name} fails: who honours TLSA does not connect")
    elif tlsa.dnssec is Dnssec.INSECURE:
        yield failed(f"the TLSA records at {tlsa.name} are not signed, so that nobody uses them")
    else:
        usable = [record for record in tlsa.records if _is_usable(record, tlsa.protocol)]
        for label, chain in certificates.labelled():
            yield _judged(label, tlsa, usable, chain)


def _is_usable(record: TlsaRecord, protocol: str | None) -> bool:
    known = record.usage <= 3 and record.selector <= 1 and record.matching <= _SHA512
    return known and not (protocol == "smtp" and record.usage in _PKIX)  # RFC 7672 section 3.1.3


def _judged(label: str, tlsa: TlsaRecords, usable: Sequence[TlsaRecord], chain: CertificateChain) -> Verdict:
    if not usable:
        return failed(f"{label}none of the TLSA records at {tlsa.name} can be used: {_named(tlsa.records[0])}")
    path = _path(chain)
    distrusted: Verdict | None = None  # as long as no other record matches (RFC 6698 appendix B)
    for record in usable:
        if any(_matches(record, chain, each) for each in (path[1:] if record.usage in _AUTHORITY else path[:1])):
            if not (record.usage in _PKIX and chain.trust_error):
                return passed(f"{label}TLSA {_named(record)} matches", records=len(tlsa.records))
            distrusted = distrusted or failed(
                f"{label}TLSA {_named(record)} matches, but also asks for trust: {chain.trust_error}"
            )
    if distrusted:
        return distrusted
    if any(record.usage == 0 or (record.usage == 2 and record.matching == _FULL) for record in usable):
        # The certificate of the authority need not be sent where clients have it, or the record holds it.
        return unknown(f"{label}no TLSA record matches what is served, but one may name an authority that is not sent")
    first = ", ".join(dict.fromkeys(map(_named, usable)))
    return failed(f"{label}no TLSA record at {tlsa.name} matches: {first}", records=len(tlsa.records))


def _named(record: TlsaRecord) -> str:
    return f"{record.usage} {record.selector} {record.matching}"


def _path(chain: CertificateChain) -> list[int]:
    """The leaf, and what the names of issuers lead to: places among the certificates that were sent."""
    path = [0]
    rest = set(range(1, len(chain.certificates)))
    while above := [each for each in rest if chain.certificates[each].subject == chain.certificates[path[-1]].issuer]:
        path.append(above[0])
        rest.remove(above[0])
    return path


def _matches(record: TlsaRecord, chain: CertificateChain, place: int) -> bool:
    """Whether a record is of the certificate at that place. One that holds it whole is compared by its digest."""
    certificate = chain.certificates[place]
    if record.matching == _SHA512:
        return bool(chain.sha512) and record.data == chain.sha512[place][record.selector]
    data = hashlib.sha256(bytes.fromhex(record.data)).hexdigest() if record.matching == _FULL else record.data
    return data == (certificate.spki_sha256 if record.selector else certificate.sha256)
