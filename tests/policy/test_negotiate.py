"""What is predicted from an offer and a hello, decision by decision."""

import pytest

from tests.checks.tls import offer, version
from tests.policy.client import client
from tlsaudit.evidence import Order, TlsVersion, VersionOffer, group_name
from tlsaudit.policy import ReferenceClient, negotiate

V13, V12, V10 = TlsVersion.TLS1_3, TlsVersion.TLS1_2, TlsVersion.TLS1_0
X25519, P256, P384 = 0x1D, 0x17, 0x18

ECDSA, RSA, STATIC = (
    "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "RSA_WITH_AES_128_CBC_SHA",
)
CHACHA20 = "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
DHE = "DHE_RSA_WITH_AES_128_CBC_SHA"
AES128, AES256 = "AES_128_GCM_SHA256", "AES_256_GCM_SHA384"


def served(
    number: TlsVersion,
    *names: str,
    order: Order = Order.SERVER,
    groups: tuple[int, ...] = (X25519, P256),
    group_order: Order = Order.SERVER,
) -> VersionOffer:
    offered = version(number, *names, order=order, groups=groups)
    return VersionOffer(offered.version, offered.suites, order, groups, group_order)


def modern(
    *names: str, groups: tuple[int, ...] = (X25519, P256), shares: tuple[int, ...] = (X25519,)
) -> ReferenceClient:
    return client(*(names or (AES128, AES256)), groups=groups, shares=shares, versions=(V13, V12))


@pytest.mark.parametrize(
    ("versions", "who", "expected"),
    [
        pytest.param([served(V12, RSA)], client(RSA), f"TLS 1.2 TLS_{RSA} x25519", id="all in common"),
        pytest.param([served(V12, RSA)], client(ECDSA), None, id="no suite in common"),
        pytest.param([served(V10, RSA)], client(RSA), f"TLS 1.0 TLS_{RSA} x25519", id="the lowest is taken to be 1.0"),
        pytest.param([served(TlsVersion.SSL3, RSA)], client(RSA), None, id="SSL 3.0 is not accepted"),
        pytest.param([served(V13, AES128)], client(AES128), None, id="no version in common"),
        pytest.param([served(V12, RSA)], modern(), None, id="a suite of another version"),
        pytest.param(
            [served(V13, AES128), served(V12, RSA)],
            modern(AES256, RSA),
            None,
            id="no older version for want of a suite",
        ),
        pytest.param([served(V12, RSA, STATIC)], client(STATIC, RSA), f"TLS 1.2 TLS_{RSA} x25519", id="server's order"),
        pytest.param(
            [served(V12, RSA, STATIC, order=Order.CLIENT)], client(STATIC, RSA), f"TLS 1.2 TLS_{STATIC}", id="client's"
        ),
        pytest.param(
            [served(V12, RSA, STATIC, order=Order.NOT_ASKED)],
            client(STATIC, RSA),
            f"TLS 1.2 TLS_{RSA} or TLS_{STATIC} x25519",
            id="nobody asked whose",
        ),
        pytest.param(
            [served(V12, ECDSA, "DH_anon_WITH_AES_128_CBC_SHA", RSA, order=Order.MIXED)],
            client(RSA, ECDSA),
            f"TLS 1.2 TLS_{ECDSA} x25519",
            id="the certificate is picked before the suite",
        ),
        pytest.param(
            [served(V12, ECDSA, RSA, CHACHA20)],
            client(CHACHA20, ECDSA),
            f"TLS 1.2 TLS_{ECDSA} or TLS_{CHACHA20} x25519",
            id="a server may heed who puts ChaCha20 first",
        ),
        pytest.param(
            [served(V12, ECDSA, RSA, CHACHA20)],
            client(ECDSA, CHACHA20),
            f"TLS 1.2 TLS_{ECDSA} x25519",
            id="not who has it further down",
        ),
        pytest.param(
            [served(V12, RSA, STATIC, order=Order.MIXED)],
            client(STATIC, RSA),
            f"TLS 1.2 TLS_{RSA} or TLS_{STATIC} x25519",
            id="an order of neither",
        ),
        pytest.param(
            [served(V12, RSA, STATIC, groups=(P384,))], client(RSA, STATIC), f"TLS 1.2 TLS_{STATIC}", id="no group"
        ),
        pytest.param([served(V12, DHE, groups=())], client(DHE), f"TLS 1.2 TLS_{DHE}", id="finite field"),
        pytest.param(
            [served(V12, RSA, groups=(P256, X25519), group_order=Order.CLIENT)],
            client(RSA),
            f"TLS 1.2 TLS_{RSA} x25519",
            id="the client's order of groups",
        ),
        pytest.param(
            [served(V12, RSA, STATIC)],
            client(RSA, STATIC, groups=None),
            f"TLS 1.2 TLS_{RSA} or TLS_{STATIC} x25519 or secp256r1",
            id="a client that names no group",
        ),
        pytest.param([served(V13, AES128, groups=(P384,))], modern(), None, id="TLS 1.3 without a group in common"),
        pytest.param(
            [served(V13, AES128, groups=(P256,), group_order=Order.ONLY_ONE)],
            modern(),
            f"TLS 1.3 TLS_{AES128} secp256r1",
            id="HelloRetryRequest: no share of the only group",
        ),
        pytest.param(
            [served(V13, AES128, groups=(P256, X25519))],
            modern(),
            f"TLS 1.3 TLS_{AES128} x25519 or secp256r1",
            id="a share is there, another group is preferred",
        ),
        pytest.param(
            [served(V13, AES128, groups=(X25519, P256))],
            modern(shares=(P256, X25519)),
            f"TLS 1.3 TLS_{AES128} secp256r1 or x25519",
            id="shares of both, in another order than the server's",
        ),
        pytest.param(
            [served(V13, AES128, groups=(X25519, P256))],
            modern(shares=(X25519, P256)),
            f"TLS 1.3 TLS_{AES128} x25519",
            id="shares of both, in the server's order",
        ),
    ],
)
def test_prediction(versions: list[VersionOffer], who: ReferenceClient, expected: str | None) -> None:
    session = negotiate(offer(*versions), who)
    assert (str(session) if session else None) == expected


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([served(V12, RSA)], True),
        ([served(V12, STATIC)], False),
        ([served(V12, RSA, STATIC, order=Order.NOT_ASKED)], None),
        ([served(V12, RSA, DHE, order=Order.NOT_ASKED)], True),
    ],
)
def test_forward_secrecy_where_the_order_is_not_known(versions: list[VersionOffer], expected: bool | None) -> None:
    session = negotiate(offer(*versions), client(STATIC, DHE, RSA))
    assert session
    assert session.forward_secret is expected


def test_a_group_without_a_name_is_named_by_its_number() -> None:
    session = negotiate(offer(served(V12, RSA, groups=(0xFE00,))), client(RSA, groups=(0xFE00,)))
    assert str(session).endswith(group_name(0xFE00))
