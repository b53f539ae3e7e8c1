"""The demo: a fleet of its own on loopback, a true story, and nothing left running."""

import contextlib
import json
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import PROGRAM, tlsaudit


@dataclass(frozen=True)
class Replay:
    """A demo that has ended: what it said, and the folder it was run in, which is its TMPDIR, too."""

    said: str
    place: Path

    @property
    def folder(self) -> Path:
        return self.place / "demo"


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Replay:
    """One for all workers, in a folder that an earlier one has used."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    place, said = shared / "replay", shared / "replay.txt"
    with (shared / "replay.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not said.exists():
            (place / "demo").mkdir(parents=True)
            (place / "demo" / "targets.yaml").write_text("# The timetable of the demo.\n", "utf-8")
            (place / "demo" / "history.db").write_text("of an earlier demo", "utf-8")
            done = tlsaudit("demo", "--output", place / "demo", cwd=place, timeout=600, TMPDIR=str(place))
            assert done.code == 0, done.err
            said.write_text(done.err, "utf-8")
    return Replay(said.read_text("utf-8"), place)


def test_it_says_what_happened_each_day_and_how_to_go_on(replay: Replay) -> None:
    *days, report, further = replay.said.splitlines()
    assert days[0] == "2013-08-22  login was to be over https by yesterday · late: login"
    assert days[1] == "2013-08-28  login goes to https · met: login"
    assert days[-1] == "2015-07-02  HSTS for a year; the west lags behind · late: parity"
    assert report == f"report: {replay.folder / 'report.html'}"
    assert further == f"as of any day: tlsaudit goals -c {replay.folder / 'targets.yaml'} --at 2015-01-05"


def test_it_leaves_its_files_and_nothing_running(replay: Replay) -> None:
    files = {file.name for file in replay.folder.iterdir()}
    assert files == {"audit.json", "history.db", "history.db.audits", "report.html", "targets.yaml"}
    assert _running(f"TMPDIR={replay.place}") == []
    assert list(replay.place.iterdir()) == [replay.folder]  # the keys are gone


def _running(variable: str) -> list[str]:
    """The ids of processes that have this in their environment, as what a process starts has, too."""
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended since
            if variable.encode() in file.read_bytes().split(b"\0"):
                found.append(file.parent.name)
    return found


def test_the_report_is_of_the_last_day(replay: Replay) -> None:
    document = json.loads((replay.folder / "audit.json").read_text("utf-8"))
    assert document["started_at"] == "2015-07-02T02:10:00Z"
    assert {item["id"]: (item["status"], item["counts"]["pass"]) for item in document["objectives"]} == {
        "login": ("met", 2),
        "canonical": ("met", 4),
        "forward-secrecy": ("met", 8),
        "force-https": ("met", 4),
        "parity": ("overdue", 0),
        "https-for-all": ("met", 8),
        "hsts": ("on-track", 4),
    }
    (course,) = (item["figures"] for item in document["objectives"] if item["id"] == "forward-secrecy")
    assert [(point["date"], point["figure"] * 8) for point in course] == [
        ("2014-05-23", 0),
        ("2014-07-01", 2),
        ("2014-07-08", 3),
        ("2014-07-15", 4),
        ("2014-07-22", 6),
        ("2014-07-29", 7),
        ("2015-01-12", 8),
        ("2015-07-02", 8),
    ]
    (decision,) = (item["decision"] for item in document["objectives"] if item["decision"])
    assert (decision["outcome"], decision["decided"]) == ("force", "2015-06-12")


@pytest.mark.parametrize(
    ("day", "objective", "status", "counts"),
    [
        ("2013-08-22", "login", "overdue", {"fail": 2}),
        ("2014-07-15", "forward-secrecy", "on-track", {"pass": 4, "fail": 3, "waived": 1}),
        ("2014-12-31", "forward-secrecy", "on-track", {"pass": 7, "waived": 1}),
        ("2015-01-05", "forward-secrecy", "overdue", {"pass": 7, "fail": 1}),
        ("2015-03-01", "canonical", "at-risk", {"pass": 1, "fail": 2, "unknown": 1}),
        ("2015-06-11", "force-https", "undecided", {"fail": 8}),
        ("2015-06-16", "https-for-all", "met", {"pass": 8}),
    ],
)
def test_how_it_stood(day: str, objective: str, status: str, counts: dict[str, int], replay: Replay) -> None:
    (item,) = (each for each in _goals(replay, day)["objectives"] if each["id"] == objective)
    assert (item["status"], {name: number for name, number in item["counts"].items() if number}) == (status, counts)


def test_what_was_made_easier_is_told(replay: Replay) -> None:
    moves = _goals(replay, "2015-01-12")["goalposts"]["moves"]
    assert [(move["seen"], move["goalpost"], move["objective"]) for move in moves if move["easier"]] == [
        ("2015-01-12", "milestone", "canonical"),
        ("2014-07-29", "waiver", None),  # of pfs-suites
        ("2014-07-29", "waiver", None),  # of pfs-clients
    ]


def test_certificates_are_judged_as_of_the_day(replay: Replay) -> None:
    found = [item for item in _goals(replay, "2013-08-28")["findings"] if item["check"] == "certificate-validity"]
    assert {(item["outcome"], item["facts"]["not_after"][:10]) for item in found} == {("pass", "2014-01-01")}


def _goals(replay: Replay, day: str) -> dict[str, Any]:
    done = tlsaudit("goals", "-c", replay.folder / "targets.yaml", "--at", day, "--format", "json")
    assert done.code == 0, done.err
    return done.document


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
            assert process.stderr.readline().startswith("2013-08-22  ")
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=120)
        assert process.returncode == 130
        assert rest.rstrip().endswith("tlsaudit: interrupted")
        assert list(Path(temporary).iterdir()) == []


@pytest.mark.parametrize("name", ["targets.yaml", "history.db"])
def test_what_is_not_of_a_demo_is_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("version: 1\n", "utf-8")
    done = tlsaudit("demo", "--output", tmp_path)
    assert done.code == 2
    assert done.err == (
        f"tlsaudit: {tmp_path / name}: not the demo's, which would overwrite it: name another folder with --output\n"
    )
    assert {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()} == {name: "version: 1\n"}


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = tlsaudit("demo", "--output", tmp_path / "file" / "demo")
    assert (done.code, done.err.count("\n")) == (2, 1)
