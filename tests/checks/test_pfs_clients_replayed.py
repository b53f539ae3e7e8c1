import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import NOW, code
from tlsaudit.evidence import ClientSessions, ReplayedSession, TlsVersion

SECRET = ReplayedSession("New", TlsVersion.TLS1_3, code("AES_128_GCM_SHA256"), 0x11EC, None)
STATIC = ReplayedSession("Old", TlsVersion.TLS1_2, code("RSA_WITH_AES_128_CBC_SHA"), None, None)
REFUSED = ReplayedSession("Ancient", None, None, None, "handshake_failure")


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ([SECRET, REFUSED], ("pass", "all 1 reference clients that connect get forward secrecy")),
        (
            [SECRET, STATIC, REFUSED],
            ("fail", "1 of 2 reference clients get no forward secrecy: Old gets TLS_RSA_WITH_AES_128_CBC_SHA"),
        ),
        ([REFUSED], ("unknown", "none of the reference clients has anything in common with this server")),
    ],
)
def test_pfs_clients_replayed(sessions: list[ReplayedSession], expected: Expected) -> None:
    assert judge("pfs-clients-replayed", ClientSessions(NOW, tuple(sessions))) == [expected]
