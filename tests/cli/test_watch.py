"""`tlsaudit watch` on real servers: audits when they are due, looks in between, and what if something goes away."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.app.notify.receivers import webhook
from tests.cli.command import PROGRAM, at, tlsaudit
from tests.cli.watcher import watching
from tests.faults import never_answers, serve_fault
from tests.servers import CertificateAuthority, Server, Shape, daemon, nginx
from tests.servers.programs import require
from tests.servers.starttls import postgres
from tests.servers.starttls.postgres import command as postgres_command
from tlsaudit.store import Audit, Store, StoreError

HOST = "www.example.org"
ENDPOINT = f"{HOST}:443"
NEVER = "0 0 29 2 *"
EACH_SECOND = "* * * * * *"

TARGETS = f"""\
version: 1
services: {{www: [{HOST}]}}
objectives:
  versions: {{checks: [tls-versions], milestones: {{2030-06-30: 100%}}}}
  late: {{checks: [hsts-max-age], milestones: {{2020-06-30: 100%}}}}
waivers:
  - {{check: redirect-https, on: [www], reason: a test, owner: me@example.org, expires: 2030-01-01}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "targets.yaml").write_text(TARGETS, "utf-8")
    return tmp_path


@pytest.fixture
def options(shared_server: Callable[[str, Shape], Server], ca_file: Path) -> tuple[object, ...]:
    """The road to a good server, and some checks: audits that are over at once."""
    chosen = ("tls-versions", "hsts-max-age", "redirect-https")
    return (
        *_road(shared_server("nginx", Shape.MODERN), ca_file),
        *(part for name in chosen for part in ("--select", name)),
    )


def _road(server: Server, ca_file: Path) -> tuple[object, ...]:
    return (*at(server, HOST), "--ca-file", ca_file)


@pytest.fixture
def silent() -> Iterator[tuple[object, ...]]:
    """The road to a server that takes connections and says nothing."""
    with serve_fault(never_answers) as server:
        yield (
            "--connect-to",
            f"{HOST}:443:127.0.0.1:{server.port}",
            "--connect-to",
            f"{HOST}:80:127.0.0.1:{server.port}",
        )


def _audits(folder: Path) -> list[Audit]:
    """Those in the history, newest first."""
    try:
        with Store.open(f"sqlite:///{folder}/history.db", create=False) as store:
            return store.audits()
    except StoreError:
        return []


def _looks(database: str) -> tuple[int, int]:
    """In the history: all looks, and those that were answered by a page."""
    with Store.open(database, create=False) as store:
        items = list(store.availability(datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)))
    assert {item.endpoint for item in items} <= {ENDPOINT}
    assert sum(sum(item.latencies) for item in items) == sum(item.http for item in items)
    return sum(item.looks for item in items), sum(item.http for item in items)


def test_an_audit_now_and_looks_each_second(folder: Path, options: tuple[object, ...]) -> None:
    promtool = require("promtool", "prometheus")
    with watching(folder, "--now", "--every", "1s", "--schedule", NEVER, *options) as watcher:
        watcher.until_metric('tlsaudit_audits_total{result="finished"}', lambda count: count == 1)
        watcher.until_metric('tlsaudit_looks_total{result="up"}', lambda count: count >= 2)
        seen = watcher.metrics()
        text = watcher.get("/metrics")[1]
        status, health = watcher.health()
        assert watcher.get("/")[0] == 404
        assert watcher.stop() == 0
        assert watcher.said.endswith(" stopped\n")
    assert seen["tlsaudit_endpoints"] == seen["tlsaudit_endpoints_reachable"] == 1
    assert seen[f'tlsaudit_endpoint_up{{endpoint="{ENDPOINT}"}}'] == 1
    assert 0 < seen[f'tlsaudit_endpoint_latency_seconds{{endpoint="{ENDPOINT}"}}'] < 30
    assert seen['tlsaudit_findings{check="tls-versions",outcome="pass",severity="high"}'] == 1
    assert seen['tlsaudit_findings{check="tls-versions",outcome="fail",severity="high"}'] == 0
    assert seen['tlsaudit_findings{check="hsts-max-age",outcome="fail",severity="high"}'] == 1
    assert seen['tlsaudit_findings{check="redirect-https",outcome="waived",severity="medium"}'] == 1
    assert seen['tlsaudit_objective_status{objective="late",status="overdue"}'] == 1
    assert seen['tlsaudit_objective_status{objective="versions",status="met"}'] == 1
    assert seen['tlsaudit_objective_status{objective="versions",status="overdue"}'] == 0
    assert seen['tlsaudit_objective_share_ratio{objective="late"}'] == 0
    assert seen['tlsaudit_objective_due_timestamp_seconds{objective="late"}'] == 1593561600
    assert seen["tlsaudit_last_success_timestamp_seconds"] > seen["tlsaudit_watch_started_timestamp_seconds"]
    assert seen["tlsaudit_history_up"] == 1
    assert (status, health["status"], health["audit"]["running"]) == (200, "ok", False)
    linted = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stderr) == (0, "")
    (audit,) = _audits(folder)
    assert audit.finished_at
    assert json.loads((folder / "reports" / "audit.json").read_text("utf-8"))["summary"]["reachable"] == 1
    assert (folder / "reports" / "report.html").exists()
    looks, answered = _looks(f"sqlite:///{folder}/history.db")
    assert looks >= answered >= 2


