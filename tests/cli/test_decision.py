"""A decision about forced https, from real servers to every screen: open, late, and taken."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.command import tlsaudit
from tests.servers import CertificateAuthority, Server, Shape, serve

TODAY = datetime.now(UTC).date()
DUE = TODAY + timedelta(days=30)
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


def the_goal(folder: Path, *arguments: object) -> Mapping[str, Any]:
    document = json.loads(tlsaudit("goals", "--format", "json", *arguments, cwd=folder).out)
    jsonschema.validate(document, json.loads(tlsaudit("schema", "audit").out))
    (goal,) = document["objectives"]
    assert isinstance(goal, dict)
    return goal


def page(folder: Path, *arguments: object) -> str:
    assert tlsaudit("report", "-q", *arguments, cwd=folder).code == 0
    return (folder / "reports" / "report.html").read_text("utf-8")


def test_open_late_and_taken(tmp_path: Path, ready: Server, old: Server, ca_file: Path) -> None:
    write(tmp_path, ready, old)
    checks = ("redirect-https", "hsts-max-age", "clients-served", "https-latency")
    asked = [part for check in checks for part in ("--select", check)]
    done = tlsaudit("audit", *asked, "--ca-file", ca_file, cwd=tmp_path, COLUMNS="120")
    assert done.code == 0, done.err
    assert "1 of 2 already force https" in done.out
    assert "1 exception granted" in done.out
    assert "NOT DECIDED" not in done.out

    goal = the_goal(tmp_path)
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
    html = page(tmp_path)
    assert "1 of 2 already force https" in html
    assert "The old site goes in spring" in html
    assert "Not decided:" not in html

    late = DUE + timedelta(days=9)
    goal = the_goal(tmp_path, "--at", late)
    assert (goal["status"], goal["decision"]["days_late"]) == ("overdue", 9)
    screen = tlsaudit("goals", "--at", late, cwd=tmp_path, COLUMNS="160").out
    assert "NOT DECIDED  Force HTTPS? · Late by 9 days" in screen
    assert "Not decided: Force HTTPS?" in page(tmp_path, "--at", late)
    assert goal["readiness"]["exceptions"] == []  # the waiver has expired by then

    minutes = "https://example.org/minutes"
    write(tmp_path, ready, old, f"decision: force, decided: {TODAY}, record: '{minutes}'")
    goal = the_goal(tmp_path, "--at", late)
    assert (goal["status"], goal["decision"]["days_late"]) == ("met", 0)
    assert goal["decision"]["record"] == minutes
    screen = tlsaudit("goals", "--at", late, cwd=tmp_path, COLUMNS="160").out
    assert f"HTTPS is forced. {minutes}" in screen
    assert "already force https" not in screen
    assert "already force https" in tlsaudit("goals", "-v", "--at", late, cwd=tmp_path, COLUMNS="160").out
    assert f'href="{minutes}"' in page(tmp_path, "--at", late)
