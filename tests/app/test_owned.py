"""One owner's part of the report, over a history that is written here."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from bs4 import BeautifulSoup

from tests.app.written import FAIL, PASS, Written
from tlsaudit.report.json import audit_schema

TARGETS = """\
version: 1
defaults: {owner: ops@example.org}
sites: {east: {}, west: {}}
services:
  wiki: {owner: web@example.org, hosts: [www.example.org], at: {east: 127.0.0.1, west: 127.0.0.2}}
  shop: {owner: Web@example.net, hosts: [shop.example.org], at: {east: 127.0.0.1}}
  mail: [mx.example.org]
links: {east-west: {sites: [east, west], owner: net@example.org}}
objectives:
  wiki: {title: The wiki, owner: web@example.org, scope: [wiki], checks: [pfs-suites], milestones: {2015-12-31: 100%}}
  all: {title: Everything, owner: web@example.org, checks: [pfs-suites], milestones: {2015-12-31: 100%}}
  ops: {title: Of operations, checks: [pfs-suites], milestones: {2015-12-31: 100%}}
  mail: {title: Mail, scope: [mail], checks: [pfs-suites], milestones: {2015-12-31: 100%}}
waivers:
  - {check: pfs-suites, on: [www.example.org@west], reason: an old balancer, expires: 2015-12-31}
  - {check: pfs-suites, on: [mail], reason: an old relay, expires: 2015-12-31}
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Written:
    made = Written(tmp_path_factory.mktemp("owned"))
    made.targets(TARGETS)
    made.audit("2015-03-01T02:10", {"": FAIL})
    made.audit("2015-03-02T02:10", {"www.example.org:443@east": PASS, "shop": PASS, "mx": PASS, "": FAIL})
    return made


def _report(history: Written, *owners: str) -> dict[str, Any]:
    named = [part for owner in owners for part in ("--owner", owner)]
    return history.document("report", "--at", "2015-03-02", *named)


def test_an_owner_sees_what_is_theirs(history: Written) -> None:
    document = _report(history, "WEB@example.org")
    assert document["owners"] == ["web@example.org"]
    assert [goal["id"] for goal in document["objectives"]] == ["wiki", "all"]
    here = {"www.example.org:443@east", "www.example.org:443@west"}
    assert {seen["id"] for seen in document["endpoints"]} == here
    assert {finding["subject"]["id"] for finding in document["findings"]} == here
    assert [waiver["reason"] for waiver in document["waivers"]] == ["an old balancer"]  # it excuses one of theirs
    assert (document["sites"], document["links"]) == (["east", "west"], [])
    assert document["finding_changes"]["fixed"] == 1
    summary = document["summary"]
    assert (summary["endpoints"], summary["reachable"], summary["coverage"]) == (2, 2, 1.0)
    assert summary["findings"] == {"pass": 1, "fail": 0, "unknown": 0, "not_applicable": 0, "waived": 1}
    jsonschema.validate(document, audit_schema())


def test_a_share_stays_that_of_the_whole_goal(history: Written) -> None:
    goals = {goal["id"]: goal for goal in _report(history, "web@example.org")["objectives"]}
    assert goals == {goal["id"]: goal for goal in _report(history)["objectives"] if goal["id"] in goals}
    assert (goals["wiki"]["share"], goals["all"]["share"]) == (0.5, 0.75)
    assert _report(history, "web@example.org")["notes"][:2] == [
        "Everything: counts all 4 in scope, 2 of them of this owner",
        "goals of others that count what is listed here, too: Of operations (ops@example.org)",
    ]


@pytest.mark.parametrize(
    ("named", "owners"),
    [
        (["web"], ["Web@example.net", "web@example.org"]),  # who is called so in both domains
        (["net", "ops"], ["net@example.org", "ops@example.org"]),
    ],
)
def test_by_which_names_owners_go(history: Written, named: list[str], owners: list[str]) -> None:
    assert _report(history, *named)["owners"] == owners


def test_whoever_has_no_goal_sees_the_findings(history: Written) -> None:
    document = _report(history, "web@example.net")
    assert (document["objectives"], [seen["host"] for seen in document["endpoints"]]) == ([], ["shop.example.org"])
    assert _report(history, "net")["links"] == ["east-west"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("wev", "did you mean web?"),
        ("the cto", "there is Web@example.net, net@example.org, ops@example.org and web@example.org"),
    ],
)
def test_an_owner_whom_nobody_knows(history: Written, name: str, hint: str) -> None:
    said = history.refused("report", "--at", "2015-03-02", "--owner", name)
    assert said == f"tlsaudit: --owner {name}: no owner is called so: {hint}\n"


def test_the_page_says_whose_it_is_and_leaves_the_report_of_all_alone(history: Written, tmp_path: Path) -> None:
    history.shown("report", "--at", "2015-03-02", "--owner", "web")
    (file,) = (history.path / "reports").glob("*.html")
    assert file.name == "report-web-example.net-web-example.org.html"
    title = BeautifulSoup(file.read_text("utf-8"), "lxml").title
    assert title is not None
    assert title.get_text() == "Encryption timetable of Web@example.net and web@example.org, 2 March 2015"
    history.shown("report", "--at", "2015-03-02", "-o", str(tmp_path / "all.html"))
    title = BeautifulSoup((tmp_path / "all.html").read_text("utf-8"), "lxml").title
    assert title is not None
    assert title.get_text() == "Encryption timetable, 2 March 2015"
