"""What a report tells of a history stays true: after a prune, an edit, a rename, an audit of a few checks."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from tests.app.written import FAIL, PASS, Written
from tlsaudit.cli.main import cli

WAIVER = "{check: pfs-suites, on: [a.example.org], reason: a pilot, owner: web, expires: 2015-03-02}"


def written(folder: Path, hosts: str = "a.example.org, b.example.org", more: str = "", goal: str = "") -> Written:
    made = Written(folder)
    edit(made, hosts, more, goal)
    return made


def edit(made: Written, hosts: str, more: str = "", goal: str = "") -> None:
    goal = goal or "{checks: [pfs-suites], milestones: {2015-12-31: 100%}}"
    made.targets(f"version: 1\nservices: {{web: [{hosts}]}}\nobjectives: {{goal: {goal}}}\n{more}")


def test_a_prune_leaves_the_figures_of_the_goals(tmp_path: Path) -> None:
    made = written(tmp_path)
    for day in (1, 2, 3):
        made.audit(f"2015-03-0{day}T02:10", {"a": PASS, "b": PASS if day == 3 else FAIL})
    (before,) = made.document("goals", "--at", "2015-03-03")["objectives"]
    assert "forgot 2 audits" in made.shown("history", "prune", "--keep", "1")
    (goal,) = made.document("goals", "--at", "2015-03-03")["objectives"]
    for of_audits in ("figures", "previous", "status", "forecast"):
        assert goal[of_audits] == before[of_audits]
    assert [point["figure"] for point in goal["figures"]] == [0.5, 1]


def test_findings_are_counted_by_the_waivers_of_the_day(tmp_path: Path) -> None:
    made = written(tmp_path, more=f"waivers: [{WAIVER}]\n")
    made.audit("2015-03-01T02:10", {"a": FAIL, "b": PASS})
    for day, fail, waived in (("2015-03-01", 0, 1), ("2015-03-03", 1, 0)):
        counts = made.document("report", "--at", day)["summary"]["findings"]
        assert (counts["fail"], counts["waived"]) == (fail, waived)
        suites = ET.fromstring(made.shown("report", "--at", day, "--format", "junit"))
        totals = (suites.get("failures"), sum(int(suite.get("failures", 0)) for suite in suites))
        assert totals == (str(fail), fail)


def test_a_decision_with_a_record_does_not_move_with_each_edit(tmp_path: Path) -> None:
    decided = "decision: force, decided: 2015-01-02, record: https://www.example.org/minutes"
    made = written(tmp_path, goal=f"{{{decided}, milestones: {{2015-06-30: decided}}}}")
    made.audit("2015-03-01T02:10", {"": PASS})
    with (tmp_path / "targets.yaml").open("a") as file:
        file.write("# a note\n")
    made.audit("2015-03-02T02:10", {"": PASS})
    assert made.document("goals", "--at", "2015-03-02")["goalposts"]["moves"] == []


def test_what_a_few_checks_say_between_two_audits_hides_no_regression(tmp_path: Path) -> None:
    both = ("pfs-suites", "hsts-max-age")
    made = written(tmp_path)
    made.audit("2015-03-01T02:10", {"": PASS}, checks=both)
    made.audit("2015-03-01T12:10", {"": PASS}, checks=("hsts-max-age",))
    made.audit("2015-03-02T02:10", {"a": FAIL, "b": PASS}, checks=both)
    document = made.document("goals", "--at", "2015-03-02")
    changes = document["finding_changes"]
    assert (document["previous_at"], changes["regressed"]) == ("2015-03-01T02:10:00Z", 2)
    assert changes["not_run_before"] == 0


def test_what_a_waiver_excuses_is_by_the_last_audit_that_ran_its_check(tmp_path: Path) -> None:
    made = written(tmp_path, more=f"waivers: [{WAIVER}]\n")
    made.audit("2015-03-01T02:10", {"a": FAIL, "b": PASS})
    made.audit("2015-03-02T02:10", {"": PASS}, checks=("hsts-max-age",))
    edit(made, "{host: c.example.org, was: a.example.org}", f"waivers: [{WAIVER.replace('a.ex', 'c.ex')}]\n")
    (waiver,) = made.document("goals", "--waivers", "--at", "2015-03-02")["waivers"]
    assert waiver["failing"] == 1


def test_a_renamed_waiver_is_no_moved_goalpost(tmp_path: Path) -> None:
    made = written(tmp_path, "a.example.org", f"waivers: [{WAIVER.replace('2015-03', '2015-12')}]\n")
    made.audit("2015-03-01T02:10", {"": FAIL})
    edit(
        made,
        "{host: c.example.org, was: a.example.org}",
        f"waivers: [{WAIVER.replace('a.ex', 'c.ex').replace('2015-03', '2015-12')}]\n",
    )
    made.audit("2015-03-02T02:10", {"": FAIL})
    assert made.document("goals", "--at", "2015-03-02")["goalposts"]["moves"] == []


def test_a_host_that_was_renamed_since_is_judged_by_what_was_seen_of_it(tmp_path: Path) -> None:
    made = written(tmp_path, more=f"waivers: [{WAIVER}]\n")
    made.audit("2015-03-01T02:10", {"a": FAIL, "b": FAIL})
    edit(made, "{host: x.example.org, was: a.example.org}, {host: y.example.org, was: b.example.org}")
    (goal,) = made.document("goals", "--at", "2015-03-01")["objectives"]
    assert (goal["counts"]["fail"], goal["counts"]["unknown"], goal["coverage"]) == (2, 0, 1)
    said = [(item["subject"]["id"], item["message"]) for item in goal["blocking"]]
    assert said == [("x.example.org:443", "it is fail"), ("y.example.org:443", "it is fail")]


def test_of_two_that_have_one_name_now_one_left(tmp_path: Path) -> None:
    made = written(tmp_path)
    made.audit("2015-03-01T02:10", {"a": PASS, "b": FAIL})
    edit(made, "{host: c.example.org, was: [a.example.org, b.example.org]}")
    made.audit("2015-03-02T02:10", {"": PASS})
    (move,) = made.document("goals", "--at", "2015-03-02")["goalposts"]["moves"]
    assert (move["subjects"], move["not_passing"]) == (["b.example.org:443"], 1)


def test_an_audit_counts_from_the_day_on_which_it_ended(tmp_path: Path) -> None:
    made = written(tmp_path)
    made.audit("2015-03-01T02:10", {"": FAIL})
    made.audit("2015-03-02T23:59", {"": PASS})
    started = {day: made.document("goals", "--at", day)["started_at"] for day in ("2015-03-02", "2015-03-03")}
    assert started == {"2015-03-02": "2015-03-01T02:10:00Z", "2015-03-03": "2015-03-02T23:59:00Z"}


def test_warnings_of_waivers_are_those_of_the_day(tmp_path: Path) -> None:
    made = written(tmp_path, more=f"waivers: [{WAIVER.replace('a.example.org', 'gone')}]\n")
    made.audit("2015-03-01T02:10", {"": PASS})
    for text, warned in ((f"waivers: [{WAIVER.replace('a.example.org', 'gone')}]\n", True), ("", False)):
        edit(made, "a.example.org, b.example.org", text)
        said = made.document("goals", "--at", "2015-03-01")["notes"]
        assert any("gone is no service" in note for note in said) is warned


def test_markdown_says_when_a_goalpost_moved(tmp_path: Path) -> None:
    made = written(tmp_path)
    made.audit("2015-03-01T02:10", {"": PASS})
    edit(made, "a.example.org, b.example.org", goal="{checks: [pfs-suites], milestones: {2015-12-31: 50%}}")
    made.audit("2015-03-02T02:10", {"": PASS})
    page = made.shown("report", "--at", "2015-03-02", "--format", "markdown")
    assert "- 2015-03-02, `goal`: 100% by 2015-12-31 -> 50% by 2015-12-31 (easier)" in page


def test_owners_have_files_of_their_own(tmp_path: Path) -> None:
    owners = (
        "ops@a.example",
        "ops@b.example",
        "ops-a.example",
        "a@b-c.example",
        "a-b@c.example",
        "команда",
        "team-a",
        "team a",
        "x" * 300,
    )
    services = (f"s{number}: {{owner: {owner}, hosts: [{number}.example.org]}}" for number, owner in enumerate(owners))
    made = Written(tmp_path)
    made.targets(f"version: 1\nservices: {{{', '.join(services)}}}\n")
    made.audit("2015-03-01T02:10", {"": PASS})
    for owner in owners:
        made.shown("report", "--at", "2015-03-01", "--owner", owner)
    names = {file.name for file in (tmp_path / "reports").glob("*.html")}
    assert len(names) == len(owners)
    plain = {"report-ops-a.example.html", "report-ops-b.example.html", "report-команда.html", "report-team-a.html"}
    assert plain < names


@pytest.mark.parametrize(
    "arguments",
    [
        ("history", "prune", "--keep", "999999"),
        ("history", "latency", "--until", "9999-12-31"),
        ("history", "latency", "--until", "0001-01-01"),
        ("goals", "--since", "9999-12-31"),
        ("report", "--at", "9999-12-31", "--format", "markdown"),
    ],
)
def test_days_that_no_calendar_goes_beyond(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    made = written(tmp_path)
    made.audit("2015-03-01T02:10", {"": PASS})
    assert arguments[-1 if arguments[0] != "report" else 2] in made.refused(*arguments)


def test_a_goal_may_be_due_on_the_last_day_of_the_calendar(tmp_path: Path) -> None:
    made = written(tmp_path, goal="{checks: [pfs-suites], milestones: {9999-12-31: 100%}}")
    made.audit("2015-03-01T02:10", {"": PASS})
    gauges = made.shown("goals", "--at", "2015-03-01", "--format", "prometheus")
    assert 'tlsaudit_objective_due_timestamp_seconds{objective="goal"} 253402300800' in gauges


def test_a_document_is_of_its_own_day(tmp_path: Path) -> None:
    made = written(tmp_path)
    made.audit("2015-03-01T02:10", {"": PASS})
    made.shown("report", "--at", "2015-03-01", "-o", str(tmp_path / "audit.json"))
    done = CliRunner().invoke(cli, ["report", str(tmp_path / "audit.json"), "--at", "2015-03-01"])
    assert "--at" in str(done.exception)
