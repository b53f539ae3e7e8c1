import pytest

from tests.checks.run import Expected, judge
from tests.checks.sessions import TLS12, TLS13, sessions, ticket
from tlsaudit.evidence import Sessions

DAY = 86400


@pytest.mark.parametrize(
    ("seen", "options", "expected"),
    [
        (sessions(ticket()), {}, [("pass", "TLS 1.3: session tickets live 5 minutes")]),
        (sessions(ticket(lifetime_s=1)), {}, [("pass", "TLS 1.3: session tickets live 1 second")]),
        (sessions(ticket(lifetime_s=7 * DAY)), {}, [("pass", "TLS 1.3: session tickets live 7 days")]),
        (
            sessions(ticket(lifetime_s=7 * DAY + 1), ticket(TLS12, 3600)),
            {},
            [
                ("fail", "TLS 1.3: session tickets live 604801 seconds, more than 7 days"),
                ("pass", "TLS 1.2: session tickets live 1 hour"),
            ],
        ),
        (
            sessions(ticket(lifetime_s=2 * DAY)),
            {"maximum": "1d"},
            [("fail", "TLS 1.3: session tickets live 2 days, more than 1 day")],
        ),
        (
            sessions(ticket(), ticket(TLS12, 0)),
            {},
            [
                ("pass", "TLS 1.3: session tickets live 5 minutes"),
                ("not_applicable", "TLS 1.2: the tickets do not say how long they live"),
            ],
        ),
        (sessions(), {}, [("not_applicable", "no session tickets are issued (TLS 1.3 and TLS 1.2)")]),
        (sessions(versions=(TLS13,)), {}, [("not_applicable", "no session tickets are issued (TLS 1.3)")]),
        (sessions(versions=()), {}, [("unknown", "no session could be begun without a client certificate")]),
    ],
)
def test_session_tickets(seen: Sessions, options: dict[str, object], expected: list[Expected]) -> None:
    assert judge("session-tickets", seen, options=options) == expected