def test_audits_on_a_schedule_and_the_last_one_is_known_at_the_next_start(
    folder: Path, options: tuple[object, ...]
) -> None:
    with watching(folder, "--every", "0", "--schedule", EACH_SECOND, *options) as watcher:
        watcher.until_metric('tlsaudit_audits_total{result="finished"}', lambda count: count >= 2)
        assert watcher.stop() == 0
    finished = [audit for audit in _audits(folder) if audit.finished_at]
    assert len(finished) >= 2
    with watching(folder, "--every", "0", "--schedule", NEVER, *options) as watcher:
        seen = watcher.metrics()
        assert seen["tlsaudit_last_success_timestamp_seconds"] > 0
        assert seen['tlsaudit_audits_total{result="finished"}'] == 0
        assert seen["tlsaudit_endpoints"] == 1
        assert "tlsaudit_endpoints_watched" in seen
        assert not any(name.startswith("tlsaudit_endpoint_up") for name in seen)


def test_an_audit_that_is_due_while_one_runs_is_skipped_and_sigterm_leaves_the_running_one_unfinished(
    folder: Path, silent: tuple[object, ...]
) -> None:
    slow = ("--timeout", "1000", "--every", "0")
    with watching(folder, "--now", "--schedule", EACH_SECOND, *slow, *silent) as watcher:
        watcher.until_metric('tlsaudit_audits_total{result="skipped"}', lambda count: count >= 2)
        watcher.until(lambda: _audits(folder))
        assert watcher.metrics()["tlsaudit_audit_running"] == 1
        assert watcher.stop() == 0
    (audit,) = _audits(folder)
    assert audit.finished_at is None
    assert "not finished" in tlsaudit("history", "list", cwd=folder).out


def test_ctrl_c_exits_130(folder: Path, silent: tuple[object, ...]) -> None:
    with watching(folder, "--now", "--timeout", "1000", "--schedule", NEVER, *silent) as watcher:
        watcher.until(lambda: _audits(folder))
        assert watcher.stop(signal.SIGINT) == 130
        assert "Traceback" not in watcher.said


def test_a_look_that_is_due_while_one_is_under_way_is_skipped(folder: Path, silent: tuple[object, ...]) -> None:
    with watching(folder, "--every", "1s", "--timeout", "1000", "--schedule", NEVER, *silent) as watcher:
        watcher.until_metric('tlsaudit_looks_total{result="skipped"}', lambda count: count >= 2)
        assert watcher.stop() == 0


def test_an_endpoint_that_goes_down(folder: Path, ca: CertificateAuthority, ca_file: Path) -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(nginx(ca=ca))
        road = _road(server, ca_file)
        with watching(folder, "--every", "1s", "--schedule", NEVER, *road) as watcher:
            up = f'tlsaudit_endpoint_up{{endpoint="{ENDPOINT}"}}'
            watcher.until_metric(up, lambda value: value == 1)
            stack.close()
            watcher.until_metric(up, lambda value: value == 0)
            seen = watcher.metrics()
            assert seen["tlsaudit_endpoints_down"] == seen["tlsaudit_endpoints_watched"] == 1
            assert f'tlsaudit_endpoint_latency_seconds{{endpoint="{ENDPOINT}"}}' not in seen
            assert watcher.health()[1]["endpoints"] == {"watched": 1, "down": 1}


