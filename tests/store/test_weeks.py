"""What becomes of old looks: what is configured and judged stays, and of the figures a summary by week."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.fleet import CHECKS, START, begin, endpoints, evidence, finding, record, unreachable
from tlsaudit.evidence import (
    AddressObservation,
    EndpointObservation,
    HttpsExchange,
    NotObserved,
    Sessions,
    TicketPolicy,
    TlsOffer,
    TlsVersion,
)
from tlsaudit.store import Store
from tlsaudit.store.past import MOST
from tlsaudit.store.weeks import KEPT

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
(WWW,) = endpoints(1)
ADDRESS = "192.0.2.1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{file}") as opened:
        yield opened


def _audit(store: Store, day: int, connect_ms: float | None = 1.0) -> int:
    """Not reached where there is no time to connect."""
    at = START + day * DAY
    audit = begin(store, at)
    keys = Sessions(at, (f"{day:02}",), (TicketPolicy(TlsVersion.TLS1_2, 300, 0),), (), None, None)
    shown = {type(item): item for item in (*evidence(WWW.host, at), keys) if not isinstance(item, NotObserved)}
    seen = EndpointObservation(WWW.id, at, (AddressObservation(ADDRESS, connect_ms, shown, 33),))
    timed = replace(finding(WWW, "a"), facts={"time_ms": day}, samples=frozenset({"time_ms"}))
    store.add_observation(audit, WWW, unreachable(WWW, at) if connect_ms is None else seen, [timed])
    store.finish(audit, at + HOUR)
    return audit


def _rows(file: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(statement).fetchall()


def test_the_looks_of_months_are_those_of_its_last_weeks(store: Store, file: Path) -> None:
    days = 120
    for day in range(days):
        _audit(store, day)
    (((looks,),), ((weeks, summed),)) = (
        _rows(file, "SELECT count(*) FROM looks"),
        _rows(file, "SELECT count(*), sum(looks) FROM weeks"),
    )
    assert isinstance(looks, int)
    assert KEPT.days <= looks < KEPT.days + 7
    assert (weeks, summed) == ((days - looks + 6) // 7, days - looks)
    assert _rows(file, "SELECT count(*) FROM spans") == [(1,)]


def test_a_week_is_summed_up(store: Store, file: Path) -> None:
    # START is a Thursday: the first week has four days, and is the only one that is old enough.
    times: list[float | None] = [8.0, None, 2.0, 4.0, *([1.0] * 16)]
    for day, connect_ms in enumerate(times):
        _audit(store, day, connect_ms)
    figures = _rows(
        file,
        "SELECT monday, looks, reachable, connect_us_least, connect_us_median, connect_us_most, first_byte_us_median"
        " FROM weeks",
    )
    assert figures == [("2026-09-28", 4, 3, 2000, 4000, 8000, 12500)]


def test_what_was_rolled_up_is_told_without_its_figures(store: Store) -> None:
    for day in range(40):
        _audit(store, day)
    (seen,) = store.endpoints(1)
    assert (seen.observed_at, seen.connect_ms, seen.first_byte_ms, seen.connections) == (START, None, None, None)
    (told,) = store.findings(1)
    assert told == replace(finding(WWW, "a"), facts={})
    (shown,) = store.evidence(1, [TlsOffer, HttpsExchange, Sessions])
    offer, web, sessions = shown.evidence
    assert isinstance(offer, TlsOffer)
    assert isinstance(web, HttpsExchange)
    assert isinstance(sessions, Sessions)
    assert (offer.observed_at, offer.connections, web.first_byte_ms, sessions.ticket_keys) == (START, None, None, None)
    assert len(offer.versions) == 2
    (last,) = store.findings(40)
    assert last.facts == {"time_ms": 39}


@pytest.mark.parametrize("days_apart", [1, 7])
def test_what_a_check_is_told_of_the_past_is_still_there(store: Store, days_apart: int) -> None:
    for day in range(0, 30 * days_apart, days_apart):
        _audit(store, day)
    told = store.earlier(begin(store, START + 30 * days_apart * DAY))(WWW.id, ADDRESS, Sessions)
    keys = [item.ticket_keys for item in told if isinstance(item, Sessions)]
    assert keys == [(f"{day * days_apart:02}",) for day in range(29, 29 - MOST, -1)]


def test_a_killed_audit_of_long_ago_is_counted_and_leaves_nothing_else(store: Store, file: Path) -> None:
    audit = begin(store, START)
    at = START + HOUR
    store.add_observation(audit, WWW, EndpointObservation(WWW.id, at, (AddressObservation(ADDRESS, 3.0, {}),)))
    store.flush()
    for day in range(1, 40):
        _audit(store, day)
    assert list(store.endpoints(audit)) == []
    assert _rows(file, "SELECT sum(looks) FROM weeks WHERE monday = '2026-09-28'") == [(4,)]


def test_an_audit_whose_clock_went_back_loses_nothing(store: Store) -> None:
    for day in range(40):
        _audit(store, day)
    late = record(store, [WWW], START - 400 * DAY)
    record(store, [WWW], START + 41 * DAY)
    assert len(list(store.findings(late))) == len(CHECKS)
    assert store.audit("latest").started_at == START + 41 * DAY
