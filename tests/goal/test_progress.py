"""The status of an objective on a day."""

from collections.abc import Sequence

import pytest

from tests.goal.world import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, day, finding, lines, objective, progress
from tlsaudit.check import Fact, Finding, Outcome
from tlsaudit.goal import Progress, Status
from tlsaudit.target import Decision

ENDPOINTS = [f"{name}.example.org:443@{site}" for name in ("www", "m", "login") for site in ("east", "west")]
SCOPE = "scope: [wiki, login], checks: [pfs-suites]"
WEST = "{check: pfs-suites, on: [login@west], reason: old, expires: 2015-03-31}"
EAST = "{check: pfs-suites, on: [login@east], reason: old, expires: 2015-05-31}"


def said(outcomes: str) -> list[Finding]:
    by_letter = {"p": PASS, "f": FAIL, "u": UNKNOWN, "n": NOT_APPLICABLE}
    pairs = zip(ENDPOINTS, outcomes, strict=True)
    return [finding("pfs-suites", endpoint, by_letter[letter]) for endpoint, letter in pairs]


def share(
    milestones: str,
    outcomes: str,
    at: str,
    *,
    observed: str | None = "today",
    earlier: Sequence[tuple[str, float]] = (),
    waivers: Sequence[str] = (),
    more: str = "",
) -> Progress:
    world = objective(f"{{{SCOPE}, milestones: {{{milestones}}}{more}}}", waivers)
    return progress(world, said(outcomes), at, observed=observed, earlier=earlier)


FALL = "2014-07-31: 50%, 2014-12-31: 100%"


@pytest.mark.parametrize(
    ("milestones", "outcomes", "at", "status", "target", "held"),
    [
        # Every milestone holds, before or after it is due.
        (FALL, "pppppp", "2015-03-01", "met", "100%", [True, True]),
        (FALL, "pppppp", "2014-06-01", "met", "100%", [True, True]),
        (FALL, "pppnpp", "2014-06-01", "met", "100%", [True, True]),
        # The day itself is still in time: the milestone holds by the end of it.
        (FALL, "pppppf", "2014-12-31", "at-risk", "100%", [True, False]),
        (FALL, "pppppf", "2015-01-01", "overdue", "100%", [True, False]),
        (FALL, "pppppu", "2015-01-01", "overdue", "100%", [True, False]),
        # The first that is overdue counts, later ones do not hide it.
        (FALL, "ppffff", "2014-07-31", "on-track", "50%", [False, False]),
        (FALL, "ppffff", "2014-08-01", "overdue", "50%", [False, False]),
        (FALL, "ppffff", "2015-03-01", "overdue", "50%", [False, False]),
        # A milestone that holds early: the next one counts, and nothing is met yet.
        (FALL, "pppppf", "2014-06-01", "on-track", "100%", [True, False]),
        # The straight line from 50% on 31 July to 100% on 31 December passes 75% in mid-October.
        (FALL, "ppppff", "2014-09-10", "on-track", "100%", [True, False]),
        (FALL, "ppppff", "2014-10-15", "at-risk", "100%", [True, False]),
        (FALL, "pppppf", "2014-10-15", "on-track", "100%", [True, False]),
        # Too little was judged to tell.
        (FALL, "pppppu", "2014-06-01", "at-risk", "100%", [True, False]),
        # Nothing was judged.
        (FALL, "uuuuuu", "2014-06-01", "not-measured", "50%", [None, None]),
        (FALL, "nnnnnn", "2014-06-01", "not-measured", "50%", [None, None]),
        (FALL, "uuuuuu", "2014-08-01", "overdue", "50%", [None, None]),
        # To have measured is a milestone of its own.
        ("2015-01-31: measured, 2015-02-28: 100%", "uuuuuu", "2015-01-31", "not-measured", "measured", [None, None]),
        ("2015-01-31: measured, 2015-02-28: 100%", "uuuuuu", "2015-02-01", "overdue", "measured", [None, None]),
        ("2015-01-31: measured, 2015-02-28: 100%", "ffffff", "2015-02-01", "on-track", "100%", [True, False]),
        ("2015-01-31: measured, 2015-02-28: 100%", "fuuuuu", "2015-02-01", "at-risk", "100%", [True, False]),
        ("2015-01-31: measured", "fuuuuu", "2015-02-01", "met", "measured", [True]),
        ("2015-01-31: 0%", "ffffff", "2015-01-01", "met", "0%", [True]),
    ],
)
def test_status(*, milestones: str, outcomes: str, at: str, status: str, target: str, held: list[bool | None]) -> None:
    now = share(milestones, outcomes, at)
    assert (now.status, now.milestone.target.text) == (status, target)
    assert [state.held for state in now.milestones] == held


