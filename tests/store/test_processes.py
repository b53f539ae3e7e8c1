"""An audit that is killed, and audits that run at once."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

from tests.store.fleet import CHECKS, endpoints, record
from tlsaudit.evidence import CanonicalLinks, NotObserved, TlsOffer
from tlsaudit.store import Store, StoreError

ROOT = Path(__file__).parents[2]


def _recorder(url: str, count: int, day: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.recorder", url, str(count), str(day)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_killed_audit_leaves_what_it_had_and_all_before_it(url: str) -> None:
    fleet = endpoints(10)
    with Store.open(url) as store:
        record(store, fleet)
    with _recorder(url, 5_000, 1) as process:
        assert process.stdout
        added = [process.stdout.readline().strip() for _ in range(333)]
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL

    with Store.open(url, create=False) as store:
        killed, complete = store.audits()
        assert store.audit("latest") == complete
        assert killed.finished_at is None
        assert len(list(store.endpoints(complete.id))) == len(fleet)
        kept = {seen.id for seen in store.endpoints(killed.id)}
        assert kept >= set(added[:300])
        assert Counter(said.endpoint for said in store.findings(killed.id)) == dict.fromkeys(kept, len(CHECKS))
        seen = {row.endpoint: row.evidence for row in store.evidence(killed.id, [TlsOffer, CanonicalLinks])}
        assert seen.keys() == kept
        assert not any(isinstance(item, NotObserved) for items in seen.values() for item in items)
        record(store, fleet)
    _check_integrity(url)


def test_audits_at_once_do_not_disturb_each_other(url: str) -> None:
    """Not even where none of them finds a history to begin with."""
    processes = [_recorder(url, 150, day) for day in range(3)]
    for process in processes:
        process.communicate(timeout=120)
    assert [process.returncode for process in processes] == [0, 0, 0]
    with Store.open(url) as store:
        assert [audit.finished_at is not None for audit in store.audits()] == [True] * 3
        for audit in store.audits():
            assert len(list(store.endpoints(audit.id))) == 150
            assert len(list(store.findings(audit.id))) == 150 * len(CHECKS)
        first, *_, last = store.audits()
        assert store.diff(first, last).regressed == ()
    _check_integrity(url)


def _check_integrity(url: str) -> None:
    """By the database itself, where it is a file of ours."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    engine.dispose()


def test_an_audit_is_held_by_one_at_a_time(postgresql: URL) -> None:
    """In PostgreSQL; for SQLite see tests/cli/test_resume.py, since a process has a file's locks but once."""
    url = postgresql.render_as_string(hide_password=False)
    with Store.open(url) as one, Store.open(url) as other:
        taken = pytest.raises(StoreError, match="audit 7 still runs")
        with one.running(7), other.running(8), taken, other.running(7):
            pass
        with other.running(7):
            pass
