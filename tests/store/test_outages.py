"""Outages in the history: those that were written down, and those that audits saw."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.store.fleet import begin, endpoints, observation, unreachable
from tlsaudit.store import NONE_COUNTED, Availability, Outage, Store

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
START = datetime(2026, 11, 1, 2, tzinfo=UTC)
FLEET = endpoints(4)
ALWAYS = (START - DAY, START + 100 * DAY)
ONE = Outage("lab", "www.example.org:443", None, START, START, None, "timed out", 1)


def _audit(store: Store, at: datetime, silent: set[str]) -> None:
    number = begin(store, at)
    for endpoint in FLEET:
        seen = unreachable(endpoint, at) if endpoint.id in silent else observation(endpoint, at)
        store.add_observation(number, endpoint, seen)
    reached = len({endpoint.id for endpoint in FLEET} - silent)
    store.finish(number, at + HOUR, summary={"endpoints": len(FLEET), "reachable": reached})


def test_what_lasts_is_brought_up_to_date(url: str) -> None:
    ended = replace(ONE, seen=START + HOUR, ended=START + 2 * HOUR, looks=60)
    with Store.open(url) as store:
        store.add_availability([], [ONE, replace(ONE, vantage="other")])
        assert store.open_outages("lab") == [ONE]
        store.add_availability([], [ended])
        assert store.open_outages("lab") == []
        assert store.outages(*ALWAYS) == [ended, replace(ONE, vantage="other")]
        assert store.outages(START + 3 * HOUR, START + DAY) == [replace(ONE, vantage="other")]
        assert store.outages(START - DAY, START) == []


def test_audits_tell_between_which_of_them_an_endpoint_was_silent(url: str) -> None:
    first, second, *_ = (endpoint.id for endpoint in FLEET)
    everybody = {endpoint.id for endpoint in FLEET}
    silent: list[set[str]] = [set(), {first}, {first}, everybody, {first}, {second}]
    with Store.open(url) as store:
        for day, who in enumerate(silent):
            _audit(store, START + day * DAY, who)
        vantage = store.audits()[0].vantage
        found = {each.endpoint: each for each in store.outages(*ALWAYS)}
        assert {name: (each.after, each.began, each.seen, each.ended, each.looks) for name, each in found.items()} == {
            first: (START, START + DAY, START + 4 * DAY, START + 5 * DAY, 3),
            second: (START + 4 * DAY, START + 5 * DAY, START + 5 * DAY, None, 1),
            "": (START + 2 * DAY, START + 3 * DAY, START + 3 * DAY, START + 4 * DAY, 1),
        }
        # Of some days, those that lasted then are told whole.
        for days, told in {
            (0, 1): [],
            (1, 2): [first],
            (3, 4): [first, ""],
            (4.5, 5): [first],
            (5.5, 9): [second],
        }.items():
            lasted = store.outages(*(START + day * DAY for day in days))
            assert lasted == [found[name] for name in told], days
        assert store.places(store.audits()[0].id, {first, "unknown.example.org:443"}) == {first: ("s0", "east")}
        # Light looks tell it better.
        store.add_availability([Availability(first, START, HOUR, 60, 60, 60, 60, 1.0, NONE_COUNTED, vantage=vantage)])
        assert first not in {each.endpoint for each in store.outages(*ALWAYS)}


def test_each_vantage_has_figures_of_its_own_and_days_add_up(url: str) -> None:
    here = Availability(
        "a:443", START, HOUR, 5, 3, 5, 2, 9.0, NONE_COUNTED, failures={"timed out": 2, "server error": 1}, vantage="x"
    )
    there = replace(here, vantage="y", blind=4)
    later = replace(here, begins_at=START + HOUR, failures={"timed out": 1})
    with Store.open(url) as store:
        store.add_availability([here, there, later])
        store.add_availability([there])
        store.merge_availability(START + 2 * DAY, "x")
        merged, other = store.availability(*ALWAYS)
        assert (merged.vantage, merged.looks, merged.failures) == ("x", 10, {"timed out": 3, "server error": 1})
        assert merged.span == DAY
        assert (other.vantage, other.span, other.looks, other.blind) == ("y", HOUR, 10, 8)
        assert other.failures == {"timed out": 4, "server error": 2}
        store.prune(START + 2 * DAY)
        assert list(store.availability(*ALWAYS)) == []
