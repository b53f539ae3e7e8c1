"""An objective whose figure comes from access logs, from the history to every screen."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.command import tlsaudit
from tests.servers import CertificateAuthority, Server, serve
from tlsaudit.goal import RecordedMeasurement
from tlsaudit.store import Store

TARGETS = """\
version: 1
defaults: {{owner: web@example.org}}
sites: {{east: {{}}}}
services:
  web:
    hosts: [www.example.org]
    at: {{east: {{address: 127.0.0.1, ports: {{80: {server.http_port}, 443: {server.https_port}}}}}}}
objectives:
  crawlers: {{title: Crawlers come by https, metric: crawler-https/share, milestones: {{{due}: 95%}}}}
"""
TODAY = datetime.now(UTC).date()
DUE = TODAY + timedelta(days=100)
RECORD = "record it with tlsaudit measure crawlers LOG... --record"


def figure(day: date, https: int, requests: int) -> RecordedMeasurement:
    return RecordedMeasurement(
        name="crawler-https",
        fact="share",
        value=https / requests,
        denominator=requests,
        unit="requests",
        first_day=day,
        last_day=day,
        measured_at=datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1),
        source="access logs: access.log",
    )


@pytest.fixture(scope="module")
def server(ca: CertificateAuthority) -> Iterator[Server]:
    with serve("nginx", ca=ca) as running:
        yield running


def record(folder: Path, *figures: RecordedMeasurement) -> None:
    with Store.open(f"sqlite:///{folder / 'history.db'}") as store:
        store.record_measurements(figures)


def the_goal(text: str) -> Mapping[str, Any]:
    document = json.loads(text)
    jsonschema.validate(document, json.loads(tlsaudit("schema", "audit").out))
    (goal,) = document["objectives"]
    assert isinstance(goal, dict)
    return goal


def test_from_the_history_to_every_screen(tmp_path: Path, server: Server, ca_file: Path) -> None:
    (tmp_path / "targets.yaml").write_text(TARGETS.format(server=server, due=DUE), "utf-8")
    done = tlsaudit("audit", "--select", "tls-versions", "--ca-file", ca_file, cwd=tmp_path)
    assert (done.code, "NOT MEASURED" in done.out) == (0, True), done.err
    assert f"crawler-https: nothing is recorded yet: {RECORD}" in " ".join(done.out.split())
    assert "is installed" not in done.out

    yesterday, before = TODAY - timedelta(days=1), TODAY - timedelta(days=8)
    record(tmp_path, figure(before, 800, 1000), figure(yesterday, 1_234_000, 1_300_000))
    goal = the_goal(tlsaudit("goals", "--format", "json", cwd=tmp_path).out)
    assert (goal["kind"], goal["status"], goal["target"]) == ("metric", "on-track", "95%")
    assert (goal["value"], goal["previous"], goal["coverage"]) == (1_234_000 / 1_300_000, 0.8, 1.0)
    assert goal["measurement"] == {
        "name": "crawler-https",
        "fact": "share",
        "denominator": 1_300_000,
        "unknown": 0,
        "unit": "requests",
        "first_day": str(yesterday),
        "last_day": str(yesterday),
        "measured_at": f"{TODAY}T00:00:00Z",
        "source": "access logs: access.log",
        "previous_day": str(before),
    }
    shown = tlsaudit("goals", cwd=tmp_path, COLUMNS="160").out
    assert "94.9% of 1,300,000 requests, was 80%" in shown
    assert RECORD not in shown

    assert tlsaudit("report", "-q", cwd=tmp_path).code == 0
    page = (tmp_path / "reports" / "report.html").read_text("utf-8")
    assert "94.9% of 1,300,000 requests, was 80%" in page
    assert "access logs: access.log" in page

    record(tmp_path, figure(TODAY, 95, 100))
    done = tlsaudit("audit", "-q", "--select", "tls-versions", "--ca-file", ca_file, cwd=tmp_path)
    assert done.code == 0, done.err
    goal = the_goal((tmp_path / "reports" / "audit.json").read_text("utf-8"))
    assert (goal["status"], goal["value"]) == ("met", 0.95)
    # As of a day long after, nothing was recorded lately.
    later = the_goal(tlsaudit("goals", "--format", "json", "--at", TODAY + timedelta(days=8), cwd=tmp_path).out)
    assert later["status"] == "not-measured"
    assert f"the last figure is of {TODAY}" in later["blocking"][0]["message"]


def test_from_access_logs_to_the_goal(tmp_path: Path, server: Server, ca_file: Path) -> None:
    (tmp_path / "targets.yaml").write_text(TARGETS.format(server=server, due=DUE), "utf-8")
    done = tlsaudit("audit", "-q", "--select", "tls-versions", "--ca-file", ca_file, cwd=tmp_path)
    assert done.code == 0, done.err
    crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    requests = (
        (4, "http"),
        (3, "http"),
        (3, "https"),
        (2, "https"),
        (2, "https"),
        (2, "https"),
        (2, "http"),
        (1, "http"),
    )
    lines = [
        f'{scheme} 192.0.2.1 - - [{TODAY - timedelta(days=days):%d/%b/%Y}:12:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" '
        f'"{crawler}"\n'
        for days, scheme in requests
    ]
    (tmp_path / "access.log").write_text("".join(lines), "utf-8")
    done = tlsaudit("measure", "crawlers", "access.log", "--record", cwd=tmp_path)
    assert done.code == 0, done.err
    goal = the_goal(tlsaudit("goals", "--format", "json", cwd=tmp_path).out)
    assert (goal["status"], goal["value"], goal["previous"]) == ("on-track", 0.75, 0.5)  # of the whole days
    assert goal["measurement"]["denominator"] == 4


@pytest.mark.parametrize(
    ("objective", "complaints"),
    [
        ("metric: crawlers-https/share", ["no check is called crawlers-https: did you mean crawler-https?", ":4:3:"]),
        ("metric: crawler-https/share, scope: [web]", ["it has no scope", ":4:"]),
    ],
)
def test_what_cannot_be_meant_is_one_line(tmp_path: Path, objective: str, complaints: list[str]) -> None:
    (tmp_path / "targets.yaml").write_text(
        f"version: 1\nservices: {{web: [www.example.org]}}\nobjectives:\n"
        f"  x: {{{objective}, milestones: {{2030-01-01: 95%}}}}\n",
        "utf-8",
    )
    done = tlsaudit("goals", cwd=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    for complaint in complaints:
        assert complaint in done.err
