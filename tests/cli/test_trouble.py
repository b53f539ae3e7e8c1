"""What an audit says where its history is in trouble, and that nothing recorded is lost."""

import contextlib
import os
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.command import PROGRAM, Done, tlsaudit
from tests.servers import free_port
from tests.servers.programs import missing, require
from tests.store.fleet import endpoints, record
from tlsaudit.store import Store, schema

TARGETS = """\
version: 1
sites: {{east: {{}}}}
services:
  www:
    hosts: [www.example.org]
    at: {{east: {{address: 127.0.0.1, ports: {{80: {port}, 443: {port}}}}}}}
"""
NOBODY_ANSWERED = 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A targets file whose host does not answer, and a history with an audit."""
    (tmp_path / "targets.yaml").write_text(TARGETS.format(port=free_port("127.0.0.1")), "utf-8")
    done = _audit(tmp_path)
    assert done.code == NOBODY_ANSWERED, done.err
    return tmp_path


def _audit(folder: Path, *options: object) -> Done:
    return tlsaudit("audit", "-q", "--select", "tls-versions", *options, cwd=folder)


def _audits(folder: Path) -> list[bool]:
    """Of each audit, whether it was finished; the oldest first."""
    with Store.open(f"sqlite:///{folder}/history.db", create=False) as store:
        return [audit.finished_at is not None for audit in reversed(store.audits())]


@pytest.mark.parametrize("name", ["what? a#b+c", "p%41th"])
def test_a_history_is_in_the_file_that_is_named_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "targets.yaml").write_text(TARGETS.format(port=free_port("127.0.0.1")), "utf-8")
    assert _audit(folder).code == NOBODY_ANSWERED
    assert _audit(folder, "--db", f"{name}.db").code == NOBODY_ANSWERED
    (folder / "targets.yaml").write_text(
        (folder / "targets.yaml").read_text("utf-8") + "history: sqlite:///named.db\n", "utf-8"
    )
    assert _audit(folder).code == NOBODY_ANSWERED
    assert {file.name for file in folder.glob("*.db")} == {"history.db", f"{name}.db", "named.db"}
    assert [each.name for each in tmp_path.iterdir()] == [name]
    done = tlsaudit("history", "rejudge", cwd=folder, TMPDIR=str(folder))
    assert done.code == 0, done.err


@pytest.mark.parametrize("arguments", [("goals",), ("audit", "-q"), ("audit", "--db", "../history.db"), ("report",)])
def test_a_path_that_is_not_utf8_is_one_clear_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    folder = tmp_path / os.fsdecode(b"odd\xff")
    folder.mkdir()
    (folder / "targets.yaml").write_text(TARGETS.format(port=free_port("127.0.0.1")), "utf-8")
    done = tlsaudit(*arguments, cwd=folder, PYTHONUTF8="1")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"tlsaudit: {tmp_path}/odd\ufffd/")
    assert done.err.endswith(": this path is not UTF-8: rename it, or set LC_ALL=C.UTF-8\n")
    assert list(tmp_path.iterdir()) == [folder]


def test_a_document_on_standard_output_is_utf8_whatever_the_terminal_shows(tmp_path: Path) -> None:
    goals = "objectives: {all: {title: Überall, checks: [tls-versions], milestones: {2030-01-01: 100%}}}\n"
    (tmp_path / "targets.yaml").write_text(TARGETS.format(port=free_port("127.0.0.1")) + goals, "utf-8")
    assert _audit(tmp_path).code == NOBODY_ANSWERED
    for name in ("html", "markdown"):
        done = tlsaudit("report", "--format", name, cwd=tmp_path, PYTHONIOENCODING="ascii")
        assert "Überall" in done.out
    assert r"\xdcberall" in tlsaudit("goals", cwd=tmp_path, PYTHONIOENCODING="ascii").out


def test_a_history_of_a_newer_version_is_left_alone(folder: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / "history.db")) as connection, connection:
        connection.execute(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'")
    before = (folder / "history.db").read_bytes()
    done = _audit(folder)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"tlsaudit: history {folder}/history.db: written by a newer tlsaudit "
        f"(schema 9999, this one knows {schema.HEAD})\n"
    )
    assert (folder / "history.db").read_bytes() == before


def test_a_locked_history_is_one_line_and_nothing_is_asked(folder: Path) -> None:
    report = (folder / "reports" / "report.html").read_bytes()
    with contextlib.closing(sqlite3.connect(folder / "history.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        done = _audit(folder, "--db", f"sqlite:///{folder}/history.db?timeout=0.1")
        other.rollback()
    assert (done.code, done.out) == (2, "")
    assert done.err == f"tlsaudit: history {folder}/history.db: another program keeps it locked\n"
    assert _audits(folder) == [True]
    assert (folder / "reports" / "report.html").read_bytes() == report


@pytest.mark.parametrize(
    ("left", "complaint"), [("0", "the disk is full, or it fails"), ("36k", "the disk is full")], ids=["none", "little"]
)
def test_a_full_disk_is_one_line_and_what_was_recorded_stays(folder: Path, left: str, complaint: str) -> None:
    if os.geteuid() != 0:
        missing("a small disk takes root: mount(8) of a tmpfs in a namespace of one's own")
    script = """\
