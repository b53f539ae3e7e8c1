"""A history that an older version wrote says the same after it was brought up to date."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, Table, column, create_engine, delete, insert, select, table, update

from tests.store.fleet import begin, finding, observation
from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.evidence import NotObserved, Reason, Sessions, TlsOffer, TlsVersion
from tlsaudit.evidence.tls import TicketPolicy
from tlsaudit.store import BUCKETS_MS, HOST, WEEK, Availability, Store, Window
from tlsaudit.store.codec import pack_ids, unpack_ids
from tlsaudit.target import Endpoint

START = datetime(2026, 3, 1, 2, 10, tzinfo=UTC)
DAY = timedelta(days=1)
WWW = "www.example.org:443"
ADDRESS = "192.0.2.1"

# As they were until schema 0004: the body of an endpoint, of evidence of two kinds, and of two findings.
_SEEN = {"addresses": [ADDRESS], "not_tried": [], "reachable": True, "reason": None, "unresolved": None}
_SESSIONS = {
    "tickets": [{"version": 771, "lifetime_s": 300, "early_data_bytes": 0}],
    "resumes": [], "psk_ke": None, "client_certificate": None, "versions": [771],
}  # fmt: skip
_SAID: dict[str, Any] = {"also": [], "facts": {"limit": 7}, "severity": "high", "waiver": None}


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _at(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def _insert(connection: sqlite3.Connection, table: str, *rows: Sequence[Any]) -> None:
    for row in rows:
        places = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} VALUES ({places})", row)


def _older(url: str, revision: str, *rows: tuple[str, dict[str, Any]]) -> None:
    """A history as it was, with some rows: each the name of a table, and its values."""
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "tlsaudit.store:migrations")
        command.upgrade(config, revision)
        for name, values in rows:
            connection.execute(insert(table(name, *map(column, values))).values(values))
    engine.dispose()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three days: on the third the endpoint fails and the audit is killed before it judges the service."""
    file = tmp_path / "history.db"
    _older(f"sqlite:///{file}", "0004")
    with closing(sqlite3.connect(file)) as db, db:
        _insert(db, "pinned", (1, b"p", _text({"policy": {}, "checks": [{"id": "a", "digest": "1"}], "sites": []})))
        endpoint = (1, b"e", WWW, "www.example.org", 443, "wiki", None, None, _text(_SEEN), None)
        _insert(db, "endpoints", endpoint)
        refused = _text({"reason": "connection refused", "detail": "443"})
        _insert(db, "evidence", (1, b"s", "Sessions", 1, _text(_SESSIONS)), (2, b"n", "TlsOffer", 0, refused))
        for number, outcome in ((1, "pass"), (2, "fail")):
            body = _text(_SAID | {"endpoint": WWW, "address": ADDRESS, "message": outcome})
            _insert(db, "findings", (number, b"f%d" % number, "a", "endpoint", WWW, outcome, body))
        body = _text(_SAID | {"endpoint": None, "address": None, "message": "alike"})
        _insert(db, "findings", (3, b"f3", "b", "service", "wiki", "pass", body))
        for day in range(3):
            at = START + day * DAY
            finished = _at(at) if day < 2 else None
            _insert(db, "audits", (day + 1, _at(at), finished, "lab", "0.1.0", "targets.yaml", "ab", 1, "{}", "[]"))
            look = at + timedelta(seconds=5)
            headline = _text(["TLS 1.3", f"ECDSA P-256, {61 - day} of 90 days left"])
            _insert(db, "audit_endpoints", (day + 1, 1, _at(look), "[null, 1.25]", 12.5, headline, 24))
            sample = {"observed_at": (look + timedelta(seconds=1)).isoformat(), "ticket_keys": [f"0{day}"]}
            _insert(db, "samples", (day + 1, 1, 0, 1, _text(sample)), (day + 1, 1, 0, 2, ""))
            for finding in (1, 3) if day < 2 else (2,):
                _insert(db, "audit_findings", (day + 1, finding))
    return file


