"""A goal that comes nearer week by week, audited at simulated dates, and when every screen expects it."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
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

HOSTS = 8
FIRST = datetime(2015, 1, 25, 2, 10, tzinfo=UTC)
EARLY, LATE = "2015-02-20", "2015-03-01"
LACKING = "when a goal will be reached is not forecast: pip install 'tlsaudit[forecast]'"


def _week(number: int) -> datetime:
    return FIRST + timedelta(weeks=number)


def _targets(folder: Path, moved: int, old: Server, new: Server) -> Path:
    """The first hosts have moved to the new server."""
    file = folder / "targets.yaml"
    lines = ["version: 1", "sites: {east: {}}", "services:"]
    for number in range(HOSTS):
        port = (new if number < moved else old).https_port
        lines += [
            f"  host{number}:",
            f"    hosts: [host{number}.example.org]",
            f"    at: {{east: {{address: 127.0.0.1, ports: {{443: {port}}}}}}}",
        ]
    lines += [
        "objectives:",
        "  pfs: {title: Traffic stays secret, checks: [pfs-suites], milestones: {2015-06-30: 100%}}",
        "  quick: {title: Sooner, checks: [pfs-suites], milestones: {2015-03-15: 100%}}",
    ]
    file.write_text("\n".join(lines), "utf-8")
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, shared_server: Callable[[str, Shape], Server]) -> Path:
    """Six weekly audits, the last on LATE, each with one more host that is forward secret."""
    made = tmp_path_factory.mktemp("forecast")
    old, new = (shared_server("nginx", shape) for shape in (Shape.STATIC_RSA, Shape.MODERN))
    registry = Registry.load()
    with Store.open(f"sqlite:///{made / 'history.db'}") as store:
        for week in range(6):
            targets, warnings = load(_targets(made, week, old, new), [], registry)
            settings = ProbeSettings(clock=partial(_week, week))
            asyncio.run(Audit(targets, warnings, registry, [registry["pfs-suites"]], settings).record(store))
    return made


def test_when_it_is_expected(folder: Path) -> None:
    done = tlsaudit("goals", "--at", LATE, "--format", "json", cwd=folder)
    assert done.code == 0, done.err
    jsonschema.validate(done.document, json.loads(tlsaudit("schema", "audit").out))
    goals = {item["id"]: item for item in done.document["objectives"]}
    # A host a week, three are left.
    expected = {"date": "2015-03-22", "low": "2015-03-22", "high": "2015-03-22", "reason": None}
    assert [(goals[name]["share"], goals[name]["forecast"]) for name in ("pfs", "quick")] == [(5 / 8, expected)] * 2
    assert [goals[name]["status"] for name in ("pfs", "quick")] == ["on-track", "at-risk"]


def test_every_screen_says_it(folder: Path) -> None:
    shown = tlsaudit("goals", "--at", LATE, cwd=folder).out.splitlines()
    row = next(line for line in shown if "Traffic stays" in line)
    assert row.split()[-2:] == ["Mar", "-"]
    assert tlsaudit("report", "-q", "--at", LATE, cwd=folder, TLSAUDIT_CHARTS="").code == 0
    page = BeautifulSoup((folder / "reports" / "report.html").read_text("utf-8"), "html.parser")
    assert [cell.get_text(strip=True) for cell in page.find_all("td", attrs={"data-label": "Expected"})] == ["Mar"] * 2
    assert page.select("svg g.expected")


def test_before_there_was_enough_to_go_on(folder: Path) -> None:
    goals = tlsaudit("goals", "--at", EARLY, "--format", "json", cwd=folder).document["objectives"]
    assert [item["forecast"]["reason"] for item in goals] == ["too-little-data"] * 2
    assert [item["status"] for item in goals] == ["on-track", "at-risk"]  # by the straight line


def test_without_the_extra_it_is_said_once(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['scipy'] = None\n", "utf-8")
    bare = tlsaudit("goals", "--at", LATE, "--format", "json", cwd=folder, PYTHONPATH=str(tmp_path))
    assert bare.code == 0, bare.err
    assert [note for note in bare.document["notes"] if "forecast" in note] == [LACKING]
    assert [item["forecast"] for item in bare.document["objectives"]] == [None] * 2
    shown = tlsaudit("goals", "--at", LATE, cwd=folder, PYTHONPATH=str(tmp_path))
    assert LACKING in " ".join(shown.out.split())
    assert "forecast:" not in tlsaudit("goals", "--at", LATE, cwd=folder).out