@pytest.mark.parametrize(
    ("outcomes", "at", "observed", "more", "status"),
    [
        ("pppppp", "2015-03-08", "2015-03-01", "", "met"),
        ("pppppp", "2015-03-09", "2015-03-01", "", "not-measured"),
        ("pppppp", "2015-03-09", None, "", "overdue"),
        ("pppppf", "2015-03-09", "2015-03-01", "", "overdue"),
        ("pppppp", "2015-03-31", "2015-03-01", ", window: 30d", "met"),
        ("pppppp", "2015-04-01", "2015-03-01", ", window: 30d", "not-measured"),
    ],
)
def test_an_observation_counts_for_its_window(
    outcomes: str, at: str, observed: str | None, more: str, status: str
) -> None:
    assert share(FALL, outcomes, at, observed=observed, more=more).status == status


def test_what_was_measured_once_is_measured() -> None:
    now = share("2015-01-31: measured, 2015-12-31: 100%", "uuuuuu", "2015-03-01", earlier=[("2015-01-20", 0.5)])
    assert (now.status, [state.held for state in now.milestones]) == ("not-measured", [True, None])


def test_before_the_first_audit_nothing_is_measured() -> None:
    now = share(FALL, "uuuuuu", "2014-06-01", observed=None)
    assert (now.status, now.share, now.previous) == ("not-measured", 0, None)


@pytest.mark.parametrize(
    ("at", "earlier", "status"),
    [
        ("2015-03-01", [], "on-track"),
        ("2015-03-01", [("2015-03-01", 0.5)], "on-track"),
        ("2015-03-02", [("2015-03-01", 0.5)], "at-risk"),
        ("2015-03-02", [("2015-03-01", 0.25)], "on-track"),
        ("2015-05-15", [("2015-03-01", 0.25), ("2015-05-01", 0.5)], "at-risk"),
        ("2015-05-15", [("2015-06-01", 0.9)], "on-track"),
    ],
)
def test_without_a_milestone_before_it_the_line_starts_at_the_first_measurement(
    at: str, earlier: list[tuple[str, float]], status: str
) -> None:
    assert share("2015-06-30: 100%", "pppfff", at, earlier=earlier).status == status


def test_the_last_earlier_value_is_the_previous_one() -> None:
    earlier = [("2015-02-01", 0.2), ("2015-01-01", 0.1), ("2015-04-01", 0.9)]
    assert share("2015-06-30: 100%", "pppfff", "2015-03-01", earlier=earlier).previous == 0.2


@pytest.mark.parametrize(
    ("milestones", "outcomes", "waivers", "at", "until"),
    [
        (FALL, "pppppf", [WEST], "2015-03-01", "2015-03-31"),
        (FALL, "pppppf", [WEST], "2015-03-31", "2015-03-31"),
        (FALL, "pppppf", [WEST], "2015-04-01", None),
        (FALL, "pppppf", [], "2015-03-01", None),
        # Something else fails, or is not known, besides.
        (FALL, "ppppff", [WEST], "2015-03-01", None),
        (FALL, "ppppuf", [WEST], "2015-03-01", None),
        # Both are needed: from 1 April on one of them is a plain failure.
        (FALL, "ppppff", [WEST, EAST], "2015-03-01", "2015-03-31"),
        # One is enough: the one that is waived longer.
        ("2014-12-31: 80%", "ppppff", [WEST, EAST], "2015-03-01", "2015-05-31"),
        # Not due yet: nothing to excuse.
        ("2015-12-31: 100%", "pppppf", [WEST], "2015-03-01", None),
    ],
)
def test_excused_until(milestones: str, outcomes: str, waivers: list[str], at: str, until: str | None) -> None:
    now = share(milestones, outcomes, at, waivers=waivers)
    assert now.excused_until == (day(until) if until else None)
    assert now.status == ("overdue" if milestones != "2015-12-31: 100%" else "on-track")


def test_what_blocks_is_told_worst_first() -> None:
    now = share(FALL, "pfuppf", "2015-03-01", waivers=[WEST])
    assert lines(now.blocking) == (
        f"pfs-suites {ENDPOINTS[1]}: says fail",
        f"pfs-suites {ENDPOINTS[2]}: says unknown",
        f"pfs-suites {ENDPOINTS[5]}: says fail (waived until 2015-03-31)",
    )
    assert share("2014-12-31: 80%", "pppppf", "2015-03-01").blocking == ()


METRIC = "scope: [login], metric: page-size-exposure/recognisable"
SIZES = "2014-12-31: measured, 2015-06-30: <= 45%"


def sizes(east: Fact, west: Fact) -> list[Finding]:
    figures = {"login.example.org:443@east": east, "login.example.org:443@west": west}
    return [finding("page-size-exposure", where, PASS, recognisable=figure) for where, figure in figures.items()]


