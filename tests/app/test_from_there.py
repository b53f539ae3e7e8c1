"""Audits at several places in one history: goals and reports of one of them, compared with what was seen from there."""

from pathlib import Path

import pytest

from tests.app.written import FAIL, PASS, Written

TARGETS = """\
version: 1
vantages: {fra: {}, sin: {}, gru: {}}
services: {www: [www.example.org]}
objectives: {pfs: {checks: [pfs-suites], milestones: {2015-12-31: 100%}}}
waivers: [{check: pfs-suites, on: [www.example.org], owner: ops, reason: a pilot, expires: 2015-02-01}]
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """From sin it failed until March 5th, from fra it never did; the audit from sin is always the later one."""
    made = Written(tmp_path_factory.mktemp("there"))
    made.targets(TARGETS)
    for day, from_sin in (("2015-03-01", FAIL), ("2015-03-05", FAIL), ("2015-03-09", PASS)):
        made.audit(f"{day}T02:10", {"www": PASS}, vantage="fra")
        made.audit(f"{day}T03:10", {"www": from_sin}, vantage="sin")
    return made


@pytest.mark.parametrize(
    ("asked", "vantage", "share"), [([], "sin", 0), (["--vantage", "sin"], "sin", 0), (["--vantage", "fra"], "fra", 1)]
)
@pytest.mark.parametrize("command", ["goals", "report"])
def test_the_last_audit_from_there_is_told(
    history: Written, command: str, asked: list[str], vantage: str, share: int
) -> None:
    document = history.document(command, "--at", "2015-03-06", *asked)
    assert (document["vantage"], document["objectives"][0]["share"]) == (vantage, share)


@pytest.mark.parametrize(("vantage", "fixed"), [("fra", 0), ("sin", 1)])
def test_it_is_compared_with_how_it_stood_from_there(history: Written, vantage: str, fixed: int) -> None:
    """The last audit that was in force on that day ran elsewhere."""
    document = history.document("goals", "--at", "2015-03-09", "--since", "2015-03-05", "--vantage", vantage)
    assert document["previous_at"].startswith("2015-03-05T02" if vantage == "fra" else "2015-03-05T03")
    assert (document["finding_changes"]["fixed"], document["finding_changes"]["regressed"]) == (fixed, 0)


def test_the_list_of_audits_says_from_where_each_was(history: Written) -> None:
    lines = history.shown("history", "list").splitlines()
    assert [line.rpartition(", ")[2] for line in lines] == ["from sin", "from fra"] * 3


def test_waivers_are_held_against_it(history: Written) -> None:
    asked = ("goals", "--waivers", "--at", "2015-03-06")
    assert [history.document(*asked, "--vantage", name)["waivers"][0]["failing"] for name in ("fra", "sin")] == [0, 1]


def test_a_place_without_an_audit_is_refused(history: Written) -> None:
    complaint = "--vantage gru: no audit from there was finished up to 2015-03-06: there are audits from fra, sin"
    assert complaint in history.refused("goals", "--at", "2015-03-06", "--vantage", "gru")


def test_a_document_is_of_one_place(history: Written, tmp_path: Path) -> None:
    written = tmp_path / "audit.json"
    history.shown("report", "--at", "2015-03-06", "-o", str(written))
    assert "need the history" in history.refused("report", str(written), "--vantage", "fra")
