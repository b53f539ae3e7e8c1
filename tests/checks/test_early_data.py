import pytest

from tests.checks.run import Expected, judge
from tests.checks.sessions import TLS12, sessions, ticket
from tests.checks.tls import ECDHE, TLS13, offer
from tlsaudit.evidence import ClientCertificateRequest, Sessions, TlsOffer


@pytest.mark.parametrize(
    ("seen", "tls", "expected"),
    [
        (sessions(ticket()), offer(TLS13, ECDHE), ("pass", "0-RTT is off")),
        (
            sessions(ticket(early_data_bytes=16384)),
            offer(TLS13),
            ("fail", "0-RTT is on: 16384 bytes are taken early, and can be replayed"),
        ),
        (sessions(), offer(TLS13), ("pass", "0-RTT is off")),
        (
            sessions(ticket(TLS12), versions=(TLS12,)),
            offer(ECDHE),
            ("not_applicable", "TLS 1.3 is not served, and nothing older knows 0-RTT"),
        ),
        (sessions(versions=(TLS12,)), offer(TLS13, ECDHE), ("unknown", "no session of TLS 1.3 could be begun")),
        (
            sessions(versions=(), client_certificate=ClientCertificateRequest((), required=True)),
            offer(TLS13),
            ("unknown", "no session of TLS 1.3 could be begun without a client certificate"),
        ),
    ],
)
def test_early_data(seen: Sessions, tls: TlsOffer, expected: Expected) -> None:
    assert judge("early-data", seen, tls) == [expected]
