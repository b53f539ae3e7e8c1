import pytest

from tests.checks.evidence import certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.evidence import CertificateChain, Lint

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
        (
            [chain(stores=(("mozilla", None), ("corp", "the issuer is not known")))],
            [("pass", "leads to a root that mozilla trusts; corp: the issuer is not known")],
        ),
        ([chain(stores=(("mozilla", None), ("corp", None)))], [("pass", "leads to a trusted root")]),
        ([chain(certificate(lints=(Lint.EXTENSIONS_UNREADABLE,)), "cannot be read")], [("unknown", "cannot be read")]),
    ],
)
def test_certificate_trust(chains: list[CertificateChain], expected: list[Expected]) -> None:
    assert judge("certificate-trust", certificates(*chains)) == expected


def test_every_store_can_be_asked_for() -> None:
    seen = certificates(chain(stores=(("mozilla", None), ("corp", "the issuer is not known"))))
    assert judge("certificate-trust", seen, options={"every_store": True}) == [
        ("fail", "leads to a root that mozilla trusts; corp: the issuer is not known")
    ]
