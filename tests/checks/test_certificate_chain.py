from datetime import timedelta

import pytest

from tests.checks.evidence import NOW, certificate, certificates, chain
from tests.checks.run import Expected, judge
from tlsaudit.evidence import UNDETAILED, CertificateChain, Lint, Role

LEAF = certificate("www.example.org")
UPPER = certificate(subject="CN=Test intermediate", issuer="CN=Test root", is_ca=True)
ROOT = certificate(subject="CN=Test root", issuer="CN=Test root", is_ca=True, self_issued=True)
CROSS = certificate(subject="CN=Test root", issuer="CN=Older root", is_ca=True)
UPPER_CROSS = certificate(subject="CN=Test intermediate", issuer="CN=Older root", is_ca=True)
OLD_CROSS = certificate(subject="CN=Test root", issuer="CN=Older root", not_after=NOW - timedelta(days=9))
FETCHED = certificate(issuer_urls=("http://ca.example.org/1.crt",))
ALONE = certificate(self_issued=True)
BIG = certificate(der_bytes=102_398)
NOWHERE = "the certificate comes alone, without its issuer CN=Test intermediate"
PATH, BESIDE = Role.PATH, Role.CROSS_SIGN


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (chain(LEAF, None, UPPER), [("pass", "in order")]),
        (chain(ALONE, "the certificate is self-signed"), [("pass", "in order")]),
        (
            chain(LEAF, None, UPPER, ROOT, roles=(PATH, PATH, Role.ROOT)),
            [("pass", "in order, with the root, which need not be")],
        ),
        (
            chain(LEAF, None, UPPER, CROSS, path=(0, 1), roles=(PATH, PATH, BESIDE)),
            [("pass", "in order, with a cross-sign for older clients")],
        ),
        (
            chain(LEAF, None, UPPER, OLD_CROSS, path=(0, 1), roles=(PATH, PATH, BESIDE)),
            [("fail", "the cross-sign of CN=Test root by CN=Older root expired on 2026-11-14")],
        ),
        (
            chain(LEAF, None, UPPER_CROSS, UPPER, path=(0, 2), roles=(PATH, BESIDE, PATH)),
            [("fail", "out of order: the cross-sign of CN=Test intermediate by CN=Older root comes first")],
        ),
        (
            chain(LEAF, None, UPPER, UPPER_CROSS, path=(0, 1), roles=(PATH, PATH, BESIDE)),
            [("pass", "in order, with a cross-sign for older clients")],
        ),
        (chain(LEAF, "no way"), [("fail", NOWHERE)]),
        (chain(FETCHED, "no way"), [("fail", f"{NOWHERE}: it is at http://ca.example.org/1.crt")]),
        (
            chain(LEAF, "no way", UPPER),
            [("unknown", "ends at CN=Test intermediate, whose issuer CN=Test root is neither sent nor trusted")],
        ),
        (
            chain(LEAF, None, CROSS, UPPER, path=(0, 2, 1)),
            [("fail", "out of order: CN=Test intermediate belongs after the leaf")],
        ),
        (
            chain(LEAF, None, UPPER, UPPER, ALONE, path=(0, 1), roles=(PATH, PATH, Role.DUPLICATE, Role.UNRELATED)),
            [
                ("fail", "CN=Test intermediate is sent twice"),
                ("fail", "CN=www.example.org leads nowhere from the leaf"),
            ],
        ),
        (chain(BIG), [("fail", "100 KiB of certificates: OpenSSL and Chrome take no more than 100")]),
        (chain(certificate(lints=(Lint.EXTENSIONS_UNREADABLE,))), [("unknown", "a certificate in it cannot be read")]),
        (chain(LEAF, path=(), roles=()), [("unknown", UNDETAILED)]),
    ],
)
def test_certificate_chain(seen: CertificateChain, expected: list[Expected]) -> None:
    assert judge("certificate-chain", certificates(seen)) == expected
