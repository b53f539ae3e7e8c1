"""How services answered at their sites, week by week, in each kind of database."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tests.store.fleet import begin, endpoints, observation, unreachable
from tlsaudit.store import BUCKETS_MS, WEEK, Availability, PlacePeriod, Store, Window
from tlsaudit.target import Endpoint

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
MX = Endpoint("mx.example.org", 25, starttls="smtp", service="mail")
FLEET = [*endpoints(4), MX]
"""A host of the service s0 and one of s1, each at the sites east and west; and one that speaks no HTTP."""

NONE = (0,) * (len(BUCKETS_MS) + 1)


def _audit(store: Store, at: datetime, silent: str = "-") -> int:
    number = begin(store, at)
    for endpoint in FLEET:
        seen = unreachable(endpoint, at) if endpoint.id.startswith(silent) else observation(endpoint, at)
        store.add_observation(number, endpoint, seen)
    store.finish(number, at + HOUR)
    return number


def _light(
    endpoint: str, at: datetime, looks: int, tls: int, http: int | None, *, span: timedelta = HOUR
) -> Availability:
    times = (0, 0, 0, tls, *NONE[4:])
    return Availability(endpoint, at, span, looks, tls, 0 if http is None else looks, http or 0, 1.0, times)


def _weeks(store: Store, audit: int, last: datetime, weeks: int) -> list[PlacePeriod]:
    """So many up to that of a day."""
    return [*store.reachability(audit, Window.of((last - WEEK * (weeks - 1)).date(), last.date(), WEEK))]


def _of(found: Sequence[PlacePeriod], service: str, site: str | None) -> list[PlacePeriod]:
    return sorted(
        (each for each in found if (each.service, each.site) == (service, site)), key=lambda each: each.begins
    )


def test_each_audit_is_one_look_at_an_endpoint(url: str) -> None:
    with Store.open(url) as store:
        for day in range(-9, 2):
            last = _audit(store, MONDAY + day * DAY + HOUR, silent="h0" if day == 0 else "-")
        found = _weeks(store, last, MONDAY + DAY, 2)
        assert [
            (each.begins, each.light, each.endpoints, each.looks, each.answered, each.span, each.intervals)
            for each in _of(found, "s0", "east")
        ] == [
            ((MONDAY - 7 * DAY).date(), False, 1, 7, 7, 6 * DAY, 6),
            (MONDAY.date(), False, 1, 2, 1, DAY, 1),
        ]
        # The first byte comes after 12.5 ms, and is not waited for where nothing answers.
        assert [each.latencies[:4] for each in _of(found, "s0", "east")] == [(0, 0, 7, 0), (0, 0, 1, 0)]
        assert [each.answered for each in _of(found, "mail", None)] == [7, 2]
        # As of the Monday, nothing is known of the day after.
        assert [each.looks for each in _of(_weeks(store, last, MONDAY, 1), "s0", "east")] == [1]


def test_light_looks_are_added_up_by_place_and_week(url: str) -> None:
    with Store.open(url) as store:
        last = _audit(store, MONDAY + HOUR)
        east = FLEET[0].id
        store.add_availability(
            [
                _light(east, MONDAY - 8 * DAY, 9, 9, 9),  # a week too old
                _light(east, MONDAY - HOUR, 60, 60, 59),
                _light(east, MONDAY, 60, 50, 40),
                _light(east, MONDAY + HOUR, 60, 60, 60),
                _light(FLEET[2].id, MONDAY, 1440, 1440, 1440, span=DAY),
                _light(MX.id, MONDAY, 60, 58, None),
                _light("gone.example.org:443", MONDAY, 60, 60, 60),
                _light(east, MONDAY + DAY, 60, 60, 60),  # not yet
            ]
        )
        found = [each for each in _weeks(store, last, MONDAY, 2) if each.light]
    assert [(each.begins, each.looks, each.answered, each.span) for each in _of(found, "s0", "east")] == [
        ((MONDAY - DAY * 7).date(), 60, 59, HOUR),
        (MONDAY.date(), 120, 100, 2 * HOUR),
    ]
    (other,), (mail,) = _of(found, "s1", "east"), _of(found, "mail", None)
    assert (other.looks, other.answered, other.span, other.intervals) == (1440, 1440, DAY, 1440)
    assert (mail.looks, mail.answered, mail.latencies[3]) == (60, 58, 58)
    assert {each.service for each in found} == {"s0", "s1", "mail"}


def test_of_old_weeks_the_number_of_looks_is_kept(url: str) -> None:
    with Store.open(url) as store:
        for day in range(30):
            last = _audit(store, MONDAY + day * DAY + HOUR, silent="h0" if day < 2 else "-")
        found = _of(_weeks(store, last, MONDAY + 29 * DAY, 5), "s0", "east")
    assert [(each.looks, each.answered, each.span is None) for each in found] == [
        (7, 5, True), (7, 7, True), (7, 7, False), (7, 7, False), (2, 2, False),
    ]  # fmt: skip
    assert found[0].latencies == NONE
