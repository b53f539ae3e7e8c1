"""What changed since a day that the reader names, on every screen, over histories that are written here."""

from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema
import pytest
from bs4 import BeautifulSoup

from tests.app.written import FAIL, PASS, UNKNOWN, Written
from tlsaudit.goal import RecordedMeasurement
from tlsaudit.report.json import audit_schema
from tlsaudit.store import Store

TARGETS = """\
version: 1
defaults: {{owner: ops@example.org}}
services: {{www: [a.example.org, b.example.org, c.example.org, d.example.org]}}
objectives:
  pfs: {{title: Recordings stay secret, checks: [pfs-suites], milestones: {{{due}: 100%}}}}
"""
LATE = "  tls: {title: Old versions are off, checks: [tls-versions], milestones: {2015-12-31: 100%}}\n"


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Four audits: a goalpost moves in February, and a second goal is measured from March on."""
    made = Written(tmp_path_factory.mktemp("since"))
    made.targets(TARGETS.format(due="2015-06-30"))
    made.audit("2015-01-10T02:10", {"a": FAIL, "b": FAIL, "c": FAIL, "d": PASS})
    made.targets(TARGETS.format(due="2015-09-30"))
    made.audit("2015-02-10T02:10", {"a": PASS, "b": FAIL, "c": FAIL, "d": PASS})
    made.audit("2015-02-28T23:59:30", {"a": PASS, "b": PASS, "c": FAIL, "d": PASS})  # ends in March
    made.targets(TARGETS.format(due="2015-09-30") + LATE)
    made.audit(
        "2015-03-10T02:10", {"a": PASS, "b": PASS, "c": UNKNOWN, "d": FAIL}, checks=("pfs-suites", "tls-versions")
    )
    made.audit("2015-03-14T02:10", {"a": PASS, "b": PASS, "c": PASS, "d": FAIL}, checks=("tls-versions",))
    return made


@pytest.mark.parametrize(
    ("since", "previous_at", "previous", "fixed", "moves"),
    [
        (None, "2015-02-28T23:59:30Z", 0.75, 0, 2),
        ("2015-03-01", "2015-02-28T23:59:30Z", 0.75, 0, 1),
        ("2015-02-28", "2015-02-10T02:10:00Z", 0.5, 1, 1),
        ("2014-12-31", "2015-01-10T02:10:00Z", 0.25, 2, 2),
    ],
)
def test_all_is_compared_with_the_audit_in_force_on_the_day(
    history: Written, since: str | None, previous_at: str, previous: float, *, fixed: int, moves: int
) -> None:
    asked = ["--since", since] if since else []
    document = history.document("goals", "--at", "2015-03-10", *asked)
    assert (document["since"], document["previous_at"]) == (since, previous_at)
    pfs = document["objectives"][0]
    assert (pfs["previous"], pfs["changes"]["since"]) == (previous, previous_at)
    causes = {each["cause"]: each["count"] for each in pfs["changes"]["causes"]}
    assert causes == {**({"fixed": fixed} if fixed else {}), "regressed": 1, "lost": 1}
    counted = {name: count for name, count in document["finding_changes"].items() if count}
    assert counted == {**causes, "not_run_before": 1}  # c was not judged by tls-versions, and d fails by both
    assert len(document["goalposts"]["moves"]) == moves
    jsonschema.validate(document, audit_schema())


@pytest.mark.parametrize("command", ["goals", "report"])
def test_the_screen_says_since_when(history: Written, command: str) -> None:
    shown = history.shown(command, "--at", "2015-03-10", "--since", "2015-02-20", "--format", "terminal")
    assert "Encryption goals, 2015-03-10 · compared with 2015-02-20" in shown
    assert "Recordings stay secret: 1 fixed, 1 regressed, 1 unknown now since 2015-02-10, was 50%" in shown
    assert "single findings: 1 fixed, 1 regressed, 1 unknown now, 1 found by checks not run then" in shown
    assert "no goalpost since 2015-02-20" not in shown
    assert "2015-03-10 Old versions are off: the goal added" in shown
    assert "100% by 2015-06-30" not in shown  # had moved by then


def test_no_audit_was_finished_by_then(history: Written) -> None:
    document = history.document("goals", "--at", "2015-03-10", "--since", "2014-12-31")
    assert document["notes"][0] == "no audit was finished by 2014-12-31: all is compared with the first, of 2015-01-10"
    document = history.document("goals", "--at", "2015-01-10", "--since", "2014-12-31")
    assert document["notes"][0] == (
        "no audit was finished by 2014-12-31, and this one is the first: there is nothing to compare with"
    )
    assert [document["objectives"][0][name] for name in ("previous", "changes")] == [None, None]


def test_a_goal_that_was_not_audited_since_has_not_changed(history: Written) -> None:
    """The last audit by pfs-suites is within the window of the goal, and older than the day asked for."""
    document = history.document("goals", "--at", "2015-03-14", "--since", "2015-03-12")
    pfs, tls = document["objectives"]
    assert pfs["measured_at"] == document["previous_at"] == "2015-03-10T02:10:00Z"
    assert (pfs["previous"], pfs["share"], pfs["changes"]["causes"]) == (0.5, 0.5, [])
    assert (tls["previous"], tls["share"]) == (0.5, 0.75)


def test_the_page_says_since_when(history: Written) -> None:
    page = BeautifulSoup(
        history.shown("report", "--at", "2015-03-10", "--since", "2015-02-20", "--format", "html"), "lxml"
    )
    assert page.title is not None
    assert page.title.get_text() == "Encryption timetable since 20 February 2015, 10 March 2015"
    changes = page.select_one(".changes")
    assert changes is not None
    assert " ".join(changes.get_text().split()) == (
        "Since 20 February, nothing got better. Nothing got worse. Not measured then: Old versions are off. "
        "Single findings: 1 fixed, 1 regressed, 1 unknown now, 1 found by checks not run then."
    )


def test_a_day_since_which_nothing_was_audited(history: Written) -> None:
    said = history.refused("goals", "--at", "2015-03-20", "--since", "2015-03-14")
    assert said == (
        "tlsaudit: --since 2015-03-14: nothing was audited since then, the last audit is of 2015-03-14: "
        "name an earlier day\n"
    )


@pytest.mark.parametrize(
    ("since", "previous", "day"), [("2015-02-20", 0.6, "2015-02-15"), ("2015-03-09", 0.7, "2015-03-08")]
)
def test_a_recorded_figure_is_compared_with_the_last_of_that_day(
    tmp_path: Path, since: str, previous: float, day: str
) -> None:
    history = Written(tmp_path)
    crawlers = "  crawlers: {metric: crawler-https/share, milestones: {2015-12-31: 95%}}\n"
    history.targets(TARGETS.format(due="2015-06-30") + crawlers)
    for moment in ("2015-02-01T02:10", "2015-03-10T02:10"):
        history.audit(moment, {"": FAIL})
    with Store.open(history.database) as store:
        store.record_measurements(
            RecordedMeasurement(
                "crawler-https", "share", share, 100, "requests", last, last, datetime(2015, 3, 9, tzinfo=UTC), "a log"
            )
            for last, share in ((date(2015, 1, 31), 0.5), (date(2015, 2, 15), 0.6), (date(2015, 3, 8), 0.7))
        )
    crawlers_now = history.document("goals", "--at", "2015-03-10", "--since", since)["objectives"][1]
    assert (crawlers_now["value"], crawlers_now["previous"]) == (0.7, previous)
    assert crawlers_now["measurement"]["previous_day"] == day
