import pytest

from tests.checks.evidence import certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.evidence import CertificateChain

ECDSA = certificate("www.example.org")
RSA = certificate("www.example.org", key_type="RSA")


@pytest.mark.parametrize(
    ("chains", "expected"),
    [
        ([chain()], [("pass", "leads to a trusted root")]),
        ([chain(trust_error="the certificate is self-signed")], [("fail", "the certificate is self-signed")]),
        (
            [chain(RSA, "its issuer is not sent"), chain(ECDSA)],
            [
                ("fail", "RSA certificate: its issuer is not sent"),
                ("pass", "ECDSA certificate: leads to a trusted root"),
            ],
        ),
    ],
)
def test_certificate_trust(chains: list[CertificateChain], expected: list[Expected]) -> None:
    assert judge("certificate-trust", certificates(*chains)) == expected
