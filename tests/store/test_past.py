"""What a check is told of the past: the same endpoint and address, newest first, a few audits far enough apart."""

import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from tests.store.fleet import START, begin, endpoints, offer, pinned, record
from tlsaudit.evidence import (
    AddressObservation,
    EndpointObservation,
    Evidence,
    EvidenceType,
    NotObserved,
    Reason,
    Sessions,
    TlsOffer,
)
from tlsaudit.store import Store
from tlsaudit.store.past import APART, MOST
from tlsaudit.target import Endpoint

WWW, MAIL = Endpoint("www.example.org"), Endpoint("mail.example.org")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _look(
    store: Store,
    ago: timedelta,
    *addresses: str,
    endpoint: Endpoint = WWW,
    seen: Evidence | NotObserved | None = None,
    finished: bool = True,
) -> None:
    """An audit so long before START that saw the endpoint at these addresses."""
    at = START - ago
    audit = begin(store, at)
    found: dict[EvidenceType, Evidence | NotObserved] = {TlsOffer: offer(at) if seen is None else seen}
    looks = tuple(AddressObservation(address, None, found) for address in addresses or ("192.0.2.1",))
    store.add_observation(audit, endpoint, EndpointObservation(endpoint.id, at, looks))
    if finished:
        store.finish(audit, at + timedelta(minutes=1))


def _ago(store: Store, address: str = "192.0.2.1", kind: type[TlsOffer | Sessions] = TlsOffer) -> list[timedelta]:
    """How long before START each of the looks was that an audit at START is told of."""
    told = store.earlier(begin(store, START))(WWW.id, address, kind)
    assert all(isinstance(item, kind) for item in told)
    return [START - item.observed_at for item in told]


def test_the_first_audit_has_no_past(store: Store) -> None:
    assert _ago(store) == []


def test_the_newest_comes_first(store: Store) -> None:
    for days in (3, 1, 2):
        _look(store, days * DAY)
    _look(store, -DAY)  # later than the audit that asks
    assert _ago(store) == [DAY, 2 * DAY, 3 * DAY]


def test_a_renamed_host_has_the_past_of_what_it_was(store: Store) -> None:
    was = [Endpoint("w3.example.org"), Endpoint("w3.example.org", site="east"), MAIL]
    for days, endpoint in enumerate((WWW, *was), 1):
        _look(store, days * DAY, endpoint=endpoint)
    _look(store, 5 * DAY, "192.0.2.9", endpoint=was[0])
    audit = begin(store, START, replace(pinned(), renamed={each.id: WWW.id for each in was[:2]} | {"other": MAIL.id}))
    told = store.earlier(audit)(WWW.id, "192.0.2.1", TlsOffer)
    assert [START - item.observed_at for item in told] == [DAY, 2 * DAY, 3 * DAY]


def test_daily_audits_reach_as_far_as_there_may_be(store: Store) -> None:
    for days in range(1, 2 * MOST):
        _look(store, days * DAY)
    assert _ago(store) == [days * DAY for days in range(1, MOST + 1)]


def test_hourly_audits_reach_a_week_back(store: Store) -> None:
    for hours in range(1, 200):
        _look(store, hours * HOUR)
    told = _ago(store)
    assert told[0] == HOUR
    assert {earlier - later for later, earlier in pairwise(told)} == {APART}
    assert told[-1] > timedelta(days=7)


def test_another_address_or_endpoint_has_a_past_of_its_own(store: Store) -> None:
    _look(store, 2 * DAY, "192.0.2.1", "192.0.2.2")
    _look(store, DAY, "192.0.2.2", "192.0.2.1", "192.0.2.3")
    _look(store, 3 * DAY, endpoint=MAIL)
    assert _ago(store) == [DAY, 2 * DAY]
    assert _ago(store, "192.0.2.3") == [DAY]
    assert _ago(store, "192.0.2.4") == []


def test_what_was_not_observed_is_no_past(store: Store) -> None:
    _look(store, 2 * DAY)
    _look(store, DAY, seen=NotObserved(Reason.TIMED_OUT))
    assert _ago(store) == [2 * DAY]
    assert _ago(store, kind=Sessions) == []


def test_audits_that_did_not_look_for_it_take_no_place(store: Store) -> None:
    for days in range(1, 3):
        _look(store, days * DAY)
    for number in range(1, 2 * MOST):
        store.finish(begin(store, START - number * APART), START)
    assert _ago(store) == [DAY, 2 * DAY]


def test_an_interrupted_audit_does_not_count(store: Store) -> None:
    _look(store, 2 * DAY)
    _look(store, DAY, finished=False)
    assert _ago(store) == [2 * DAY]


def test_what_another_version_recorded_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "history.db"
    with Store.open(f"sqlite:///{file}") as store:
        _look(store, 2 * DAY)
        _look(store, DAY, seen=TlsOffer(START, 1, ()))
    with closing(sqlite3.connect(file)) as connection, connection:
        changed = connection.execute("UPDATE evidence SET body = ? WHERE id = 2", (zlib.compress(b"{}"),))
        assert changed.rowcount == 1
    with Store.open(f"sqlite:///{file}") as store:
        assert _ago(store) == [2 * DAY]


def test_a_long_history_is_not_read(tmp_path: Path) -> None:
    """The rows that are looked at do not grow with the audits, nor with the other endpoints."""
    url = f"sqlite:///{tmp_path}/history.db"
    fleet = endpoints(40)
    with Store.open(url) as store:
        for day in range(30):
            record(store, fleet, START + day * DAY)
        earlier = store.earlier(begin(store, START + 30 * DAY))
        assert len(earlier(fleet[7].id, "192.0.2.1", TlsOffer)) == MOST
        with store._database.read() as connection:
            raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        asked: list[str] = []
        raw.set_trace_callback(asked.append)
        earlier(fleet[8].id, "192.0.2.1", TlsOffer)
        raw.set_trace_callback(None)
        questions = [statement for statement in asked if statement.startswith("SELECT")]
        plans = [row[3] for question in questions for row in raw.execute(f"EXPLAIN QUERY PLAN {question}")]
    assert plans
    assert not [plan for plan in plans if plan.startswith("SCAN")]
    assert "SEARCH looks USING INDEX sqlite_autoindex_looks_1 (audit_id=? AND state_id=?)" in plans
