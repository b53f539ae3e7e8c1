import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import ECDHE, FELL_SILENT, NOW, TLS13, offer
from tlsaudit.evidence import Order, TlsOffer, TlsVersion, VersionOffer

X25519, P256, HYBRID, PURE = 0x1D, 0x17, 0x11EC, 0x0202


def groups(*codes: int, order: Order = Order.SERVER) -> VersionOffer:
    return VersionOffer(TlsVersion.TLS1_3, (0x1301,), Order.ONLY_ONE, codes, order)


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([groups(HYBRID, X25519), ECDHE], ("pass", "X25519MLKEM768 is served")),
        ([groups(PURE, order=Order.ONLY_ONE)], ("pass", "MLKEM1024 is served")),
        ([groups(X25519, HYBRID, order=Order.CLIENT)], ("pass", "X25519MLKEM768 is served")),
        (
            [groups(HYBRID, X25519, order=Order.NOT_ASKED)],
            ("unknown", "X25519MLKEM768 is served; whose order decides was not asked"),
        ),
        ([groups(X25519, order=Order.NOT_ASKED)], ("fail", "no post-quantum group is served: x25519")),
        ([groups(X25519, HYBRID)], ("fail", "X25519MLKEM768 is served, but x25519 is preferred")),
        ([groups(X25519, P256), ECDHE], ("fail", "no post-quantum group is served: x25519 and 1 more")),
        ([groups(P256)], ("fail", "no post-quantum group is served: secp256r1")),
        ([ECDHE], ("fail", "TLS 1.3 is not served, and there is no post-quantum group without it")),
    ],
)
def test_post_quantum_groups(versions: list[VersionOffer], expected: Expected) -> None:
    assert judge("post-quantum-groups", TlsOffer(NOW, 10, tuple(versions))) == [expected]


def test_the_group_may_be_one_that_was_not_seen() -> None:
    assert judge("post-quantum-groups", offer(TLS13, incomplete=FELL_SILENT)) == [("unknown", str(FELL_SILENT))]
