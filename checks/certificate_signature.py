"""The certificate and its issuers are signed with a hash that nobody can make collide.

## Rationale
Who can make two documents with the same hash can have one signed and use the signature for the other. For MD5 that was
done with a certificate in 2008, for SHA-1 with chosen documents in 2020, and clients accept neither any more. A root is
trusted because it is in the store, so that its own signature says nothing and is not judged.

## Remediation
Have the certificate issued anew with SHA-256 or better. Where an intermediate certificate is the one, the authority has
a newer one: replace it in the file.

- nginx: `ssl_certificate /etc/ssl/fullchain.pem;`
- apache: `SSLCertificateFile /etc/ssl/fullchain.pem`
- haproxy: `bind :443 ssl crt /etc/ssl/fullchain-and-key.pem`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import UNDETAILED, Certificates

_BROKEN = {"md5", "sha1"}
_WITHOUT_A_HASH = {"ED25519", "ED448"}


@check(
    title="The certificates are signed with a sound hash",
    severity=Severity.HIGH,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    references=("RFC 9155", "CA/Browser Forum Baseline Requirements section 7.1.3.2"),
)
def certificate_signature(certificates: Certificates) -> Iterator[Verdict]:
    for label, chain in certificates.labelled():
        if not chain.detailed:
            yield unknown(f"{label}{UNDETAILED}")
            continue
        signed = [item for item in chain.signed if not item.self_issued]
        odd = [item for item in signed if not (item.signature_hash or item.signature_algorithm in _WITHOUT_A_HASH)]
        broken = [item for item in signed if item.signature_hash in _BROKEN]
        for item in broken:
            yield failed(f"{label}{item.subject} is signed with {item.signature_algorithm}")
        for item in odd:
            yield unknown(f"{label}{item.subject} is signed with {item.signature_algorithm}, which is not known here")
        if not signed:
            yield not_applicable(f"{label}self-signed")
        elif not (broken or odd):
            algorithms = sorted({item.signature_algorithm for item in signed})
            yield passed(f"{label}{', '.join(algorithms)}", algorithms=algorithms)
