"""The certificate leads to a root that clients trust.

## Rationale
A client that cannot build a path from the certificate to a root it knows either refuses the connection or teaches its
user to click warnings away, and HSTS and every other protection is void with it. The commonest cause is an
intermediate certificate that the server does not send: browsers that have seen it elsewhere hide the fault, while
programs, phones and search engines fail. A self-signed certificate, a root of one's own that clients do not have, an
RSA key under 2048 bits and a signature with SHA-1 end in the same way. Dates and names have checks of their own.

## Remediation
Serve the certificate followed by its intermediates, in that order, without the root. If the root is your own, name it
with `--ca-file`. Of several stores (`--ca-file mozilla --ca-file java=cacerts.pem`) one that trusts is enough; with the
option `every_store` in targets.yaml, all must.

- nginx: `ssl_certificate /etc/ssl/fullchain.pem;`
- apache: `SSLCertificateFile /etc/ssl/fullchain.pem`
- haproxy: `bind :443 ssl crt /etc/ssl/fullchain-and-key.pem`
"""

from collections.abc import Iterator

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import Certificates


@check(
    title="The certificate leads to a trusted root",
    severity=Severity.HIGH,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    references=("RFC 5280 section 6", "RFC 8446 section 4.4.2"),
)
def certificate_trust(certificates: Certificates, *, every_store: bool = False) -> Iterator[Verdict]:
    for label, chain in certificates.labelled():
        trusting = [name for name, error in chain.stores if error is None]
        refusing = [(name, error) for name, error in chain.stores if error is not None]
        facts: dict[str, Fact] = {
            "subject": chain.leaf.subject,
            "issuer": chain.leaf.issuer,
            "sent": len(chain.certificates),
            "trusted_by": trusting,
            "root": chain.root,
        }
        if chain.trust_error is None:
            said = (
                f"{label}leads to a root that {' and '.join(trusting)} trusts"
                if refusing
                else f"{label}leads to a trusted root"
            )
            said += "".join(f"; {name}: {error}" for name, error in refusing)
            yield (failed if refusing and every_store else passed)(said, **facts)
        elif not all(item.readable for item in chain.certificates):
            yield unknown(f"{label}{chain.trust_error}", **facts)
        else:
            yield failed(f"{label}{chain.trust_error}", **facts)
