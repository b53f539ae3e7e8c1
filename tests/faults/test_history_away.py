"""A history that goes away amid an audit, and comes back: nobody is judged by that, and nothing is lost."""

import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults.fleet import Fleet, Project, said
from tests.servers import CertificateAuthority, daemon
from tests.servers.stacks import Listener
from tests.servers.starttls import postgres
from tests.servers.starttls.postgres import command as postgres_command
from tests.store.fleet import endpoints, observation
from tlsaudit.store import Store, StoreError, database

_TIMEOUT_S = 4
_AWAY_S = 30


@pytest.fixture
def server(ca: CertificateAuthority) -> Iterator[Listener]:
    with postgres(ca, tls=False) as listener:
        yield listener


def _url(server: Listener) -> str:
    return f"postgresql://postgres@{server.address}:{server.port}/postgres"


def _stop(server: Listener) -> None:
    file = server.folder / "cluster" / "postmaster.pid"
    os.kill(int(file.read_text("utf-8").split()[0]), signal.SIGINT)
    deadline = time.monotonic() + 60
    while file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# One of the checks has a past, which is looked up amid an audit.
_OPTIONS = ("-q", "--select=ticket-key-rotation")


def _told(project: Project) -> dict[str, Any]:
    """Without what the check of a past says: it names how long ago that is."""
    document = said(project.document())
    timed = {"message": None, "facts": None}
    document["findings"] = [
        {**each, **timed} if each["check"] == "ticket-key-rotation" else each for each in document["findings"]
    ]
    return document


@pytest.fixture
def undisturbed(project: Project, server: Listener) -> dict[str, Any]:
    """What the first audit tells."""
    assert project.audit(*_OPTIONS, "--db", _url(server)).code == 0
    return _told(project)


def test_a_database_that_is_away_for_half_a_minute(
    project: Project,
    server: Listener,
    undisturbed: dict[str, Any],
    ca: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = _url(server)
    with project.begin(*_OPTIONS, "--concurrency", "1", "--db", url, where=url) as process:
        process.send_signal(signal.SIGSTOP)
        _stop(server)
        gone = time.monotonic()
        process.send_signal(signal.SIGCONT)
        assert process.stderr
        assert process.stderr.readline().endswith(": waiting for it, for a minute\n")
        while time.monotonic() < gone + _AWAY_S:
            assert process.poll() is None
            time.sleep(0.1)
        ready, log = "database system is ready", server.folder / "again.log"
        command = postgres_command(ca, False, server)
        with daemon(command, lambda: ready in log.read_text("utf-8", "replace"), log):
            _, left = process.communicate(timeout=120)
            assert process.returncode == 0, left
            assert {line.rpartition(": ")[2] for line in left.splitlines()} <= {
                "it is back",
                "waiting for it, for a minute",
            }
            assert left.endswith(": it is back\n")
            assert _told(project) == undisturbed
            monkeypatch.setattr(database, "_AWAY_S", 0.2)
            _check_that_it_ends_where_that_takes_too_long(server)


def _check_that_it_ends_where_that_takes_too_long(server: Listener) -> None:
    host = endpoints(1)[0]
    with Store.open(_url(server)) as store, store.running(2):
        store.add_observation(2, host, observation(host, datetime.now(UTC)))
        _stop(server)
        with pytest.raises(StoreError, match=r"\Ahistory [^\n]* refused[^\n]*\Z"):
            store.flush()


def test_one_that_another_program_locks(project: Project, fleet: Fleet, tmp_path: Path) -> None:
    options = ("-q", "--concurrency", "2", "--timeout", str(_TIMEOUT_S))
    with project.begin(*options) as process:
        history = sqlite3.connect(tmp_path / "history.db", timeout=30, isolation_level=None)
        with contextlib.closing(history):
            history.execute("BEGIN IMMEDIATE")
            until = time.monotonic() + 1.5 * _TIMEOUT_S
            while time.monotonic() < until:
                assert process.poll() is None
                time.sleep(0.1)
        _, said_aloud = process.communicate(timeout=120)
    assert (process.returncode, said_aloud) == (0, "")
    unknown = {finding["message"] for finding in project.document()["findings"] if finding["outcome"] == "unknown"}
    assert [message for message in unknown if "connection refused" not in message] == []
