"""Two sites of different strength, and the drills in which one took over from the other."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import tlsaudit
from tests.servers import CertificateAuthority, Server, Shape, serve

HOSTS = ("www.example.org", "m.example.org")
TODAY = datetime.now(UTC).date()
DUE = TODAY + timedelta(days=10)

TARGETS = """\
version: 1
defaults: {{owner: ops@example.org}}
sites: {{east: {{}}, west: {{}}}}
services:
  web:
    hosts: [www.example.org, m.example.org]
    at:
      east: {{address: {east.address}, ports: {{80: {east.http_port}, 443: {east.https_port}}}}}
      west: {{address: {west.address}, ports: {{80: {west.http_port}, 443: {west.https_port}}}}}
    drills: [{drills}]
objectives:
  ready: {{title: Either site can take over, checks: [failover-ready], milestones: {{{due}: 100%}}}}
  drill:
    title: A drill each quarter
    metric: failover-drill/share
    milestones: {{{due}: {{target: 100%, every: 3 months}}}}
"""


@pytest.fixture(scope="module")
def strong(ca: CertificateAuthority) -> Iterator[Server]:
    hsts = {"Strict-Transport-Security": "max-age=63072000"}
    with serve("nginx", ca=ca, names=HOSTS, headers=hsts, address="127.0.0.2") as server:
        yield server


@pytest.fixture(scope="module")
def weak(ca: CertificateAuthority) -> Iterator[Server]:
    with serve("nginx", Shape.LEGACY, ca=ca, names=HOSTS, address="127.0.0.3") as server:
        yield server


def goal(folder: Path, name: str, at: date) -> Mapping[str, Any]:
    done = tlsaudit("goals", "--format", "json", "--at", at, cwd=folder)
    assert done.code == 0, done.err
    found: dict[str, Any] = next(item for item in json.loads(done.out)["objectives"] if item["id"] == name)
    return found


def test_from_two_sites_to_their_next_drill(tmp_path: Path, strong: Server, weak: Server, ca_file: Path) -> None:
    def write(drills: str) -> None:
        text = TARGETS.format(east=strong, west=weak, due=DUE, drills=drills)
        (tmp_path / "targets.yaml").write_text(text, "utf-8")

    write("")
    done = tlsaudit("audit", "-q", "--select", "sites", "--ca-file", ca_file, cwd=tmp_path)
    assert done.code == 0, done.err
    document = json.loads((tmp_path / "reports" / "audit.json").read_text("utf-8"))
    found = {finding["check"]: finding for finding in document["findings"]}

    lost = {
        (way["host"], way["from"], way["to"]): way["losses"] for way in found["failover-ready"]["facts"]["takeovers"]
    }
    assert {(host, *way) for host in HOSTS for way in (("east", "west"), ("west", "east"))} == lost.keys()
    for host in HOSTS:
        assert "HSTS lasts 0 days instead of 730 days" in lost[host, "east", "west"]
        assert not any("HSTS" in loss for loss in lost[host, "west", "east"])
    differences = found["site-parity"]["facts"]["differences"]
    assert {"host": "m.example.org", "dimension": "hsts", "only": []} | {
        "sites": {"east": ["max-age=63072000"], "west": ["none"]}
    } in differences
    today = date.fromisoformat(document["finished_at"][:10])  # midnight may have passed
    assert goal(tmp_path, "ready", today)["share"] == 0

    assert goal(tmp_path, "drill", today)["status"] == "not-measured"
    assert goal(tmp_path, "drill", DUE + timedelta(days=1))["status"] == "overdue"
    write(f"{{day: {today}, from: east, to: west, result: failed, record: https://wiki.example.org/drills/1}}")
    failed = goal(tmp_path, "drill", today)
    assert (failed["status"], failed["value"], failed["measurement"]["unit"]) == ("on-track", 0, "service")
    assert failed["blocking"][0]["message"] == (
        f"the drill of {today} from east to west failed: https://wiki.example.org/drills/1"
    )
    write(f"{{day: {today}, from: east, to: west, result: ok}}")
    assert goal(tmp_path, "drill", today)["status"] == "met"
    assert goal(tmp_path, "drill", DUE + timedelta(days=1))["status"] == "on-track"
    overdue = goal(tmp_path, "drill", DUE + timedelta(days=93))
    assert overdue["status"] == "overdue"
    assert overdue["blocking"][0]["message"] == f"no drill since {today}: let one site take over again"
    shown = tlsaudit("goals", "--at", DUE + timedelta(days=93), cwd=tmp_path, COLUMNS="120").out
    assert "OVERDUE" in shown
    assert "A drill each quarter" in shown


@pytest.mark.parametrize(
    ("objective", "complaint"),
    [
        ("metric: failover-drill/done", "failover-drill has no done: write failover-drill/share"),
        ("metric: failover-drill/share", "no service at two sites or more is in scope"),
        ("metric: failover-drill/share, scope: [web]", "no service at two sites or more is in scope"),
    ],
)
def test_what_cannot_be_meant_is_one_line(tmp_path: Path, objective: str, complaint: str) -> None:
    (tmp_path / "targets.yaml").write_text(
        f"version: 1\nservices: {{web: [www.example.org]}}\nobjectives:\n"
        f"  x: {{{objective}, milestones: {{2030-01-01: 100%}}}}\n",
        "utf-8",
    )
    done = tlsaudit("goals", cwd=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert complaint in done.err
