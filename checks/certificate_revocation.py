"""Nothing that is stapled to the certificate makes clients refuse it.

## Rationale
A server can hand out its authority's word on the certificate (OCSP stapling), so that clients need not ask. Where that
word is `revoked`, the key may be in other hands. A response that is out of date or about another certificate is an
error in Firefox, worse than none. A certificate that demands a stapled response (must-staple) is refused without one.

What is not stapled is not asked for: authorities no longer have to answer, and several have stopped. The signature of
the response is not verified.

## Remediation
Replace a revoked certificate, with a new key. Let the server refresh the stapled response, which it does by itself if
it can reach the responder; order certificates without must-staple from an authority that has stopped answering.

- nginx: `ssl_stapling on;`
- apache: `SSLUseStapling On`
- haproxy: `ocsp-update.mode on`
"""

from collections.abc import Iterator

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import UNDETAILED, Certificates

_WORDS = {
    "revoked": "the stapled response says that the certificate is revoked",
    "unknown": "the stapled response says that its authority does not know the certificate",
    "early": "the stapled response does not hold yet",
    "expired": "the stapled response is out of date",
    "unreadable": "the stapled response says nothing of this certificate",
}


@check(
    title="The certificate is not revoked by what is stapled",
    severity=Severity.HIGH,
    tags={"tls", "certificate"},
    settings={Setting.CERTIFICATE},
    references=("RFC 6066 section 8", "RFC 6960", "RFC 7633"),
)
def certificate_revocation(certificates: Certificates) -> Iterator[Verdict]:
    for label, chain in certificates.labelled():
        leaf = chain.leaf
        facts: dict[str, Fact] = {"stapled": chain.ocsp, "must_staple": leaf.must_staple, "ocsp": list(leaf.ocsp_urls)}
        if chain.ocsp in _WORDS:
            yield failed(f"{label}{_WORDS[chain.ocsp]}", **facts)
        elif chain.ocsp:
            yield passed(f"{label}the stapled response is {chain.ocsp}", **facts)
        elif not leaf.detailed:
            yield unknown(f"{label}{UNDETAILED}")
        elif leaf.must_staple:
            yield failed(f"{label}demands a stapled response, and none is sent", **facts)
        else:
            why = "nothing is stapled, nor demanded" if leaf.ocsp_urls else "names no responder"
            yield not_applicable(f"{label}{why}", **facts)
