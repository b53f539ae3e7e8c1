import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import NOW
from tlsaudit.evidence import EphemeralKeys


@pytest.mark.parametrize(
    ("compared", "reused", "expected"),
    [
        ((0x1D, 0x17), (), ("pass", "every key share was a new one: x25519, secp256r1")),
        ((0x1D, 0), (0,), ("fail", "the same key share came twice: finite field")),
        ((0x1D, 0), (0x1D, 0), ("fail", "the same key share came twice: x25519, finite field")),
        ((), (), ("not_applicable", "no two key shares were seen that could be compared")),
    ],
)
def test_ephemeral_key_reuse(compared: tuple[int, ...], reused: tuple[int, ...], expected: Expected) -> None:
    assert judge("ephemeral-key-reuse", EphemeralKeys(NOW, ("aa", "bb"), compared, reused)) == [expected]
