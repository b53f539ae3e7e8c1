from datetime import UTC, datetime

import pytest

from tests.checks.run import Expected, judge
from tlsaudit.evidence import StartTlsOffer

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("clear", "expected"),
    [
        (StartTlsOffer(NOW, "smtp", offered=True, clear_text_auth=()), ("pass", "TLS is offered")),
        (StartTlsOffer(NOW, "imap", offered=True, clear_text_auth=("LOGIN",)), ("pass", "TLS is offered")),
        (
            StartTlsOffer(NOW, "smtp", offered=False, clear_text_auth=("AUTH PLAIN",)),
            ("fail", "smtp without TLS: the server does not offer to start it"),
        ),
        (
            StartTlsOffer(NOW, "postgres", offered=True, clear_text_auth=(), early=True),
            ("fail", "the server sends more in clear after its go-ahead for TLS"),
        ),
    ],
)
def test_starttls(clear: StartTlsOffer, expected: Expected) -> None:
    assert judge("starttls", clear) == [expected]
