import pytest

from tests.checks.evidence import certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.evidence import UNDETAILED, Certificate, CertificateChain, Role


def signed(algorithm: str, used: str | None, *, subject: str = "CN=a", self_issued: bool = False) -> Certificate:
    return certificate(signature_algorithm=algorithm, signature_hash=used, subject=subject, self_issued=self_issued)


GOOD = signed("RSA_WITH_SHA256", "sha256")
OLD = signed("RSA_WITH_SHA1", "sha1", subject="CN=Old")
ROOT = signed("RSA_WITH_MD5", "md5", subject="CN=Root", self_issued=True)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (chain(GOOD), [("pass", "RSA_WITH_SHA256")]),
        (chain(signed("ED25519", None), None, GOOD), [("pass", "ED25519, RSA_WITH_SHA256")]),
        (chain(OLD), [("fail", "CN=Old is signed with RSA_WITH_SHA1")]),
        (chain(GOOD, None, OLD), [("fail", "CN=Old is signed with RSA_WITH_SHA1")]),
        (chain(GOOD, None, ROOT, roles=(Role.PATH, Role.ROOT)), [("pass", "RSA_WITH_SHA256")]),
        (chain(ROOT), [("not_applicable", "self-signed")]),
        (chain(signed("1.2.3", None)), [("unknown", "CN=a is signed with 1.2.3, which is not known here")]),
        (chain(path=(), roles=()), [("unknown", UNDETAILED)]),
    ],
)
def test_certificate_signature(seen: CertificateChain, expected: list[Expected]) -> None:
    assert judge("certificate-signature", certificates(seen)) == expected
