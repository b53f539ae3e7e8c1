"""A goal that is weighted by page views and to be shown anew each quarter: audited once, and on every screen."""

import asyncio
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from bs4 import BeautifulSoup

from tests.cli.command import tlsaudit
from tests.servers import Server, Shape
from tlsaudit.app.audit import Audit
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import load
from tlsaudit.registry import Registry
from tlsaudit.store import Store

AUDITED = datetime(2026, 2, 1, 2, 10, tzinfo=UTC)
TARGETS = """\
version: 1
sites: {{east: {{}}}}
services:
  www: {{hosts: [{{host: www.example.org, weights: {{page-views: 970}}}}], at: {{east: {new}}}}}
  old:
    hosts: [{{host: a.example.org, weights: {{page-views: 10}}}}, {{host: b.example.org{weight}}}]
    at: {{east: {old}}}
objectives:
  pfs:
    title: Traffic stays secret
    checks: [pfs-suites]
    weighted: page-views
    milestones: {{2026-03-31: {{target: 95%, every: 3 months}}}}
"""


def _targets(folder: Path, old: int, new: int, weight: str = ", weights: {page-views: 20}") -> Path:
    ports = {name: f"{{address: 127.0.0.1, ports: {{443: {port}}}}}" for name, port in (("old", old), ("new", new))}
    file = folder / "targets.yaml"
    file.write_text(TARGETS.format(**ports, weight=weight), "utf-8")
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, shared_server: Callable[[str, Shape], Server]) -> Path:
    made = tmp_path_factory.mktemp("goals")
    old, new = (shared_server("nginx", shape).https_port for shape in (Shape.STATIC_RSA, Shape.MODERN))
    registry = Registry.load()
    targets, warnings = load(_targets(made, old, new), [], registry)
    with Store.open(f"sqlite:///{made / 'history.db'}") as store:
        settings = ProbeSettings(clock=lambda: AUDITED)
        asyncio.run(Audit(targets, warnings, registry, [registry["pfs-suites"]], settings).record(store))
    return made


@pytest.mark.parametrize(
    ("at", "status", "due"),
    [
        ("2026-02-01", "met", "2026-03-31"),
        ("2026-03-31", "met", "2026-03-31"),
        ("2026-04-01", "on-track", "2026-06-30"),
        ("2026-07-01", "overdue", "2026-06-30"),
    ],
)
def test_each_quarter_anew(folder: Path, at: str, status: str, due: str) -> None:
    done = tlsaudit("goals", "--at", at, "--format", "json", cwd=folder)
    assert done.code == 0, done.err
    jsonschema.validate(done.document, json.loads(tlsaudit("schema", "audit").out))
    (goal,) = done.document["objectives"]
    assert (goal["status"], goal["due"], goal["every"]) == (status, due, "3 months")
    assert goal["milestones"] == [{"due": due, "target": "95%", "held": status == "met" or None, "every": "3 months"}]


def test_share_and_number_stand_side_by_side(folder: Path) -> None:
    (goal,) = tlsaudit("goals", "--at", "2026-02-01", "--format", "json", cwd=folder).document["objectives"]
    assert (goal["weighted"], goal["share"], goal["coverage"]) == ("page-views", 0.97, 1)
    assert (goal["counts"]["pass"], goal["counts"]["fail"]) == (1, 2)


def test_every_screen_says_both(folder: Path) -> None:
    screen = tlsaudit("goals", "--at", "2026-07-01", cwd=folder, COLUMNS="160").out
    (row,) = (line for line in screen.splitlines() if "Traffic stays" in line)
    assert "97% of page-views, 1 of 3, on 2026-02-01" in row
    assert "95% 2026-06-30 1d, every 3 months" in row
    blocked = [line for line in screen.splitlines() if "pfs-suites: " in line]
    assert ["(2% of page-views)" in blocked[0], "(1% of page-views)" in blocked[1]] == [True, True]
    assert tlsaudit("report", "-q", "--at", "2026-07-01", cwd=folder).code == 0
    page = BeautifulSoup((folder / "reports" / "report.html").read_text("utf-8"), "html.parser")
    cells = {name: page.find("td", attrs={"data-label": name}) for name in ("Now", "Due")}
    said = {name: " ".join(cell.get_text(" ").split()) for name, cell in cells.items() if cell}
    assert said == {"Now": "97% of page-views, 1 of 3, on 2026-02-01", "Due": "30 Jun 1 day late every 3 months"}


def test_a_host_without_a_weight_is_refused(tmp_path: Path) -> None:
    _targets(tmp_path, 1, 2, weight="")
    done = tlsaudit("audit", cwd=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "targets.yaml:12:15: b.example.org:443@east has no page-views: write weights: {page-views: ...}" in done.err
    assert [item.name for item in tmp_path.iterdir()] == ["targets.yaml"]


def test_an_audit_that_nothing_answered_measured_nothing(tmp_path: Path) -> None:
    registry = Registry.load()
    with socket.socket() as unused, Store.open(f"sqlite:///{tmp_path / 'history.db'}") as store:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        targets, warnings = load(_targets(tmp_path, port, port), [], registry)
        audit = Audit(targets, warnings, registry, [registry["pfs-suites"]], ProbeSettings(clock=lambda: AUDITED))
        view, _ = asyncio.run(audit.record(store))
        assert (view.objectives[0].counts.unknown, view.objectives[0].coverage) == (3, 0)
        assert store.series("pfs") == []
