"""Why a figure differs from the audit before: what is progress, what regression, and what neither."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest

from tests.goal.world import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, day, finding, objective
from tlsaudit.check import Finding, Outcome, Subject, SubjectKind
from tlsaudit.goal import Cause, Changes, Subjects, Waivers, by_check_and_subject, changes, take
from tlsaudit.goal.measurement import Measurement

A, B, C = (f"{name}.example.org:443@east" for name in ("www", "m", "login"))
DUE = "milestones: {2015-06-30: 100%}"
SUITES, CLIENTS, BOTH = (
    f"{{checks: [{checks}], {DUE}}}" for checks in ("pfs-suites", "pfs-clients", "pfs-suites, pfs-clients")
)
METRIC = "{metric: page-size-exposure/recognisable, milestones: {2015-06-30: <= 45%}}"

Said = Sequence[Finding]


def _measured(line: str, findings: Said, scope: Sequence[str]) -> Measurement:
    world = objective(line)
    subjects = Subjects(world)
    in_scope = [Subject(SubjectKind.ENDPOINT, name) for name in scope]
    return take(world.objectives[0], in_scope, by_check_and_subject(findings), Waivers((), subjects, day("2015-03-01")))


def _changes(
    before: Said,
    now: Said,
    lines: tuple[str, str] = (SUITES, SUITES),
    scopes: tuple[Sequence[str], Sequence[str]] = ([A], [A]),
    rules: Sequence[str] = (),
) -> Changes:
    was, is_now = (_measured(*side) for side in zip(lines, (before, now), scopes, strict=True))
    return changes(was, is_now, rules)


def _suites(outcome: Outcome | None, subject: str = A, waiver: str | None = None) -> Said:
    return [replace(finding("pfs-suites", subject, outcome), waiver=waiver)] if outcome else []


@pytest.mark.parametrize(
    ("before", "now", "cause", "direction"),
    [
        (FAIL, PASS, Cause.FIXED, 1),
        (PASS, FAIL, Cause.REGRESSED, -1),
        (PASS, UNKNOWN, Cause.LOST, -1),
        (FAIL, UNKNOWN, Cause.LOST, 0),
        (UNKNOWN, PASS, Cause.REGAINED, 1),
        (UNKNOWN, FAIL, Cause.REGAINED, 0),
        (NOT_APPLICABLE, FAIL, Cause.APPLICABILITY, 0),
        (PASS, NOT_APPLICABLE, Cause.APPLICABILITY, 0),
        *((outcome, outcome, None, 0) for outcome in Outcome),
    ],
)
@pytest.mark.parametrize("ruled", [False, True])
def test_a_subject_in_both(before: Outcome, now: Outcome, cause: Cause | None, direction: int, ruled: bool) -> None:
    found = _changes(_suites(before), _suites(now), rules=["pfs-suites"] if ruled else [])
    if ruled and cause:
        assert found == Changes({Cause.RULE_CHANGED: 1}, ("pfs-suites",), 0)
    else:
        assert found == Changes({cause: 1} if cause else {}, (), direction)


@pytest.mark.parametrize("rules", [[], ["pfs-suites"]])
def test_waivers_are_told_apart_whatever_became_of_the_rule(rules: list[str]) -> None:
    excused, not_excused = _suites(FAIL, waiver="old"), _suites(FAIL)
    assert _changes(excused, not_excused, rules=rules) == Changes({Cause.WAIVER_EXPIRED: 1}, (), 0)
    assert _changes(not_excused, excused, rules=rules) == Changes({Cause.WAIVED: 1}, (), 0)


@pytest.mark.parametrize(("before", "now", "cause"), [("p", "f", Cause.REGRESSED), ("f", "p", Cause.FIXED)])
def test_beside_what_is_excused_another_check_turns(before: str, now: str, cause: Cause) -> None:
    """No waiver began or ended."""
    outcomes = {"p": PASS, "f": FAIL}
    was, is_now = ([*_suites(FAIL, waiver="old"), finding("pfs-clients", A, outcomes[side])] for side in (before, now))
    assert _changes(was, is_now, (BOTH, BOTH)).counts == {cause: 1}


def test_what_came_and_what_left_is_no_progress() -> None:
    found = _changes([*_suites(PASS), *_suites(FAIL, B)], [*_suites(PASS), *_suites(PASS, C)], scopes=([A, B], [A, C]))
    assert found == Changes({Cause.APPEARED: 1, Cause.LEFT: 1}, (), 0)


@pytest.mark.parametrize("outcome", [NOT_APPLICABLE, None])
def test_what_never_counted_neither_came_nor_left(outcome: Outcome | None) -> None:
    assert _changes(_suites(outcome), [], scopes=([A], [])).counts == {}
    assert _changes([], _suites(outcome), scopes=([], [A])).counts == {}


@pytest.mark.parametrize(
    ("before", "now", "rules", "cause"),
    [
        ("pp", "ff", ["pfs-suites"], Cause.REGRESSED),
        ("pp", "fp", ["pfs-suites"], Cause.RULE_CHANGED),
        ("pp", "pf", ["pfs-suites"], Cause.REGRESSED),
        ("ff", "pp", ["pfs-suites"], Cause.RULE_CHANGED),
        ("fp", "pp", ["pfs-clients"], Cause.FIXED),
        ("pf", "pp", ["pfs-clients"], Cause.RULE_CHANGED),
        ("ff", "pf", ["pfs-suites"], None),
    ],
)
def test_of_several_checks_those_that_decided_count(
    before: str, now: str, rules: list[str], cause: Cause | None
) -> None:
    found = _changes(_two(before), _two(now), (BOTH, BOTH), rules=rules)
    assert list(found.counts) == ([cause] if cause else [])
    assert found.rules == (tuple(rules) if cause is Cause.RULE_CHANGED else ())


def _two(letters: str) -> Said:
    by_letter = {"p": PASS, "f": FAIL}
    return [
        finding(check, A, by_letter[letter])
        for check, letter in zip(("pfs-suites", "pfs-clients"), letters, strict=True)
    ]


@pytest.mark.parametrize(
    ("lines", "before", "now", "cause"),
    [
        ((BOTH, SUITES), "pf", "pf", Cause.CHECKS_CHANGED),
        ((SUITES, BOTH), "pf", "pf", Cause.CHECKS_CHANGED),
        ((SUITES, CLIENTS), "pf", "pf", Cause.CHECKS_CHANGED),
        ((SUITES, BOTH), "pp", "fp", Cause.REGRESSED),
        ((BOTH, SUITES), "fp", "pp", Cause.FIXED),
    ],
)
def test_a_goal_that_asks_for_other_checks(lines: tuple[str, str], before: str, now: str, cause: Cause) -> None:
    found = _changes(_two(before), _two(now), lines)
    assert list(found.counts) == [cause]
    assert found.direction == {Cause.CHECKS_CHANGED: 0, Cause.REGRESSED: -1, Cause.FIXED: 1}[cause]


def _sizes(*values: float | None) -> Said:
    return [
        finding("page-size-exposure", subject, UNKNOWN)
        if value is None
        else finding("page-size-exposure", subject, PASS, recognisable=value)
        for subject, value in zip((A, B), values, strict=True)
    ]


@pytest.mark.parametrize(
    ("before", "now", "causes", "direction"),
    [
        ((0.5, 0.6), (0.5, 0.4), {Cause.IMPROVED: 1}, 1),
        ((0.5, 0.6), (0.7, 0.6), {Cause.WORSENED: 1}, -1),
        ((0.5, 0.6), (0.7, 0.4), {Cause.IMPROVED: 1, Cause.WORSENED: 1}, -1),
        ((0.5, 0.6), (0.5, 0.6), {}, 0),
        ((0.5, 0.6), (0.5, None), {Cause.LOST: 1}, 0),
        ((0.5, None), (0.5, 0.9), {Cause.REGAINED: 1}, 0),
    ],
)
def test_a_metric(
    before: tuple[float | None, float | None],
    now: tuple[float | None, float | None],
    causes: dict[Cause, int],
    direction: int,
) -> None:
    found = _changes(_sizes(*before), _sizes(*now), (METRIC, METRIC), ([A, B], [A, B]))
    assert found == Changes(causes, (), direction)


def test_a_metric_by_another_rule_is_neither_better_nor_worse() -> None:
    found = _changes(_sizes(0.5, 0.5), _sizes(0.4, 0.6), (METRIC, METRIC), ([A, B], [A, B]), ["page-size-exposure"])
    assert found == Changes({Cause.RULE_CHANGED: 2}, ("page-size-exposure",), 0)


def test_a_weighted_share_gains_by_weight() -> None:
    was, now = (
        _measured(SUITES, [*_suites(first), *_suites(second, B)], [A, B])
        for first, second in ((FAIL, PASS), (PASS, FAIL))
    )
    weights = {Subject(SubjectKind.ENDPOINT, name): Fraction(weight) for name, weight in ((A, 9), (B, 1))}
    assert changes(was, replace(now, weights=weights), ()).direction == 1