def test_what_was_recorded_is_told_as_before(file: Path) -> None:
    policy = TicketPolicy(TlsVersion.TLS1_2, 300, 0)
    with Store.open(f"sqlite:///{file}") as store:
        assert [audit.finished_at is not None for audit in store.audits()] == [False, True, True]
        for audit, day in ((1, 0), (2, 1), (3, 2)):
            look = START + day * DAY + timedelta(seconds=5)
            (seen,) = store.endpoints(audit)
            assert (seen.id, seen.service, seen.observed_at, seen.addresses) == (WWW, "wiki", look, (ADDRESS,))
            assert (seen.connect_ms, seen.first_byte_ms, seen.connections) == (1.25, 12.5, 24)
            assert seen.headline == ("TLS 1.3", "ECDSA P-256")
            (shown,) = store.evidence(audit, [Sessions])
            sessions = Sessions(
                look + timedelta(seconds=1), (f"0{day}",), (policy,), (), None, None, (TlsVersion.TLS1_2,)
            )
            assert shown.evidence == (sessions,)
            missing = [item for row in store.evidence(audit, [TlsOffer]) for item in row.evidence]
            assert missing == [NotObserved(Reason.REFUSED, "443")]


def test_findings_are_told_as_before(file: Path) -> None:
    endpoint, service = Subject(SubjectKind.ENDPOINT, WWW), Subject(SubjectKind.SERVICE, "wiki")
    good = Finding("a", endpoint, WWW, ADDRESS, Outcome.PASS, Severity.HIGH, "pass", {"limit": 7})
    bad = Finding("a", endpoint, WWW, ADDRESS, Outcome.FAIL, Severity.HIGH, "fail", {"limit": 7})
    alike = Finding("b", service, None, None, Outcome.PASS, Severity.HIGH, "alike", {"limit": 7})
    with Store.open(f"sqlite:///{file}") as store:
        assert [list(store.findings(audit)) for audit in (1, 2, 3)] == [[good, alike], [good, alike], [bad]]


def test_how_endpoints_answered_is_told_as_before(file: Path) -> None:
    """Two audits are finished, one of them on a Sunday; the third was killed."""
    with Store.open(f"sqlite:///{file}") as store:
        weeks = list(store.reachability(3, Window.of(START.date(), (START + 2 * DAY).date(), WEEK)))
    told = [(each.service, each.endpoints, each.looks, each.answered, each.span) for each in weeks]
    assert told == [("wiki", 1, 1, 1, 0 * DAY), ("wiki", 1, 2, 2, DAY)]
    assert [(each.connects[0], each.latencies[2], sum(each.handshakes)) for each in weeks] == [(1, 1, 0), (2, 2, 0)]