def test_a_history_that_goes_away_for_a_while(folder: Path, options: tuple[object, ...]) -> None:
    history, away = folder / "history.db", folder / "away.db"
    with watching(folder, "--every", "1s", "--schedule", EACH_SECOND, *options) as watcher:
        watcher.until_metric('tlsaudit_audits_total{result="finished"}', lambda count: count >= 1)
        history.rename(away)
        watcher.until_metric("tlsaudit_history_up", lambda value: value == 0)
        before = watcher.metrics()['tlsaudit_looks_total{result="up"}']
        watcher.until_metric('tlsaudit_looks_total{result="up"}', lambda count: count >= before + 2)
        watcher.until_metric("tlsaudit_history_waiting_rows", lambda count: count >= 1)
        watcher.until_metric('tlsaudit_audits_total{result="failed"}', lambda count: count >= 1)
        status, health = watcher.health()
        assert (status, health["status"], health["history"]["status"]) == (503, "degraded", "lost")
        assert "no such file" in health["history"]["why"]
        assert not history.exists(), "no other history is begun"
        finished = watcher.metrics()['tlsaudit_audits_total{result="finished"}']
        away.rename(history)
        watcher.until_metric("tlsaudit_history_up", lambda value: value == 1)
        watcher.until_metric("tlsaudit_history_waiting_rows", lambda count: count == 0)
        watcher.until_metric('tlsaudit_audits_total{result="finished"}', lambda count: count > finished)
        assert watcher.said.count("what is measured is kept until it is back") == 1
        assert watcher.said.count("the history is back") == 1
        assert watcher.stop() == 0
        seen = watcher.said
    assert "Traceback" not in seen
    assert _looks(f"sqlite:///{history}")[1] >= before + 2