set -e
mkdir disk
mount -t tmpfs -o size=2m tmpfs disk
cp history.db disk
cat /dev/zero >disk/filler 2>/dev/null || true
truncate -s -"$LEFT" disk/filler
"$0" "$@" >full.out 2>full.err || echo $? >full.code
rm disk/filler
"$0" "$@" >/dev/null 2>room.err || echo $? >room.code
mv history.db first.db
cp disk/history.db* .
"""
    audit = [str(PROGRAM), "audit", "-q", "--select", "tls-versions", "--db", f"sqlite:///{folder}/disk/history.db"]
    unshare = [require("unshare", "util-linux"), "--mount", "sh", "-c", script, *audit]
    env = {**os.environ, "LEFT": left}
    done = subprocess.run(unshare, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    said = {file.name: file.read_text("utf-8") for file in folder.glob("*.*") if file.suffix in {".err", ".code"}}
    assert said == {
        "full.code": "2\n",
        "full.err": f"tlsaudit: history {folder}/disk/history.db: {complaint}: what was recorded before is safe; "
        "make room and run this again\n",
        "room.code": f"{NOBODY_ANSWERED}\n",
        "room.err": "",
    }
    audits = _audits(folder)
    assert (audits[0], audits[-1]) == (True, True)
    assert len(audits) >= 2


def test_a_clock_that_went_back_is_said_and_the_audit_recorded(folder: Path) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with Store.open(f"sqlite:///{folder}/history.db") as store:
        record(store, endpoints(1), tomorrow)
    done = _audit(folder)
    assert done.code == NOBODY_ANSWERED, done.err
    assert f"but audit 2 began at {tomorrow:%Y-%m-%dT%H:%M:%SZ}: set the clock" in " ".join(done.out.split())
    assert _audits(folder) == [True, True, True]
    with Store.open(f"sqlite:///{folder}/history.db") as store:
        assert store.audits()[0].id == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("gate", "NAME"),
        ("scan", "-f", "NAME"),
        ("report", "--db", "NAME"),
        ("scan", "www.example.org", "-o", "NAME.html"),
    ],
)
def test_a_name_that_no_file_can_have_is_one_line(folder: Path, arguments: tuple[str, ...]) -> None:
    done = tlsaudit(*(each.replace("NAME", "x" * 300) for each in arguments), cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("tlsaudit: ")
    assert done.err.endswith(": File name too long\n")
    assert len(done.err.splitlines()) == 1


def test_links_that_lead_to_one_another_are_one_line(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")
    done = tlsaudit("measure", "crawlers", "loop", cwd=folder)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
