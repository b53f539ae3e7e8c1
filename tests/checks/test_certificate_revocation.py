import pytest

from tests.checks.evidence import certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.evidence import UNDETAILED, CertificateChain

MUST_STAPLE = certificate(must_staple=True)
WITH_RESPONDER = certificate(ocsp_urls=("http://ocsp.example.org/",))
BARE = certificate(spki_sha256="")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (chain(ocsp="good"), ("pass", "the stapled response is good")),
        (chain(ocsp="revoked"), ("fail", "the stapled response says that the certificate is revoked")),
        (chain(ocsp="early"), ("fail", "the stapled response does not hold yet")),
        (chain(ocsp="expired"), ("fail", "the stapled response is out of date")),
        (chain(ocsp="unreadable"), ("fail", "the stapled response says nothing of this certificate")),
        (
            chain(ocsp="unknown"),
            ("fail", "the stapled response says that its authority does not know the certificate"),
        ),
        (chain(MUST_STAPLE), ("fail", "demands a stapled response, and none is sent")),
        (chain(MUST_STAPLE, ocsp="good"), ("pass", "the stapled response is good")),
        (chain(WITH_RESPONDER), ("not_applicable", "nothing is stapled, nor demanded")),
        (chain(), ("not_applicable", "names no responder")),
        (chain(BARE), ("unknown", UNDETAILED)),
    ],
)
def test_certificate_revocation(seen: CertificateChain, expected: Expected) -> None:
    assert judge("certificate-revocation", certificates(seen)) == [expected]
