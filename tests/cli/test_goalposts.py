"""A timetable that is edited between audits, at simulated dates, and what every screen says of it."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.command import Done, tlsaudit
from tests.servers import Server, Shape
from tlsaudit.app.audit import Audit
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import load
from tlsaudit.app.view import view_of
from tlsaudit.registry import Registry
from tlsaudit.report import write
from tlsaudit.store import Store

TARGETS = """\
version: 1
defaults: {{owner: ops@example.org}}
sites: {{east: {{}}}}
services:
  new: {{hosts: [new.example.org], at: {{east: {{address: 127.0.0.1, ports: {{443: {new}}}}}}}}}
  old: {{hosts: [{hosts}], at: {{east: {{address: 127.0.0.1, ports: {{443: {old}}}}}}}}}
objectives:
  pfs: {{title: Recordings stay secret, checks: [pfs-suites], milestones: {{{due}: 100%}}}}
  any: {{title: At least measured, checks: [pfs-suites], milestones: {{2015-12-31: measured}}}}
"""
WAIVER = "waivers: [{check: pfs-suites, on: [old], reason: an old balancer, expires: 2015-12-31}]\n"
BOTH, ONE = "a.example.org, b.example.org", "a.example.org"


class Edited:
    """A folder with a targets file that is edited, and a history of audits."""

    def __init__(self, path: Path, old: Server, new: Server) -> None:
        self.path = path
        self._ports = {"old": old.https_port, "new": new.https_port}

    def write(self, due: str, hosts: str = BOTH, more: str = "") -> None:
        text = TARGETS.format(due=due, hosts=hosts, **self._ports) + more
        (self.path / "targets.yaml").write_text(text, "utf-8")

    def audit(self, day: str) -> None:
        registry = Registry.load()
        at = datetime.fromisoformat(day).replace(hour=2, minute=10, tzinfo=UTC)
        targets, warnings = load(self.path / "targets.yaml", [], registry)
        audit = Audit(targets, warnings, registry, [registry["pfs-suites"]], ProbeSettings(clock=lambda: at))
        with Store.open(f"sqlite:///{self.path / 'history.db'}") as store:
            asyncio.run(audit.record(store))

    def run(self, *arguments: str) -> Done:
        done = tlsaudit(*arguments, cwd=self.path, COLUMNS="200")
        assert done.code == 0, done.err
        return done

    def goalposts(self, *options: str) -> dict[str, Any]:
        found: dict[str, Any] = self.run("goals", "--format", "json", *options).document["goalposts"]
        return found

    def moved(self, *options: str) -> list[str]:
        """The lines of the goals screen."""
        lines = self.run("goals", *options).out.splitlines()
        start = next(index for index, line in enumerate(lines) if line.startswith(" Moved"))
        return [line[9:] for line in lines[start:] if line.startswith((" Moved", "         "))]


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory, shared_server: Callable[[str, Shape], Server]) -> Edited:
    """Four audits: of February 1 and 10 nothing changed between; on the 20th the date is later and a waiver is new, on
    March 1st a host that failed is gone. After that the target is a waiver the less."""
    old, new = (shared_server("nginx", shape) for shape in (Shape.STATIC_RSA, Shape.MODERN))
    made = Edited(tmp_path_factory.mktemp("goalposts"), old, new)
    for day, edit in {
        "2015-02-01": ("2015-03-15",),
        "2015-02-10": ("2015-03-15",),
        "2015-02-20": ("2015-06-30", BOTH, WAIVER),
        "2015-03-01": ("2015-06-30", ONE, WAIVER),
    }.items():
        made.write(*edit)
        made.audit(day)
    made.write("2015-09-30", ONE, WAIVER)
    return made


def test_each_move_with_the_day_on_which_it_was_first_seen(edited: Edited) -> None:
    found = edited.goalposts()
    assert (found["known_since"], found["later"]) == ("2015-02-01", 0)
    assert [
        (
            move["seen"],
            move["goalpost"],
            move["objective"] or move["name"],
            move["before"],
            move["after"],
            move["easier"],
        )
        for move in found["moves"]
    ] == [
        (None, "milestone", "pfs", "100% by 2015-06-30", "100% by 2015-09-30", True),
        ("2015-03-01", "subjects", "pfs", None, None, True),
        ("2015-03-01", "subjects", "any", None, None, True),
        ("2015-02-20", "milestone", "pfs", "100% by 2015-03-15", "100% by 2015-06-30", True),
        ("2015-02-20", "waiver", "pfs-suites", None, "until 2015-12-31", True),
    ]
    (left,) = (move for move in found["moves"] if move["objective"] == "any")
    assert (left["subjects"], left["count"], left["not_passing"]) == (["b.example.org:443@east"], 1, 1)


@pytest.mark.parametrize(
    ("day", "known_since", "moves", "later"),
    [("2015-02-01", "2015-02-01", 0, 5), ("2015-02-19", "2015-02-01", 0, 5), ("2015-02-20", "2015-02-01", 2, 3)],
)
def test_a_day_knows_what_had_moved_by_then(edited: Edited, day: str, known_since: str, moves: int, later: int) -> None:
    found = edited.goalposts("--at", day)
    assert (found["known_since"], len(found["moves"]), found["later"]) == (known_since, moves, later)


def test_the_goals_screen(edited: Edited) -> None:
    left = "b.example.org at east left the scope"
    assert edited.moved() == [
        "not audited yet, Recordings stay secret: 100% by 2015-06-30 -> 100% by 2015-09-30 (easier)",
        f"2015-03-01 Recordings stay secret and At least measured: {left}, it did not pass (easier)",
        "2015-02-20 Recordings stay secret: 100% by 2015-03-15 -> 100% by 2015-06-30 (easier)",
        "2015-02-20 pfs-suites: waiver on old: none -> until 2015-12-31 (easier)",
    ]
    later = "5 goalposts after that day: all is held against the targets file as it is now"
    assert edited.moved("--at", "2015-02-10") == ["no goalpost since 2015-02-01", later]


def test_the_document_is_described_by_its_schema(edited: Edited) -> None:
    document = edited.run("goals", "--format", "json").document
    jsonschema.validate(document, json.loads(tlsaudit("schema", "audit").out))
    assert document["timetable"]["objectives"][0]["milestones"] == [
        {"due": "2015-09-30", "target": "100%", "every": None}
    ]


def test_the_history_tells_what_moved_between_two_audits_and_documents_do_alike(edited: Edited) -> None:
    for day in ("2015-02-10", "2015-03-01"):
        with Store.open(f"sqlite:///{edited.path / 'history.db'}") as store:
            write(view_of(store, store.audit(day)), edited.path / f"{day}.json")
    shown = edited.run("history", "diff", "2015-02-10", "2015-03-01").out
    left = "b.example.org at east left the scope, it did not pass"
    assert [line.removeprefix("  MOVED").strip() for line in shown.splitlines() if line.startswith("  MOVED")] == [
        "Recordings stay secret: 100% by 2015-03-15 -> 100% by 2015-06-30 (easier)",
        f"Recordings stay secret and At least measured: {left} (easier)",
        "pfs-suites: waiver on old: none -> until 2015-12-31 (easier)",
    ]
    of_history, of_documents = (
        edited.run("history", "diff", *audits, "--format", "json").document["moves"]
        for audits in (("2", "4"), ("2015-02-10.json", "2015-03-01.json"))
    )
    assert of_history == of_documents
    assert len(of_history) == 4
    back = edited.run("history", "diff", "4", "2", "--format", "json").document["moves"]
    assert [(move["goalpost"], move["easier"]) for move in back] == [("milestone", False), ("waiver", False)]
