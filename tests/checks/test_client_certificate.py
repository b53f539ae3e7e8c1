import pytest

from tests.checks.run import Expected, judge
from tests.checks.sessions import sessions
from tlsaudit.evidence import ClientCertificateRequest, Sessions


def asked(*authorities: str, required: bool | None) -> Sessions:
    return sessions(client_certificate=ClientCertificateRequest(authorities, required))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (sessions(), ("not_applicable", "clients are not asked for a certificate")),
        (
            asked("CN=Staff", required=True),
            ("pass", "a client certificate is required: the handshake fails without one (of CN=Staff)"),
        ),
        (
            asked(required=False),
            ("pass", "a client certificate is asked for; the handshake is completed without one"),
        ),
        (
            asked("CN=A", "CN=B", "CN=C", "CN=D", required=None),
            ("pass", "a client certificate is asked for (of CN=A; CN=B; CN=C; ...)"),
        ),
    ],
)
def test_client_certificate(seen: Sessions, expected: Expected) -> None:
    assert judge("client-certificate", seen) == [expected]
