from datetime import UTC, datetime

import pytest

from tests.checks.run import Expected, judge
from tlsaudit.evidence import StartTlsOffer

NOW = datetime(2026, 11, 24, tzinfo=UTC)

NOTHING = ("pass", "no clear-text login is announced before TLS")


@pytest.mark.parametrize(
    ("protocol", "announced", "expected"),
    [
        ("smtp", (), NOTHING),
        ("xmpp-server", (), NOTHING),
        ("smtp", ("AUTH PLAIN", "AUTH LOGIN"), ("fail", "announced before TLS: AUTH PLAIN, AUTH LOGIN")),
        ("imap", ("LOGIN",), ("fail", "announced before TLS: LOGIN")),
        ("ftp", (), ("not_applicable", "ftp announces no way to log in")),
        ("ldap", (), ("not_applicable", "ldap announces no way to log in")),
        ("postgres", (), ("not_applicable", "postgres announces no way to log in")),
        ("mysql", (), ("not_applicable", "mysql announces no way to log in")),
    ],
)
@pytest.mark.parametrize("offered", [True, False])
def test_starttls_before_login(protocol: str, announced: tuple[str, ...], offered: bool, expected: Expected) -> None:
    clear = StartTlsOffer(NOW, protocol, offered=offered, clear_text_auth=announced)
    assert judge("starttls-before-login", clear) == [expected]
