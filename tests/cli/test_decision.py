"""A decision about forced https, from real servers to every screen: open, late, and taken."""

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.command import tlsaudit
from tests.servers import CertificateAuthority, Server, Shape, serve

TODAY = datetime.now(UTC).date()
DUE = TODAY + timedelta(days=30)
LATE = DUE + timedelta(days=9)
TARGETS = """\
version: 1
defaults: {{owner: cto@example.org}}
sites: {{east: {{}}, west: {{}}}}
services:
  web:
    hosts: [www.example.org]
    at:
      east: {{address: 127.0.0.1, ports: {{80: {east.http_port}, 443: {east.https_port}}}}}
      west: {{address: 127.0.0.1, ports: {{80: {west.http_port}, 443: {west.https_port}}}}}
objectives:
  force: {{title: Force HTTPS?, window: 60d, {decision}, milestones: {{{due}: decided}}}}
waivers:
  - {{check: redirect-https, on: [web@west], reason: The old site goes in spring, expires: {due}}}
"""
QUESTIONS = ["enforced", "hsts", "mixed-content", "cookies", "clients", "latency"]


@pytest.fixture(scope="module")
def ready(ca: CertificateAuthority) -> Iterator[Server]:
    hsts = {"Strict-Transport-Security": "max-age=63072000"}
    with serve("nginx", ca=ca, headers=hsts, redirect="https://www.example.org") as server:
        yield server


@pytest.fixture(scope="module")
def old(ca: CertificateAuthority) -> Iterator[Server]:
    with serve("nginx", Shape.STATIC_RSA, ca=ca) as server:
        yield server


def write(folder: Path, ready: Server, old: Server, decision: str = "decision: undecided") -> None:
    text = TARGETS.format(east=ready, west=old, due=DUE, decision=decision)
    (folder / "targets.yaml").write_text(text, "utf-8")


@cache
def schema() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads(tlsaudit("schema", "audit").out)
    return loaded


def the_goal(folder: Path, *arguments: object) -> Mapping[str, Any]:
    document = json.loads(tlsaudit("goals", "--format", "json", *arguments, cwd=folder).out)
    jsonschema.validate(document, schema())
    (goal,) = document["objectives"]
    assert isinstance(goal, dict)
    return goal


def page(folder: Path, *arguments: object) -> str:
    assert tlsaudit("report", "-q", *arguments, cwd=folder).code == 0
    return (folder / "reports" / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def audited(ready: Server, old: Server, ca_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a history of one audit; `audit.txt` is what it said."""
    folder = tmp_path_factory.mktemp("decision")
    write(folder, ready, old)
    checks = ("redirect-https", "hsts-max-age", "clients-served", "https-latency")
    asked = [part for check in checks for part in ("--select", check)]
    done = tlsaudit("audit", *asked, "--ca-file", ca_file, cwd=folder, COLUMNS="120")
    assert done.code == 0, done.err
    (folder / "audit.txt").write_text(done.out, "utf-8")
    return folder


@pytest.fixture
def project(audited: Path, tmp_path: Path) -> Path:
    """The same, of one's own."""
    return Path(shutil.copytree(audited, tmp_path / "project"))


def test_open(project: Path) -> None:
    said = (project / "audit.txt").read_text("utf-8")
    assert "1 of 2 already force https" in said
    assert "1 exception granted" in said
    assert "NOT DECIDED" not in said

    goal = the_goal(project)
    assert (goal["status"], goal["share"]) == ("undecided", None)
    answers = {item["question"]: item for item in goal["readiness"]["answers"]}
    assert list(answers) == QUESTIONS
    assert answers["enforced"]["counts"] == {"pass": 1, "fail": 0, "unknown": 0, "not_applicable": 0, "waived": 1}
    assert answers["enforced"]["open"] == ["www.example.org:443@west"]
    assert (answers["hsts"]["measured"], answers["hsts"]["steps"]) == (2, {"0": 1, "6": 1})
    added = answers["latency"]["times_ms"]["added_ms"]
    assert answers["latency"]["measured"] == 2
    assert added["least"] <= added["median"] <= added["most"]
    locked_out = answers["clients"]["locked_out"]
    assert locked_out["clients"] == 97
    assert "Go 1.27" in locked_out["names"]  # knows no static RSA
    assert "Firefox 56" not in locked_out["names"]
    # What was not run is not measured, and never nothing.
    assert answers["cookies"]["counts"]["unknown"] == answers["mixed-content"]["counts"]["unknown"] == 2
    assert (answers["mixed-content"]["measured"], answers["mixed-content"]["references"]) == (0, None)
    (exception,) = goal["readiness"]["exceptions"]
    assert exception["reason"] == "The old site goes in spring"
    html = page(project)
    assert "1 of 2 already force https" in html
    assert "The old site goes in spring" in html
    assert "Not decided:" not in html


def test_late(project: Path) -> None:
    goal = the_goal(project, "--at", LATE)
    assert (goal["status"], goal["decision"]["days_late"]) == ("overdue", 9)
    screen = tlsaudit("goals", "--at", LATE, cwd=project, COLUMNS="160").out
    assert "NOT DECIDED  Force HTTPS? · Late by 9 days" in screen
    assert "Not decided: Force HTTPS?" in page(project, "--at", LATE)
    assert goal["readiness"]["exceptions"] == []  # the waiver has expired by then


def test_taken(project: Path, ready: Server, old: Server) -> None:
    minutes = "https://example.org/minutes"
    write(project, ready, old, f"decision: force, decided: {TODAY}, record: '{minutes}'")
    goal = the_goal(project, "--at", LATE)
    assert (goal["status"], goal["decision"]["days_late"]) == ("met", 0)
    assert goal["decision"]["record"] == minutes
    screen = tlsaudit("goals", "--at", LATE, cwd=project, COLUMNS="160").out
    assert f"HTTPS is forced. {minutes}" in screen
    assert "already force https" not in screen
    assert "already force https" in tlsaudit("goals", "-v", "--at", LATE, cwd=project, COLUMNS="160").out
    assert f'href="{minutes}"' in page(project, "--at", LATE)