@pytest.mark.parametrize(
    ("milestones", "east", "west", "at", "status", "value", "coverage"),
    [
        (SIZES, 0.45, 0.2, "2015-03-01", "met", 0.45, 1),
        (SIZES, 0.4500001, 0.2, "2015-03-01", "on-track", 0.4500001, 1),
        (SIZES, 0.4500001, 0.2, "2015-07-01", "overdue", 0.4500001, 1),
        # A figure that is missing might be the worst.
        (SIZES, 0.4, None, "2015-03-01", "at-risk", 0.4, 0.5),
        (SIZES, 0.4, None, "2015-07-01", "overdue", 0.4, 0.5),
        (SIZES, None, None, "2014-12-31", "not-measured", None, 0),
        (SIZES, None, None, "2015-03-01", "overdue", None, 0),
        ("2015-06-30: '>= 12'", 12, 15, "2015-03-01", "met", 12, 1),
        ("2015-06-30: '>= 12'", 11.9, 15, "2015-03-01", "on-track", 11.9, 1),
        ("2015-06-30: 90%", 0.9, 1, "2015-03-01", "met", 0.9, 1),
        ("2014-12-31: measured", 0.9, 1, "2015-03-01", "met", 1, 1),
    ],
)
def test_metric(
    *,
    milestones: str,
    east: float | None,
    west: float | None,
    at: str,
    status: str,
    value: float | None,
    coverage: float,
) -> None:
    findings = sizes(east, west)
    now = progress(objective(f"{{{METRIC}, milestones: {{{milestones}}}}}"), findings, at)
    assert (now.status, now.value, now.coverage, now.share) == (status, value, coverage, None)


@pytest.mark.parametrize("fact", [True, "0.3", float("nan"), float("inf"), [0.3]])
def test_only_a_number_is_a_figure(fact: Fact) -> None:
    findings = [
        finding("page-size-exposure", f"login.example.org:443@{site}", PASS, recognisable=fact)
        for site in ("east", "west")
    ]
    now = progress(objective(f"{{{METRIC}, milestones: {{{SIZES}}}}}"), findings, "2014-06-01")
    assert (now.value, now.counts.unknown) == (None, 2)


@pytest.mark.parametrize(("outcome", "value"), [(UNKNOWN, 0.2), (NOT_APPLICABLE, 0.2), (FAIL, 0.6), (PASS, 0.6)])
def test_a_figure_counts_where_something_was_judged(outcome: Outcome, value: float) -> None:
    findings = [
        finding("page-size-exposure", "login.example.org:443@east", PASS, recognisable=0.2),
        finding("page-size-exposure", "login.example.org:443@west", outcome, recognisable=0.6),
    ]
    assert progress(objective(f"{{{METRIC}, milestones: {{{SIZES}}}}}"), findings, "2014-06-01").value == value


def test_what_blocks_a_metric() -> None:
    findings = [finding("page-size-exposure", "login.example.org:443@east", FAIL, recognisable=0.6)]
    now = progress(objective(f"{{{METRIC}, milestones: {{{SIZES}}}}}"), findings, "2015-03-01")
    assert lines(now.blocking) == (
        "page-size-exposure login.example.org:443@east: says fail",
        "page-size-exposure login.example.org:443@west: not judged",
    )


def test_a_metric_that_falls_is_at_risk_above_the_line() -> None:
    findings = [
        finding("page-size-exposure", f"login.example.org:443@{site}", PASS, recognisable=0.6)
        for site in ("east", "west")
    ]
    world = objective(f"{{{METRIC}, milestones: {{{SIZES}}}}}")
    assert progress(world, findings, "2015-05-01", earlier=[("2015-01-01", 0.61)]).status is Status.AT_RISK
    assert progress(world, findings, "2015-01-02", earlier=[("2015-01-01", 0.61)]).status is Status.ON_TRACK


DECIDED = "decision: force, decided: 2015-06-12, record: https://example.org/minutes"


@pytest.mark.parametrize(
    ("decision", "at", "status", "held"),
    [
        ("decision: undecided", "2015-06-30", "undecided", False),
        ("decision: undecided", "2015-07-01", "overdue", False),
        (DECIDED, "2015-06-12", "met", True),
        (DECIDED, "2015-08-01", "met", True),
        (DECIDED, "2015-06-11", "undecided", False),
        (DECIDED.replace("force,", "do-not-force,"), "2015-08-01", "met", True),
    ],
)
def test_decision(decision: str, at: str, status: str, held: bool) -> None:
    now = progress(objective(f"{{{decision}, milestones: {{2015-06-30: decided}}}}"), [], at, observed=None)
    assert (now.status, now.milestones[0].held, now.milestone.target.text) == (status, held, "decided")
    assert (now.share, now.coverage, now.blocking) == (None, None, ())
    if not held:
        assert now.decision == Decision("undecided", None, None)


@pytest.mark.parametrize(("outcomes", "ready"), [("pppppp", 1), ("pppfff", 0.5)])
def test_readiness_stands_beside_a_decision_and_never_decides(outcomes: str, ready: float) -> None:
    world = objective(f"{{{SCOPE}, decision: undecided, milestones: {{2015-06-30: decided}}}}")
    now = progress(world, said(outcomes), "2015-03-01")
    assert (now.status, now.share, now.coverage) == ("undecided", ready, 1)
    assert len(now.blocking) == outcomes.count("f")
