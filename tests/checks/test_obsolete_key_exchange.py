import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import ECDHE, TLS13, offer, version
from tlsaudit.evidence import TlsVersion, VersionOffer

V = TlsVersion.TLS1_2
FINE = ("pass", "neither RSA nor finite-field Diffie-Hellman in TLS 1.2")


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([TLS13, ECDHE], [FINE]),
        ([TLS13], [("not_applicable", "TLS 1.2 is not served")]),
        ([version(TlsVersion.TLS1_1, "RSA_WITH_AES_128_CBC_SHA")], [("not_applicable", "TLS 1.2 is not served")]),
        ([ECDHE, version(TlsVersion.TLS1_0, "RSA_WITH_AES_128_CBC_SHA")], [FINE]),
        (
            [version(V, "RSA_WITH_AES_128_CBC_SHA", "RSA_PSK_WITH_AES_128_CBC_SHA")],
            [("fail", "RSA key exchange is served in TLS 1.2: TLS_RSA_WITH_AES_128_CBC_SHA and 1 more")],
        ),
        (
            [version(V, "DHE_RSA_WITH_AES_128_GCM_SHA256", "RSA_WITH_AES_128_CBC_SHA", "DHE_PSK_WITH_AES_128_CBC_SHA")],
            [
                ("fail", "RSA key exchange is served in TLS 1.2: TLS_RSA_WITH_AES_128_CBC_SHA"),
                (
                    "fail",
                    (
                        "finite-field Diffie-Hellman is served in TLS 1.2: "
                        "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 and 1 more"
                    ),
                ),
            ],
        ),
        (
            [version(V, "DH_anon_WITH_AES_128_CBC_SHA", "ECDH_RSA_WITH_AES_128_CBC_SHA")],
            [("fail", "finite-field Diffie-Hellman is served in TLS 1.2: TLS_DH_anon_WITH_AES_128_CBC_SHA")],
        ),
        ([version(V, "ECDHE_PSK_WITH_AES_128_CBC_SHA", "PSK_WITH_AES_128_CBC_SHA")], [FINE]),
        (
            [version(V, "PSK_DHE_WITH_AES_128_CCM_8")],
            [("fail", "finite-field Diffie-Hellman is served in TLS 1.2: TLS_PSK_DHE_WITH_AES_128_CCM_8")],
        ),
    ],
)
def test_obsolete_key_exchange(versions: list[VersionOffer], expected: list[Expected]) -> None:
    assert judge("obsolete-key-exchange", offer(*versions)) == expected
