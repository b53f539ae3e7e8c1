import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import ECDHE, TLS13, offer, version
from tlsaudit.evidence import Order, TlsVersion, VersionOffer

TLS10 = version(TlsVersion.TLS1_0, "ECDHE_RSA_WITH_AES_128_CBC_SHA")
TLS11 = version(TlsVersion.TLS1_1, "ECDHE_RSA_WITH_AES_128_CBC_SHA")
SSL2 = VersionOffer(TlsVersion.SSL2, (0x010080,), Order.CLIENT, (), Order.ONLY_ONE)
SSL3 = version(TlsVersion.SSL3, "RSA_WITH_3DES_EDE_CBC_SHA")


@pytest.mark.parametrize(
    ("versions", "options", "expected"),
    [
        ([TLS13, ECDHE], {}, ("pass", "TLS 1.3 and TLS 1.2, nothing older")),
        ([TLS13], {}, ("pass", "TLS 1.3, nothing older")),
        ([ECDHE, TLS10], {}, ("fail", "TLS 1.0 is served")),
        ([ECDHE, TLS11, TLS10], {}, ("fail", "TLS 1.0 and TLS 1.1 are served")),
        ([SSL3], {}, ("fail", "SSL 3.0 is served")),
        ([ECDHE, TLS11, TLS10, SSL3, SSL2], {}, ("fail", "SSL 2.0, SSL 3.0, TLS 1.0 and TLS 1.1 are served")),
        ([SSL2], {}, ("fail", "SSL 2.0 is served")),
        ([ECDHE, TLS10, SSL2], {"minimum": "1.0"}, ("fail", "SSL 2.0 is served")),
        ([ECDHE, TLS11], {"minimum": "1.1"}, ("pass", "TLS 1.2 and TLS 1.1, nothing older")),
        ([TLS13, ECDHE], {"minimum": "1.3"}, ("fail", "TLS 1.2 is served")),
    ],
)
def test_tls_versions(versions: list[VersionOffer], options: dict[str, object], expected: Expected) -> None:
    assert judge("tls-versions", offer(*versions), options=options) == [expected]
