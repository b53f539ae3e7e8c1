import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import ECDHE, FELL_SILENT, STATIC, TLS13, offer, version
from tlsaudit.check import negotiate
from tlsaudit.evidence import Order, TlsVersion, VersionOffer, suite
from tlsaudit.policy import reference_clients

V = TlsVersion.TLS1_2
BOTH = ("RSA_WITH_AES_128_CBC_SHA", "ECDHE_RSA_WITH_AES_128_CBC_SHA")
STATIC_FIRST = version(V, *BOTH, groups=(0x17,))
EPHEMERAL_FIRST = version(V, *reversed(BOTH), groups=(0x17,))
CLIENT_DECIDES = version(V, *BOTH, order=Order.CLIENT, groups=(0x17,))
RARE_GROUP = version(V, "ECDHE_RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA", groups=(0x1C,))


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([TLS13, ECDHE], ("pass", "all 9 reference clients that connect get forward secrecy")),
        ([TLS13], ("pass", "all 6 reference clients that connect get forward secrecy")),
        ([EPHEMERAL_FIRST], ("pass", "all 9 reference clients that connect get forward secrecy")),
        ([CLIENT_DECIDES], ("pass", "all 9 reference clients that connect get forward secrecy")),
        (
            [STATIC],
            (
                "fail",
                "9 of 9 reference clients get no forward secrecy: Chromium 156 gets TLS_RSA_WITH_AES_128_CBC_SHA",
            ),
        ),
        (
            [TLS13, STATIC_FIRST],
            (
                "fail",
                (
                    "3 of 9 reference clients get no forward secrecy: "
                    "Node.js 0.10 (OpenSSL 1.0.1) gets TLS_RSA_WITH_AES_128_CBC_SHA"
                ),
            ),
        ),
        (
            [RARE_GROUP],
            (
                "fail",
                "8 of 9 reference clients get no forward secrecy: Chromium 156 gets TLS_RSA_WITH_AES_128_CBC_SHA",
            ),
        ),
        (
            [version(V, "RSA_WITH_NULL_SHA")],
            ("unknown", "none of the reference clients has anything in common with this server"),
        ),
    ],
)
def test_pfs_clients(versions: list[VersionOffer], expected: Expected) -> None:
    assert judge("pfs-clients", offer(*versions)) == [expected]


def test_a_suite_that_was_not_seen_may_be_the_one_they_get() -> None:
    expected = [("unknown", "connection reset: the server stopped answering after 9 connections")]
    assert judge("pfs-clients", offer(TLS13, STATIC, incomplete=FELL_SILENT)) == expected


def test_every_client_says_where_its_hello_comes_from() -> None:
    for client in reference_clients():
        assert "captured on loopback" in client.origin, client.name
        assert client.suites, client.name


def test_a_version_in_common_without_a_suite_in_common_is_no_session() -> None:
    """A server settles the version before the suite: it does not fall back to an older version for one."""
    served = offer(version(TlsVersion.TLS1_3, "AES_128_CCM_8_SHA256"), ECDHE)
    chromium = reference_clients()[0]
    assert negotiate(served, chromium) is None
    older = negotiate(offer(ECDHE), chromium)
    assert older
    assert suite(older.suite).name == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
