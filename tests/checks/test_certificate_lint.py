import pytest

from tests.checks.evidence import certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.evidence import UNDETAILED, CertificateChain, Lint, Role

ODD = certificate(lints=(Lint.VERSION, Lint.NAMES_MISSING))
ROOT = certificate(lints=(Lint.VERSION,), self_issued=True)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (chain(), ("pass", "well made")),
        (
            chain(ODD),
            ("fail", "CN=www.example.org is not of version 3; has no subject alternative name"),
        ),
        (
            chain(None, None, certificate(subject="", lints=(Lint.VERSION,))),
            ("fail", "the certificate is not of version 3"),
        ),
        (
            chain(certificate(is_ca=True)),
            ("fail", "CN=www.example.org is an authority itself, in the place of a leaf"),
        ),
        (chain(None, None, certificate(is_ca=True)), ("pass", "well made")),
        (chain(None, None, ROOT, roles=(Role.PATH, Role.ROOT)), ("pass", "well made")),
        (chain(path=(), roles=()), ("unknown", UNDETAILED)),
    ],
)
def test_certificate_lint(seen: CertificateChain, expected: Expected) -> None:
    assert judge("certificate-lint", certificates(seen)) == [expected]


@pytest.mark.parametrize("lint", Lint)
def test_every_lint_is_told_in_words(lint: Lint) -> None:
    ((outcome, message),) = judge("certificate-lint", certificates(chain(certificate(lints=(lint,)))))
    assert outcome == "fail"
    assert not message.endswith(f" {lint}")
