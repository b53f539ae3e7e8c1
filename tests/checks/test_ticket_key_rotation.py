from dataclasses import replace
from datetime import timedelta

import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import NOW
from tlsaudit.check import Past
from tlsaudit.evidence import Sessions, TicketPolicy, TlsVersion

TICKETS = (TicketPolicy(TlsVersion.TLS1_2, 300, 0),)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW = ("pass", "the session ticket key is new")
YOUNG = ("pass", "the session ticket key is younger than the history")


def look(ago: timedelta, *keys: str, tickets: tuple[TicketPolicy, ...] = TICKETS) -> Sessions:
    return Sessions(NOW - ago, keys, tickets, (), None, None)


GONE = replace(look(8 * DAY), ticket_keys=None)
NOW_A = look(timedelta(0), "a")


@pytest.mark.parametrize(
    ("now", "past", "expected"),
    [
        (look(0 * DAY, tickets=()), [look(DAY, "a")], ("not_applicable", "no session tickets were seen")),
        (look(0 * DAY), [look(DAY, "a")], ("not_applicable", "the session tickets do not name their key")),
        (NOW_A, [], ("not_applicable", "there is no earlier look to compare with")),
        (NOW_A, [look(DAY, "b")], NEW),
        (NOW_A, [look(DAY)], NEW),
        (NOW_A, [GONE], ("not_applicable", "there is no earlier look to compare with")),
        (GONE, [look(9 * DAY, "a")], ("unknown", "the names of the session ticket keys are no longer kept")),
        (NOW_A, [look(DAY, "a"), look(2 * DAY, "b")], YOUNG),
        (NOW_A, [look(DAY, "b"), look(3 * DAY, "a"), look(5 * DAY, "b")], YOUNG),
        (
            NOW_A,
            [look(DAY, "a"), look(2 * DAY, "a")],
            ("not_applicable", "too early to tell: the session ticket key is as old as the history"),
        ),
        (
            NOW_A,
            [look(HOUR, "a")],
            ("not_applicable", "too early to tell: the session ticket key is as old as the history"),
        ),
        (
            NOW_A,
            [look(DAY, "a"), look(8 * DAY, "a"), look(9 * DAY, "b")],
            ("fail", "a session ticket key is in use for 8 days or longer"),
        ),
        (NOW_A, [look(8 * DAY, "b", "a")], ("fail", "a session ticket key is in use for 8 days or longer")),
        (NOW_A, [look(7 * DAY, "a"), look(8 * DAY, "b")], YOUNG),
    ],
)
def test_ticket_key_rotation(now: Sessions, past: list[Sessions], expected: Expected) -> None:
    assert judge("ticket-key-rotation", now, Past(tuple(past))) == [expected]


def test_the_age_allowed_is_an_option() -> None:
    past = Past((look(DAY, "a"), look(30 * HOUR, "a"), look(2 * DAY, "b")))
    assert judge("ticket-key-rotation", NOW_A, past) == [YOUNG]
    assert judge("ticket-key-rotation", NOW_A, past, options={"maximum": "1d"}) == [
        ("fail", "a session ticket key is in use for 30 hours or longer")
    ]


def test_each_key_is_judged() -> None:
    now = look(timedelta(0), "a", "b")
    outcomes = [outcome for outcome, _ in judge("ticket-key-rotation", now, Past((look(8 * DAY, "a"),)))]
    assert outcomes == ["fail", "pass"]
