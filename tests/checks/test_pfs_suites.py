import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import ECDHE, STATIC, TLS13, offer, version
from tlsaudit.evidence import Order, TlsVersion, VersionOffer

V = TlsVersion.TLS1_2


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([TLS13], ("pass", "all 2 cipher suites are forward secret")),
        ([TLS13, ECDHE], ("pass", "all 3 cipher suites are forward secret")),
        ([STATIC], ("fail", "no cipher suite is forward secret")),
        (
            [ECDHE, STATIC],
            (
                "fail",
                "2 of 3 cipher suites are not forward secret, TLS_RSA_WITH_AES_128_CBC_SHA among them",
            ),
        ),
        ([version(V, "DHE_RSA_WITH_AES_128_GCM_SHA256")], ("pass", "the only cipher suite is forward secret")),
        ([version(V, "DH_anon_WITH_AES_128_CBC_SHA")], ("pass", "the only cipher suite is forward secret")),
        ([version(V, "ECDH_anon_WITH_AES_128_CBC_SHA")], ("pass", "the only cipher suite is forward secret")),
        ([version(V, "ECDHE_PSK_WITH_AES_128_CBC_SHA")], ("pass", "the only cipher suite is forward secret")),
        ([version(V, "ECDH_RSA_WITH_AES_128_CBC_SHA")], ("fail", "no cipher suite is forward secret")),
        ([version(V, "DH_RSA_WITH_AES_128_CBC_SHA")], ("fail", "no cipher suite is forward secret")),
        ([version(V, "PSK_WITH_AES_128_CBC_SHA")], ("fail", "no cipher suite is forward secret")),
        ([version(V, "RSA_PSK_WITH_AES_128_CBC_SHA")], ("fail", "no cipher suite is forward secret")),
        ([version(V, "RSA_EXPORT_WITH_RC4_40_MD5")], ("fail", "no cipher suite is forward secret")),
        (
            [ECDHE, VersionOffer(TlsVersion.SSL2, (), Order.ONLY_ONE, (), Order.ONLY_ONE)],
            ("unknown", "the server takes SSL 2.0 without naming its cipher suites"),
        ),
        ([version(V, "KRB5_WITH_RC4_128_SHA")], ("fail", "no cipher suite is forward secret")),
    ],
)
def test_pfs_suites(versions: list[VersionOffer], expected: Expected) -> None:
    assert judge("pfs-suites", offer(*versions)) == [expected]


def test_the_same_suite_under_two_versions_counts_once() -> None:
    name = "ECDHE_RSA_WITH_AES_128_CBC_SHA"
    both = offer(version(TlsVersion.TLS1_2, name), version(TlsVersion.TLS1_0, name))
    assert judge("pfs-suites", both) == [("pass", "the only cipher suite is forward secret")]
