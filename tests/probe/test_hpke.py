"""HPKE by the test vectors of RFC 9180, appendices A.1.1 and A.2.1."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tlsaudit.probe.session.hpke import Sender

INFO = b"Ode on a Grecian Urn"
PLAINTEXT = b"Beauty is truth, truth beauty"


@pytest.mark.parametrize(
    ("suite", "own", "receiver", "enc", "sealed"),
    [
        (
            (1, 1),
            "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
            "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
            "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
            "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
        ),
        (
            (1, 3),
            "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
            "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
            "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
        ),
    ],
)
def test_the_vectors(suite: tuple[int, int], own: str, receiver: str, enc: str, sealed: str) -> None:
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(own))
    sender = Sender(bytes.fromhex(receiver), INFO, suite, key)
    assert sender.enc.hex() == enc
    assert sender.seal(PLAINTEXT, b"Count-0").hex() == sealed