def test_the_past_and_the_next_audit_go_on_from_there(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE audits SET finished_at = started_at")
    with Store.open(f"sqlite:///{file}") as store:
        pinned = store.pinned(1)
        audit = store.begin(START + 3 * DAY, vantage="lab", version="0.2.0", pinned=pinned, targets="targets.yaml")
        keys = [item.ticket_keys for item in store.earlier(audit)(WWW, ADDRESS, Sessions) if isinstance(item, Sessions)]
        assert keys == [("02",), ("01",), ("00",)]
        store.finish(audit, START + 3 * DAY)
        assert [change.check for change in store.diff(store.audit(1), store.audit(3)).regressed] == ["a"]
    with closing(sqlite3.connect(file)) as db:
        spans = db.execute("SELECT first, last FROM spans ORDER BY first, last").fetchall()
        ordinals = db.execute("SELECT id, ordinal FROM audits ORDER BY id").fetchall()
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    # The endpoint and the service for two days, then the endpoint alone, then nothing.
    assert spans == [(1, 2), (1, 2), (3, 3)]
    assert ordinals == [(1, 1), (2, 2), (3, 3), (4, 4)]


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004"])
def test_an_empty_history_of_any_version_is_brought_up_to_date(tmp_path: Path, revision: str) -> None:
    url = f"sqlite:///{tmp_path}/history.db"
    _older(url, revision)
    with Store.open(url) as store:
        assert store.audits() == []


def test_the_verdicts_of_a_state_are_told_as_before(url: str) -> None:
    """Some of an address, some of none; one with a sample fact, one excused."""
    at = START.replace(tzinfo=None)
    bodies = [_SAID | {"message": each, "samples": []} for each in ("slow", "old", "good")]
    bodies[0]["samples"], bodies[1]["waiver"] = ["ms"], "until the move"
    said = [("c", "fail"), ("b", "fail"), ("a", "pass")]
    _older(
        url,
        "0009",
        ("pinned", {"digest": b"p", "body": "{}"}),
        ("tracks", {"digest": b"t", "vantage": "lab", "newest": 1}),
        ("audits", {"started_at": at, "finished_at": at, "vantage": "lab", "version": "0.2.0", "pinned_id": 1,
                    "track_id": 1, "ordinal": 1}),
        ("subjects", {"id": 3, "digest": b"s", "kind": "service", "subject": "wiki"}),
        *(("verdicts", {"id": 10 + number, "digest": b"%d" % number, "check": check, "outcome": outcome,
                        "body": _text(bodies[number])}) for number, (check, outcome) in enumerate(said)),
        ("states", {"id": 2000, "digest": b"st", "subject_id": 3}),
        *(("state_verdicts", {"state_id": 2000, "slot": slot, "verdict_id": 10 + slot,
                              "address": (ADDRESS, None, ADDRESS)[slot]}) for slot in range(3)),
        ("spans", {"track_id": 1, "state_id": 2000, "first": 1, "last": 1}),
        ("looks", {"audit_id": 1, "state_id": 2000, "facts": "[[12]]"}),
    )  # fmt: skip
    with Store.open(url) as store:
        assert [
            (each.check, each.outcome.value, each.address, each.facts, each.waiver) for each in store.findings(1)
        ] == [
            ("a", "pass", ADDRESS, {"limit": 7}, None),
            ("b", "fail", None, {"limit": 7}, "until the move"),
            ("c", "fail", ADDRESS, {"limit": 7, "ms": 12}, None),
        ]
        excused = {(check, waived): times for (check, _, waived), times in store.tallies(1).items()}
        assert excused == {("a", False): 1, ("b", True): 1, ("c", False): 1}
        # What is found next is found to mean what was stored.
        (seen, _) = store.findings(1, ["a", "b"])
        store.finish(store.begin(START + DAY, vantage="lab", version="0.3.0", pinned=store.pinned(1)), START + DAY)
        audit = store.begin(START + 2 * DAY, vantage="lab", version="0.3.0", pinned=store.pinned(1))
        store.add_findings(audit, [replace(seen, check="z"), seen])
        assert {check: times for (check, _, _), times in store.tallies(audit).items()} == {"a": 1, "z": 1}


def test_what_was_said_with_the_host_in_it_is_what_is_said_without(url: str) -> None:
    """What an audit finds again is found by its digest."""
    hosts = [Endpoint("a.example.org"), Endpoint("b.example.org", site="west"), Endpoint("b.example.org", site="east")]
    with Store.open(url) as store:
        audit = begin(store, START)
        for host in hosts:
            store.add_observation(audit, host, observation(host, START), _said_of(host))
        store.finish(audit, START)
        told = list(store.findings(audit))
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        stored = _states(connection)
        assert [len({*bodies}) for bodies in stored.values()] == [3, 3, 3]
        assert len({body for bodies in stored.values() for body in bodies}) == 4
        _put_hosts_back(connection)
        assert _states(connection).keys().isdisjoint(stored)
    with Store.open(url) as store:
        assert list(store.findings(audit)) == told
    with engine.begin() as connection:
        assert _states(connection) == stored
        bodies = connection.scalars(select(_reflected(connection)["verdicts"].c.body))
        assert sorted(bodies) == sorted({body for bodies in stored.values() for body in bodies})
    engine.dispose()


def _said_of(endpoint: Endpoint) -> list[Finding]:
    said = finding(endpoint, "a", message=f"names {endpoint.host}")
    return [
        replace(said, check="b", message="names nobody", facts={}, address=None),
        replace(said, check="c", outcome=Outcome.FAIL, facts={}, message="old", waiver=f"{endpoint.host} moves"),
        replace(said, facts={endpoint.host: 'a "host"', "ms": 12}, samples=frozenset({"ms"})),
    ]


def _reflected(connection: Connection) -> Mapping[str, Table]:
    found = MetaData()
    found.reflect(connection)
    return found.tables


def _states(connection: Connection) -> dict[tuple[str, bytes, str | None], list[str]]:
    """The subject, digest and addresses of each state, with the bodies of its verdicts."""
    tables = _reflected(connection)
    states, subjects, verdicts = tables["states"], tables["subjects"], tables["verdicts"].c
    bodies = {row.id: row.body for row in connection.execute(select(verdicts.id, verdicts.body))}
    columns = subjects.c.subject, states.c.digest, states.c.addresses, states.c.verdicts
    rows = connection.execute(select(*columns).join(subjects, subjects.c.id == states.c.subject_id))
    return {(subject, digest, of): [bodies[number] for number in unpack_ids(ids)] for subject, digest, of, ids in rows}


def _put_hosts_back(connection: Connection) -> None:
    """As schema 0011 had it, with other digests."""
    tables = _reflected(connection)
    states, endpoints, verdicts = tables["states"], tables["endpoints"], tables["verdicts"]
    of_host = select(states.c.id, states.c.verdicts, endpoints.c.host)
    of_host = of_host.join(endpoints, endpoints.c.id == states.c.endpoint_id)
    for state, ids, host in connection.execute(of_host).all():
        numbers = []
        for number in unpack_ids(ids):
            row = dict(connection.execute(select(verdicts).where(verdicts.c.id == number)).mappings().one())
            if HOST in row["body"]:
                body = row["body"].removesuffix(f',"host":"{HOST}"}}').replace(HOST, host) + "}"
                row |= {"id": 1000 * state + number, "digest": b"%d" % (1000 * state + number), "body": body}
                connection.execute(insert(verdicts).values(row))
            numbers.append(row["id"])
        change = {"verdicts": pack_ids(numbers), "digest": b"before %d" % state}
        connection.execute(update(states).where(states.c.id == state).values(change))
    connection.execute(delete(verdicts).where(verdicts.c.body.contains(HOST, autoescape=True)))
    connection.execute(update(tables["tlsaudit_version"]).values(version_num="0011"))


@pytest.mark.parametrize("vantage", ["", "lab"])
def test_what_light_looks_saw_is_told_as_before(url: str, vantage: str) -> None:
    """It was seen from where the last audit was made; nobody knows from where if there was none."""
    latencies = tuple(range(len(BUCKETS_MS) + 1))
    hour, two = timedelta(hours=1), START.replace(minute=0)
    seen = [
        Availability("mx.example.org:25", START.replace(hour=0, minute=0), DAY, 1440, 1439, 0, 0, 0.5, latencies),
        Availability(WWW, two, hour, 60, 59, 58, 57, 1234.5, latencies),
        Availability(WWW, two + hour, hour, 60, 0, 0, 0, 0.0, (0,) * len(latencies)),
    ]
    at = START.replace(tzinfo=None)
    audits = [
        ("audits", {"id": 1, "started_at": at + DAY, "vantage": vantage, "version": "0.2.0", "pinned_id": 1}),
        ("audits", {"id": 2, "started_at": at, "vantage": "before", "version": "0.2.0", "pinned_id": 1}),
    ]
    ids = {WWW: 7, "mx.example.org:25": 9}
    _older(
        url,
        "0008",
        ("pinned", {"id": 1, "digest": b"p", "body": "{}"}),
        *(audits if vantage else ()),
        *(("watched", {"id": number, "endpoint": endpoint}) for endpoint, number in ids.items()),
        *(("availability", _hour(item, ids[item.endpoint])) for item in seen),
    )
    with Store.open(url) as store:
        told = [replace(item, vantage=vantage) for item in seen]
        assert list(store.availability(START - DAY, START + DAY)) == told
        # What is seen next is added to it, but what is seen from elsewhere is not.
        store.add_availability([told[1], replace(told[1], vantage="elsewhere")])
        again = {item.vantage: item.looks for item in store.availability(two, two + hour)}
        assert again == {vantage: 120, "elsewhere": 60}


def _hour(item: Availability, endpoint: int) -> dict[str, Any]:
    """A row of schema 0008."""
    names = [f"ms_{bound}" for bound in (*BUCKETS_MS, "more")]
    return {
        "endpoint_id": endpoint,
        "hour": int(item.begins_at.timestamp()) // 3600,
        "hours": item.span // timedelta(hours=1),
        **{name: getattr(item, name) for name in ("looks", "tls", "asked", "http", "latency_ms")},
        **dict(zip(names, item.latencies, strict=True)),
    }
