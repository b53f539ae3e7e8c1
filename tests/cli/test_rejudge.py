"""`tlsaudit history rejudge`: what real servers showed in an audit, judged again."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Done, tlsaudit
from tests.servers import CertificateAuthority, Shape, free_port, serve

TARGETS = """\
version: 1
history: sqlite:///h.db
sites: {{east: {{}}, west: {{}}}}
services:
  web:
    hosts: [example.org, www.example.org]
    at:
      east: {{address: 127.0.0.1, ports: {{80: {modern.http_port}, 443: {modern.https_port}}}}}
      west: {{address: 127.0.0.1, ports: {{80: {old.http_port}, 443: {old.https_port}}}}}
  down:
    hosts: [down.example.org]
    at: {{east: {{address: 127.0.0.1, ports: {{80: {nobody}, 443: {nobody}}}}}}}
  nowhere: [nowhere.invalid]
objectives:
  hsts: {{title: Browsers remember, checks: [hsts-max-age], scope: [web], milestones: {{2030-06-30: 100%}}}}
  decide: {{title: Force HTTPS?, decision: undecided, milestones: {{2030-06-30: decided}}}}
"""
NAMES = ("example.org", "www.example.org")
STRICT = "checks: {hsts-max-age: {minimum: 730d}}\n"

OWN_CHECK = '''\
"""The server answers https at all.

## Rationale
It is asked.

## Remediation
Answer.
"""

from collections.abc import Iterator

from tlsaudit.check import Severity, Verdict, check, failed
from tlsaudit.evidence import HttpsExchange


@check(title="The server answers", severity=Severity.LOW)
def answers(https: HttpsExchange) -> Iterator[Verdict]:
    yield failed(f"first byte after {https.first_byte_ms:.0f} ms")
'''


@dataclass(frozen=True)
class Recorded:
    """A folder with an audit in its history."""

    folder: Path

    def run(self, *arguments: object) -> Done:
        return tlsaudit("history", *arguments, cwd=self.folder)

    def rejudge(self, *arguments: object) -> Any:
        done = self.run("rejudge", *arguments, "--format", "json")
        assert done.code == 0, done.err
        return done.document


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, ca: CertificateAuthority, ca_file: Path) -> Recorded:
    folder = tmp_path_factory.mktemp("rejudge")
    year = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
    with serve("nginx", ca=ca, names=NAMES, headers=year) as modern, serve("nginx", Shape.LEGACY, ca=ca) as old:
        text = TARGETS.format(modern=modern, old=old, nobody=free_port("127.0.0.1"))
        (folder / "targets.yaml").write_text(text, "utf-8")
        (folder / "strict.yaml").write_text(text + STRICT, "utf-8")
        done = tlsaudit("audit", "-q", "--ca-file", ca_file, "--sample", 2, cwd=folder)
        assert done.code == 0, done.err
    return Recorded(folder)


def _findings(document: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(document.read_text("utf-8"))["findings"]
    return found


def test_by_the_same_rules_every_finding_is_what_it_was(recorded: Recorded) -> None:
    said = recorded.rejudge("-o", "again.json")
    before, after = recorded.folder / "reports" / "audit.json", recorded.folder / "again.json"
    assert _findings(after) == _findings(before)
    documents = [json.loads(file.read_text("utf-8")) for file in (before, after)]
    for part in ("endpoints", "checks", "summary", "started_at"):
        assert documents[1][part] == documents[0][part]
    assert said["rules"] == []
    assert all(said[name] == [] for name in ("regressed", "new", "fixed", "lost", "regained", "not_run_before"))


def test_another_option_says_what_it_would_change_and_what_becomes_of_the_goal(recorded: Recorded) -> None:
    said = recorded.rejudge("-c", "strict.yaml", "-o", "strict.json", "-o", "strict.html")
    assert said["rules"] == [{"check": "hsts-max-age", "change": "minimum 365 days -> 730 days"}]
    easts = ["example.org:443@east", "www.example.org:443@east"]
    assert [(each["check"], each["subject"]["id"]) for each in said["regressed"]] == [
        ("hsts-max-age", name) for name in easts
    ]
    (goal,) = said["objectives"]
    assert [goal[side]["counts"]["pass"] for side in ("before", "after")] == [2, 0]
    document = json.loads((recorded.folder / "strict.json").read_text("utf-8"))
    assert document["notes"][0].startswith("judged again by tlsaudit ")
    assert "judged again by tlsaudit" in (recorded.folder / "strict.html").read_text("utf-8").casefold()
    told = recorded.run("rejudge", "latest", "-c", "strict.yaml")
    assert told.code == 0
    assert "FAILS NOW" in told.out
    assert "Browsers remember: 2 of 4" in told.out
    listed: Any = recorded.run("list", "--format", "json").document
    assert [each["id"] for each in listed] == [1]


def test_a_check_that_was_not_there_then_judges_what_was_seen(recorded: Recorded, tmp_path: Path) -> None:
    (tmp_path / "answers.py").write_text(OWN_CHECK, "utf-8")
    said = recorded.rejudge("--checks-dir", tmp_path, "--select", "answers")
    assert {each["subject"]["id"] for each in said["not_run_before"]} == {
        f"{host}:443@{site}" for host in NAMES for site in ("east", "west")
    }
    assert said["rules"] == [{"check": "answers", "change": "not run then"}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--select", "heartbleed"), "heartbleed: cannot be judged: audit 1 did not look for what it judges"),
        (("--select", "hsts-preloaded"), "hsts-preloaded: cannot be judged: add --preload-list FILE"),
        (("7",), "there is no audit '7'"),
        (("-o", "x.foo"), "no report format is called '.foo'"),
    ],
)
def test_what_cannot_be_is_one_line(recorded: Recorded, arguments: tuple[str, ...], message: str) -> None:
    done = recorded.run("rejudge", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1