def test_a_history_that_another_program_locks(folder: Path, options: tuple[object, ...]) -> None:
    database = f"sqlite:///{folder}/history.db?timeout=1"
    with watching(folder, "--db", database, "--every", "1s", "--schedule", NEVER, *options) as watcher:
        watcher.until(lambda: (folder / "history.db").exists() and watcher.metrics())
        with contextlib.closing(sqlite3.connect(folder / "history.db", timeout=30, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            watcher.until_metric("tlsaudit_history_up", lambda value: value == 0)
            assert "another program keeps it locked" in watcher.health()[1]["history"]["why"]
        watcher.until_metric("tlsaudit_history_up", lambda value: value == 1)
        assert watcher.stop() == 0


def test_a_postgresql_that_is_stopped_and_started(
    folder: Path, options: tuple[object, ...], ca: CertificateAuthority
) -> None:
    with postgres(ca, tls=False) as server, contextlib.ExitStack() as again:
        place = f"{server.address}:{server.port}/postgres"
        database = f"postgresql+psycopg://postgres@{place}?connect_timeout=5&client_encoding=utf8"
        with watching(folder, "--db", database, "--every", "1s", "--schedule", EACH_SECOND, *options) as watcher:
            watcher.until_metric('tlsaudit_audits_total{result="finished"}', lambda count: count >= 1)
            second = tlsaudit("watch", "--db", database, "--schedule", NEVER, cwd=folder)
            assert (second.code, second.err.count("\n")) == (2, 1)
            assert "another tlsaudit watch records there already" in second.err
            postmaster = int((server.folder / "cluster" / "postmaster.pid").read_text("utf-8").split()[0])
            os.kill(postmaster, signal.SIGINT)
            watcher.until_metric("tlsaudit_history_up", lambda value: value == 0)
            watcher.until_metric("tlsaudit_history_waiting_rows", lambda count: count >= 1)
            watcher.until(lambda: not (server.folder / "cluster" / "postmaster.pid").exists())
            log = server.folder / "again.log"
            ready = "database system is ready"
            again.enter_context(
                daemon(postgres_command(ca, False, server), lambda: ready in log.read_text("utf-8", "replace"), log)
            )
            finished = watcher.metrics()['tlsaudit_audits_total{result="finished"}']
            watcher.until_metric("tlsaudit_history_up", lambda value: value == 1)
            watcher.until_metric('tlsaudit_audits_total{result="finished"}', lambda count: count > finished)
            watcher.until_metric("tlsaudit_history_waiting_rows", lambda count: count == 0)
            assert watcher.stop() == 0
        assert _looks(database)[0] >= 2


def test_two_watchers_of_one_history(folder: Path, options: tuple[object, ...]) -> None:
    with watching(folder, "--every", "0", "--schedule", NEVER, *options) as watcher:
        watcher.metrics()
        second = tlsaudit("watch", "--schedule", NEVER, cwd=folder)
        assert (second.code, second.err.count("\n")) == (2, 1)
        assert "another tlsaudit watch records there already" in second.err
        assert watcher.stop() == 0
    with watching(folder, "--every", "0", "--schedule", NEVER, *options) as watcher:
        assert watcher.metrics()


def test_a_targets_file_that_is_broken_for_a_while(folder: Path, options: tuple[object, ...]) -> None:
    file = folder / "targets.yaml"
    with watching(folder, "--every", "1s", "--schedule", EACH_SECOND, *options) as watcher:
        watcher.until_metric('tlsaudit_audits_total{result="finished"}', lambda count: count >= 1)
        _replace(file, "version: 2\n")
        watcher.until_metric('tlsaudit_audits_total{result="failed"}', lambda count: count >= 1)
        watcher.until(lambda: watcher.health()[0] == 503)
        assert "version 2 is not known" in watcher.health()[1]["audit"]["last_failure"]
        assert watcher.metrics()["tlsaudit_history_up"] == 1
        _replace(file, TARGETS.replace("services: {www:", "services: {web:").replace("on: [www]", "on: [web]"))
        watcher.until(lambda: watcher.health()[0] == 200)
        assert watcher.stop() == 0


def _replace(file: Path, text: str) -> None:
    """At once: an audit may begin at any moment, and would read a file that is half-written."""
    new = file.with_name("new.yaml")
    new.write_text(text, "utf-8")
    new.replace(file)


def test_what_is_new_is_told_after_each_audit(folder: Path, options: tuple[object, ...]) -> None:
    (folder / "targets.yaml").write_text(f"{TARGETS}notify: {{mail: $HOOK}}\n", "utf-8")
    scheduled = ("--every", "0", "--schedule", EACH_SECOND, "--notify")
    with webhook() as hook, watching(folder, *scheduled, *options, HOOK=hook.url) as watcher:
        watcher.until_said("told $HOOK: tlsaudit: 1 goal overdue")
        watcher.until_said("audited 1 endpoint", times=3)
        assert watcher.stop() == 0
        assert [message["title"] for message in hook.messages] == ["tlsaudit: 1 goal overdue"]
        assert "s3cret" not in watcher.said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--notify",), "targets.yaml: nobody to tell: add notify: {mail: $MAIL_URL}"),
        (("--schedule", "15 2 * *"), "--schedule '15 2 * *': wrong number of fields: write it as in crontab"),
        (("--schedule", "61 2 * * *"), "bad minute"),
        (("--schedule", "0 0 31 2 *"), "--schedule '0 0 31 2 *': bad day-of-month"),
        (("--schedule", ""), "wrong number of fields"),
        (("--every", "often"), "often is no time: write 60s, 5m or 1h, or 0 for never"),
        (("--every", "-1"), "is no time"),
        (("--listen", "9469"), "9469: write an address and a port, such as 127.0.0.1:9469"),
        (("--listen", "127.0.0.1:99999"), "write an address and a port"),
        (("--listen", "192.0.2.1:0"), "--listen 192.0.2.1:0: cannot assign requested address"),
        (("--listen", "host.invalid:0"), "--listen host.invalid:0: "),
        (("-c", "missing.yaml"), "missing.yaml"),
        (("--db", "missing/history.db"), "there is no folder"),
        (("--db", "sqlite://"), "--db: write a file, sqlite:///history.db or postgresql://host/name"),
        (("--select", "no-such-check"), "no-such-check"),
        (("--contact", "\N{SNOWMAN}"), "--contact: only printable ASCII"),
        (("--vantage", "two words"), "two words is no name: use letters, digits, dots and dashes"),
    ],
)
def test_a_mistake_is_one_line_at_the_start(folder: Path, arguments: tuple[str, ...], complaint: str) -> None:
    done = tlsaudit("watch", *arguments, cwd=folder)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done.err
    assert complaint in done.err


def test_without_the_extra_it_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['cronsim'] = None\n", "utf-8")
    done = tlsaudit("watch", cwd=folder, PYTHONPATH=str(tmp_path))
    assert (done.code, done.err) == (2, "tlsaudit: tlsaudit watch: pip install 'tlsaudit[watch]'\n")


def test_quiet_says_nothing(folder: Path, options: tuple[object, ...]) -> None:
    command: list[str | Path] = [
        PROGRAM,
        "watch",
        "-q",
        "--now",
        "--every",
        "0",
        "--schedule",
        NEVER,
        *map(str, options),
    ]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            while not any(audit.finished_at for audit in _audits(folder)):
                assert process.poll() is None
        finally:
            process.terminate()
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, b"", b"")
