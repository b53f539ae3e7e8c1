"""Old audits are forgotten, and whatever only they saw."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from tests.store.fleet import CHECKS, START, begin, endpoints, finding, observation, record
from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.evidence import TlsOffer
from tlsaudit.store import Pruned, Store, StoreError
from tlsaudit.store.prune import forget_audits

DAY = timedelta(days=1)
TABLES = (
    "audits", "looks", "spans", "states", "state_evidence", "evidence", "verdicts", "endpoints",
    "subjects",
)  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Thirty days of a fleet; on the first there was one host more, and one failure; on the second it was killed."""
    file = tmp_path / "history.db"
    with Store.open(f"sqlite:///{file}") as store:
        *fleet, gone = endpoints(5)
        _first(store, [*fleet, gone])
        begin(store, START + DAY)
        for day in range(2, 30):
            record(store, fleet, START + day * DAY)
    return file


def _first(store: Store, fleet: list[object]) -> None:
    audit = begin(store, START)
    for endpoint in endpoints(5):
        failed = finding(endpoint, "a", Outcome.FAIL, "TLS 1.0 is served")
        store.add_observation(audit, endpoint, observation(endpoint, START), [failed])
    fleet_wide = Subject(SubjectKind.FLEET, "fleet")
    store.add_findings(audit, [Finding("b", fleet_wide, None, None, Outcome.PASS, Severity.LOW, "alike")])
    goal = {"id": "hsts", "status": "at-risk", "share": 0.25, "value": None}
    store.finish(audit, START, objectives=[goal])


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{file}") as opened:
        yield opened


def _counts(file: Path) -> dict[str, int]:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


def test_what_only_old_audits_saw_is_forgotten(store: Store, file: Path) -> None:
    gone = store.prune(START + 10 * DAY)
    assert gone.audits == 10
    assert [audit.started_at for audit in store.audits()] == [START + day * DAY for day in range(29, 9, -1)]
    counts = _counts(file)
    # The hosts that are left, each in one state of twelve verdicts; the forgotten audits keep a row for their figures.
    assert counts["subjects"] == counts["endpoints"] == counts["states"] == counts["spans"] == 4
    assert counts["verdicts"] == len(CHECKS)
    assert counts["audits"] == 29
    assert {outcome.outcome for outcome in store.findings(30)} == {Outcome.PASS}


def test_what_is_left_is_told_as_before(store: Store) -> None:
    def told() -> list[object]:
        return [
            (list(store.endpoints(audit)), list(store.findings(audit)), list(store.evidence(audit, [TlsOffer])))
            for audit in (12, 20, 30)
        ]

    before = told()
    store.prune(START + 10 * DAY)
    store.compact()
    assert told() == before


def test_the_figures_of_goals_stay(store: Store) -> None:
    store.prune(START + 10 * DAY)
    assert store.series("hsts") == [(START, 0.25)]
    with pytest.raises(StoreError, match="there is no audit 1"):
        store.audit(1)


def test_the_last_finished_audit_always_stays(store: Store) -> None:
    begin(store, START + 30 * DAY)
    store.prune(START + 1000 * DAY)
    (audit,) = store.audits()
    assert audit.id == 30
    assert len(list(store.findings(30))) == 4 * len(CHECKS)
    assert store.prune(START + 1000 * DAY) == Pruned(0, 0)


def test_a_rehearsal_changes_nothing(store: Store, file: Path) -> None:
    before = _counts(file)
    would = store.prune(START + 10 * DAY, rehearsed=True)
    assert _counts(file) == before
    assert store.prune(START + 10 * DAY) == would


def test_a_history_with_nothing_old_stays_as_it_is(store: Store, file: Path) -> None:
    before = _counts(file)
    assert store.prune(START) == Pruned(0, 0)
    assert _counts(file) == before


def test_the_file_becomes_smaller(store: Store, file: Path) -> None:
    record(store, endpoints(300), START + 3 * DAY)
    store.compact()
    size = file.stat().st_size
    store.prune(START + 10 * DAY)
    assert store.compact() > size / 2
    assert file.stat().st_size < size / 2


def test_the_next_audit_goes_on_where_the_last_one_was(store: Store, file: Path) -> None:
    store.prune(START + 10 * DAY)
    record(store, endpoints(4), START + 30 * DAY)
    assert _counts(file)["spans"] == 4
    assert store.diff(store.audit(30), store.audit(31)).regressed == ()


def test_what_is_recorded_meanwhile_points_to_nothing_that_is_forgotten(postgresql_url: str) -> None:
    """SQLite lets one writer begin; in PostgreSQL whoever records waits, and finds that the content is gone."""
    said = Finding("b", Subject(SubjectKind.SERVICE, "wiki"), None, None, Outcome.PASS, Severity.LOW, "then")
    again = replace(said, subject=Subject(SubjectKind.SERVICE, "mail"))
    engine = create_engine(postgresql_url)
    with Store.open(postgresql_url) as store:
        for day, findings in ((0, [said]), (20, [])):
            audit = begin(store, START + day * DAY)
            store.add_findings(audit, findings)
            store.finish(audit, START + day * DAY)
        audit = begin(store, START + 21 * DAY)

    def record_again() -> list[Finding]:
        with Store.open(postgresql_url) as store:
            store.add_findings(audit, [again])
            return list(store.findings(audit))

    with ThreadPoolExecutor() as pool:
        with engine.begin() as pruning:
            forget_audits(pruning, START + 10 * DAY)
            recorded = pool.submit(record_again)
            deadline = time.monotonic() + 30
            while not _somebody_waits(engine):
                assert time.monotonic() < deadline
        assert recorded.result(timeout=30) == [again]
    engine.dispose()


def _somebody_waits(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
