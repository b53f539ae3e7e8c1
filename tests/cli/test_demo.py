"""The demo: a fleet of its own on loopback, a true story, and nothing left running."""

import contextlib
import json
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.cli.command import PROGRAM, tlsaudit


def test_the_demo_tells_its_story_and_leaves_nothing_running(tmp_path: Path) -> None:
    done = tlsaudit("demo", "--output", tmp_path / "demo", cwd=tmp_path, TMPDIR=str(tmp_path))
    assert done.code == 0, done.err
    assert done.err.splitlines()[-1] == f"report: {tmp_path / 'demo' / 'report.html'}"
    files = {file.name for file in (tmp_path / "demo").iterdir()}
    assert files == {"audit.json", "history.db", "report.html", "targets.yaml"}
    document = json.loads((tmp_path / "demo" / "audit.json").read_text("utf-8"))
    stands = {item["id"]: (item["status"], item["share"]) for item in document["objectives"]}
    assert stands == {
        "forward-secrecy": ("overdue", pytest.approx(5 / 6)),
        "canonical": ("at-risk", 0.5),
        "login-forced": ("met", 1.0),
        "parity": ("at-risk", 0.5),
        "force-https": ("undecided", pytest.approx(4 / 6)),
    }
    (waived,) = (item for item in document["objectives"] if item["id"] == "forward-secrecy")
    assert (waived["counts"]["waived"], waived["excused_until"]) == (1, "2015-03-31")
    assert document["started_at"] == "2015-03-01T02:10:00Z"
    listed = tlsaudit("history", "list", "-c", tmp_path / "demo" / "targets.yaml")
    assert listed.out.count(" of 6 endpoints reached") == 4
    assert _running(f"TMPDIR={tmp_path}") == []
    assert list(tmp_path.iterdir()) == [tmp_path / "demo"]  # the keys are gone


def _running(variable: str) -> list[str]:
    """The ids of processes that have this in their environment, as what a process starts has, too."""
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended since
            if variable.encode() in file.read_bytes().split(b"\0"):
                found.append(file.parent.name)
    return found


def test_a_second_demo_starts_afresh(tmp_path: Path) -> None:
    for _ in range(2):
        done = tlsaudit("demo", "-q", "--output", tmp_path)
        assert (done.code, done.err) == (0, "")
    assert tlsaudit("history", "list", "-c", tmp_path / "targets.yaml").out.count("\n") == 4


def test_ctrl_c_ends_it_and_its_keys(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        process = subprocess.Popen(
            [PROGRAM, "demo", "--output", tmp_path / "demo"],
            stderr=subprocess.PIPE,
            text=True,
            env={"TMPDIR": temporary, "PATH": "/usr/bin:/bin"},
        )
        with process:
            assert process.stderr
            assert "audit 1 of 4" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=120)
        assert process.returncode == 130
        assert rest.rstrip().endswith("tlsaudit: interrupted")
        assert list(Path(temporary).iterdir()) == []


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = tlsaudit("demo", "--output", tmp_path / "file" / "demo")
    assert (done.code, done.err.count("\n")) == (2, 1)
