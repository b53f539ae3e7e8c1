import pytest

from tests.checks.run import Expected, judge
from tests.checks.sessions import TLS12, sessions, ticket
from tests.checks.tls import ECDHE, TLS13, offer
from tlsaudit.evidence import ClientCertificateRequest, Sessions, TlsOffer

BOTH = offer(TLS13, ECDHE)


@pytest.mark.parametrize(
    ("seen", "tls", "expected"),
    [
        (
            sessions(ticket(), psk_ke=True),
            BOTH,
            ("fail", "a session of TLS 1.3 is resumed without a new key exchange (psk_ke)"),
        ),
        (
            sessions(ticket()),
            BOTH,
            ("pass", "no session of TLS 1.3 is resumed without a new key exchange; only with one"),
        ),
        (
            sessions(ticket(), resumes=(TLS12,)),
            BOTH,
            ("pass", "no session of TLS 1.3 is resumed without a new key exchange; not at all"),
        ),
        (
            sessions(ticket(TLS12), psk_ke=None, versions=(TLS12,)),
            offer(ECDHE),
            ("not_applicable", "TLS 1.3 is not served"),
        ),
        (sessions(psk_ke=None), BOTH, ("not_applicable", "no tickets of TLS 1.3 are issued")),
        (sessions(ticket(), psk_ke=None), BOTH, ("unknown", "no answer to a resumption without key exchange")),
        (sessions(psk_ke=None, versions=(TLS12,)), BOTH, ("unknown", "no session of TLS 1.3 could be begun")),
        (
            sessions(psk_ke=None, versions=(), client_certificate=ClientCertificateRequest((), required=True)),
            BOTH,
            ("unknown", "no session of TLS 1.3 could be begun without a client certificate"),
        ),
    ],
)
def test_resumption_key_exchange(seen: Sessions, tls: TlsOffer, expected: Expected) -> None:
    assert judge("resumption-key-exchange", seen, tls) == [expected]
