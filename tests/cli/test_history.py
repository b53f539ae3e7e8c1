"""What is told of the history, without a server: the history and the documents are written here."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Done, tlsaudit
from tests.store.fleet import START, endpoints, finding, observation, record
from tlsaudit.app.view import view_of
from tlsaudit.check import Outcome
from tlsaudit.report import write
from tlsaudit.report.csv import cell
from tlsaudit.store import Pinned, Store
from tlsaudit.target import Endpoint

STAYS, GOES, COMES = endpoints(3)
PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
BEFORE: Mapping[Endpoint, Mapping[str, Outcome]] = {
    STAYS: {"a": FAIL, "b": PASS, "c": PASS},
    GOES: {"a": FAIL},
}
AFTER: Mapping[Endpoint, Mapping[str, Outcome]] = {
    STAYS: {"a": PASS, "b": FAIL, "c": UNKNOWN},
    COMES: {"a": FAIL},
}
LISTS = (
    "regressed", "new", "fixed", "lost", "regained", "applicability", "rule_changed", "not_run_before",
    "waived", "waiver_expired",
)  # fmt: skip


def _check(name: str) -> dict[str, Any]:
    prose = dict.fromkeys(("title", "summary", "rationale", "remediation"), "x")
    return {"id": name, "digest": "1", "severity": "high", "fixes": {}, "references": [], "options": {}, **prose}


@dataclass(frozen=True)
class Folder:
    """A history of two audits, and a document of each."""

    path: Path

    def run(self, *arguments: object) -> Done:
        return tlsaudit("history", *arguments, cwd=self.path)

    def diff(self, *arguments: object) -> dict[str, Any]:
        done = self.run("diff", *arguments, "--format", "json")
        assert done.code == 0, done.err
        return done.document


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    path = tmp_path_factory.mktemp("history")
    with Store.open(f"sqlite:///{path / 'h.db'}") as store:
        for day, (name, said) in enumerate({"before": BEFORE, "after": AFTER}.items()):
            at = START + timedelta(days=day)
            audit = store.begin(at, vantage="lab", version="1", pinned=Pinned(checks=[*map(_check, "abc")]))
            for host, outcomes in said.items():
                findings = [finding(host, check, outcome, f"day {day}") for check, outcome in outcomes.items()]
                store.add_observation(audit, host, observation(host, at), findings)
            summary = {"endpoints": 2, "reachable": 2, "findings": {}, "coverage": 1, "connections": 2, "duration_s": 1}
            store.finish(audit, at, summary=summary)
            write(view_of(store, store.audit(audit)), path / f"{name}.json")
    return Folder(path)


def _changes(diff: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in diff.items() if name not in {"before", "after"}}


@pytest.mark.parametrize(
    "audits",
    [
        ("1", "2", "--db", "h.db"),
        ("2026-10-01", "latest", "--db", "h.db"),
        ("before.json", "2", "--db", "h.db"),
        ("1", "after.json", "--db", "h.db"),
        ("before.json", "--db", "h.db"),
        ("before.json", "./after.json"),
        ("before.json", "after.json", "--db", "nowhere/h.db"),
    ],
)
def test_audits_of_the_history_and_documents_are_compared_alike(folder: Folder, audits: tuple[str, ...]) -> None:
    diff = folder.diff(*audits)
    lists = {name: [(each["check"], each["subject"]["id"]) for each in diff[name]] for name in LISTS if diff[name]}
    assert lists == {
        "regressed": [("b", STAYS.id)],
        "new": [("a", COMES.id)],
        "fixed": [("a", STAYS.id)],
        "lost": [("c", STAYS.id)],
    }
    assert (diff["appeared"], diff["gone"]) == ([COMES.id], [GOES.id])
    assert _changes(diff) == _changes(folder.diff("1", "2", "--db", "h.db"))
    assert [diff[side]["started_at"][:10] for side in ("before", "after")] == ["2026-10-01", "2026-10-02"]


def test_a_document_is_called_by_its_name(folder: Folder) -> None:
    lines = folder.run("diff", "before.json", "after.json").out.splitlines()
    assert lines[0] == "From before.json (2026-10-01T02:10:00Z) to after.json (2026-10-02T02:10:00Z)"
    assert [line.split()[0] for line in lines[1:]] == ["REGRESSED", "FAILS", "FIXED", "UNKNOWN", "NEW", "GONE"]
    assert "nothing changed" in folder.run("diff", "after.json", "after.json").out


def test_a_file_that_is_called_like_an_audit_is_named_with_its_folder(folder: Folder) -> None:
    (folder.path / "2").write_bytes((folder.path / "before.json").read_bytes())
    assert folder.diff("before.json", "2", "--db", "h.db")["gone"] == [GOES.id]
    assert folder.diff("before.json", "./2")["gone"] == []


@pytest.mark.parametrize(
    ("audits", "said"),
    [
        (("before.json", "missing.json"), "missing.json: cannot be read: No such file or directory"),
        (("before.json", "nonsense"), "nonsense: not JSON: line 1, column 1: Expecting value"),
        (("before.json", "unfinished.json"), "unfinished.json: this audit was not finished"),
        (("before.json", "."), ".: cannot be read: Is a directory"),
        (("before.json", "7", "--db", "h.db"), "there is no audit '7'"),
        (("neither", "after.json", "--db", "h.db"), "there is no audit 'neither'"),
    ],
)
def test_what_cannot_be_compared(folder: Folder, audits: tuple[str, ...], said: str) -> None:
    (folder.path / "nonsense").write_text("not json", "utf-8")
    document = json.loads((folder.path / "after.json").read_text("utf-8"))
    (folder.path / "unfinished.json").write_text(json.dumps({**document, "finished_at": None}), "utf-8")
    done = folder.run("diff", *audits)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert said in done.err


def test_findings_are_exported_as_csv_and_as_json_lines(folder: Folder) -> None:
    done = folder.run("export", "1", "--db", "h.db")
    assert done.code == 0, done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [(row["check"], row["subject"], row["outcome"]) for row in rows] == [
        ("a", STAYS.id, "fail"),
        ("b", STAYS.id, "pass"),
        ("c", STAYS.id, "pass"),
        ("a", GOES.id, "fail"),
    ]
    assert (rows[0]["service"], rows[0]["site"], rows[0]["message"]) == (STAYS.service, STAYS.site, "day 0")
    lines = folder.run("export", "1", "--db", "h.db", "--format", "jsonl").out.splitlines()
    exported = [json.loads(line) for line in lines]
    assert [{name: "" if value is None else str(value) for name, value in row.items()} for row in exported] == rows


def test_all_audits_are_exported_to_a_file(folder: Folder) -> None:
    assert folder.run("export", "--all", "-o", "all.csv", "--db", "h.db").code == 0
    written = (folder.path / "all.csv").read_bytes()
    assert written.count(b"\r\n") == written.count(b"\n") == 1 + 4 + 4
    assert [row["audit"] for row in csv.DictReader(io.StringIO(written.decode()))] == ["1"] * 4 + ["2"] * 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("1", "--all"), "name an audit, --all or --availability, not more than one"),
        (("9",), "there is no audit '9'"),
        (("-o", "nowhere/all.csv"), "does not exist"),
    ],
)
def test_what_cannot_be_exported(folder: Folder, options: tuple[str, ...], said: str) -> None:
    done = folder.run("export", *options, "--db", "h.db")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert said in done.err


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        *((f"{first}1+1", f"'{first}1+1") for first in "=+-@"),
        ("\t=1", "'\\x09=1"),
        ("\r=1", "'\\x0d=1"),
        ("a=1", "a=1"),
        ("\x1b[2J", "\\x1b[2J"),
        (1, 1),
        (None, None),
    ],
)
def test_no_cell_is_a_formula(value: str | int | None, safe: str | int | None) -> None:
    assert cell(value) == safe


def test_a_backup_holds_the_same_history_and_overwrites_nothing(folder: Folder) -> None:
    assert folder.run("backup", "copy.db", "--db", "h.db").code == 0
    assert folder.run("list", "--db", "copy.db").out == folder.run("list", "--db", "h.db").out
    before = (folder.path / "copy.db").read_bytes()
    done = folder.run("backup", "copy.db", "--db", "h.db")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "exists already" in done.err
    assert (folder.path / "copy.db").read_bytes() == before


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ("missing.db", "there is no such file"),
        ("after.json", "file is not a database"),
        ("postgresql+psycopg://me:secret@db/tls", "pg_dump --format=custom --file=FILE postgresql://me@db/tls"),
    ],
)
def test_a_backup_that_cannot_be_made_leaves_nothing(folder: Folder, database: str, said: str) -> None:
    done = folder.run("backup", "new.db", "--db", database)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert said in done.err
    assert "secret" not in done.err
    assert not list(folder.path.glob("*new.db*"))


def test_old_audits_are_pruned(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with Store.open(f"sqlite:///{tmp_path / 'h.db'}") as store:
        for days in (10, 9, 1):
            record(store, [STAYS], now - timedelta(days=days))

    def prune(*options: str) -> Done:
        done = tlsaudit("history", "prune", "--db", "h.db", *options, cwd=tmp_path)
        assert (done.code, done.err) == (0, "")
        return done

    before = f"2 audits from before {now - timedelta(days=5):%Y-%m-%d}"
    assert prune("--keep", "5", "--dry-run").out.startswith(f"would forget {before}")
    forgot, gave_back = prune("--keep", "5").out.splitlines()
    assert forgot.startswith(f"forgot {before}")
    assert gave_back == "gave back 0.0 MB"
    listed = json.loads(tlsaudit("history", "list", "--db", "h.db", "--format", "json", cwd=tmp_path).out)
    assert [audit["id"] for audit in listed] == [3]
