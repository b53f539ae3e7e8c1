"""The readiness sheet of a decision, from findings."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.goal.world import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, day, finding, objective
from tlsaudit.check import Finding, Outcome, Subject, SubjectKind
from tlsaudit.goal import READINESS, Readiness, Subjects, Waivers, by_check_and_subject, readiness
from tlsaudit.goal.readiness import Answer, LockedOut, Question, References, Spread

EAST, WEST, MOBILE = (
    f"{name}.example.org:443@{site}" for name, site in (("www", "east"), ("www", "west"), ("m", "east"))
)
HOSTS = (EAST, WEST, MOBILE)
FORCE = "decision: undecided, milestones: {2015-06-30: decided}"


def sheet(findings: Sequence[Finding], waivers: Sequence[str] = (), *, goal: str = FORCE) -> Readiness | None:
    world = objective(f"{{{goal}}}", waivers)
    subjects = Subjects(world)
    in_force = Waivers(world.waivers, subjects, day("2015-03-01"))
    endpoints = [Subject(SubjectKind.ENDPOINT, name) for name in HOSTS]
    found = by_check_and_subject([in_force.apply(item) for item in findings])
    return readiness(world.objectives[0], endpoints, found, in_force)


def answer(question: Question, *said: tuple[str, Outcome, dict[str, Any]]) -> Answer:
    check = READINESS[question]
    found = sheet([finding(check, where, outcome, **facts) for where, outcome, facts in said])
    assert found
    (one,) = (item for item in found.answers if item.question is question)
    assert one.check == check
    return one


def test_what_is_counted_and_who_does_not_pass() -> None:
    found = answer(Question.ENFORCED, (EAST, UNKNOWN, {}), (WEST, PASS, {}), (MOBILE, FAIL, {}))
    assert (found.counts.passed, found.counts.fail, found.counts.unknown) == (1, 1, 1)
    assert [subject.id for subject in found.open] == [MOBILE, EAST]  # failures first
    assert found.measured is None  # its outcomes say it all


def test_what_nobody_judged_is_unknown() -> None:
    found = sheet([])
    assert found
    assert [item.question for item in found.answers] == list(Question)
    for item in found.answers:
        assert (item.counts.unknown, item.counts.judged, item.measured or 0) == (3, 0, 0)
        assert (dict(item.steps), item.references, item.locked_out, dict(item.times_ms)) == ({}, None, None, {})


def test_no_sheet_where_none_of_it_applies() -> None:
    assert sheet([finding(check, host, NOT_APPLICABLE) for check in READINESS.values() for host in HOSTS]) is None


@pytest.mark.parametrize(
    ("said", "measured", "steps"),
    [
        ([(EAST, PASS, {"step": 5}), (WEST, PASS, {"step": 5}), (MOBILE, FAIL, {"step": 0})], 3, {0: 1, 5: 2}),
        # Without the fact, and where nothing was judged, nothing is measured: that is no step 0.
        ([(EAST, PASS, {"step": 6}), (WEST, FAIL, {}), (MOBILE, UNKNOWN, {"step": 1})], 1, {6: 1}),
        ([(EAST, PASS, {"step": "5"}), (WEST, FAIL, {"step": True}), (MOBILE, FAIL, {"step": None})], 0, {}),
    ],
)
def test_steps(said: list[tuple[str, Outcome, dict[str, Any]]], measured: int, steps: dict[int, int]) -> None:
    found = answer(Question.HSTS, *said)
    assert (found.measured, found.steps) == (measured, steps)


def test_references_by_http() -> None:
    clean = {"active": 0, "passive": 3, "forms": 0, "pages": 10}
    found = answer(
        Question.MIXED_CONTENT,
        (EAST, PASS, clean),
        (WEST, FAIL, {"active": 2, "passive": 0, "forms": 0, "pages": 9}),
        (MOBILE, FAIL, {"active": 0, "passive": 1, "forms": 1, "pages": 8}),
    )
    assert found.measured == 3
    assert found.references == References(2, 4, 1, pages=27, endpoints=2, where=(WEST, MOBILE))
    # Counts without their pages are of no use.
    found = answer(Question.MIXED_CONTENT, (EAST, PASS, clean), (WEST, FAIL, {"active": 2}), (MOBILE, UNKNOWN, clean))
    assert (found.measured, found.references) == (1, References(0, 3, 0, pages=10, endpoints=0, where=()))
    found = answer(Question.MIXED_CONTENT, (EAST, FAIL, {"active": 2}))
    assert (found.measured, found.references) == (0, None)


def test_who_is_locked_out_of_at_least_one() -> None:
    found = answer(
        Question.CLIENTS,
        (EAST, PASS, {"clients": 97, "served": 95, "locked_out": ["IE 7", "Java 7"]}),
        (WEST, PASS, {"clients": 97, "served": 95, "locked_out": ["Java 7", "Android 4"]}),
        (MOBILE, FAIL, {"clients": 97, "locked_out": "IE 7"}),
    )
    assert (found.measured, found.locked_out) == (2, LockedOut(97, ("IE 7", "Java 7", "Android 4")))
    found = answer(Question.CLIENTS, (EAST, PASS, {"clients": 97, "locked_out": []}))
    assert (found.measured, found.locked_out) == (1, LockedOut(97, ()))
    found = answer(Question.CLIENTS, (EAST, PASS, {"served": 97}))
    assert (found.measured, found.locked_out) == (0, None)


def test_times_are_medians_with_their_ends() -> None:
    found = answer(
        Question.LATENCY,
        (EAST, PASS, {"added_ms": 30.5, "https_tls_ms": 30}),
        (WEST, FAIL, {"added_ms": 80}),
        (MOBILE, PASS, {"added_ms": -1.0, "http_connect_ms": float("nan")}),
    )
    assert found.measured == 3
    assert found.times_ms == {
        "added_ms": Spread(30.5, -1.0, MOBILE, 80.0, WEST),
        "https_tls_ms": Spread(30.0, 30.0, EAST, 30.0, EAST),
    }
    found = answer(Question.LATENCY, (EAST, PASS, {"added_ms": 10}), (WEST, PASS, {"added_ms": 20}))
    assert (found.measured, found.times_ms["added_ms"].median) == (2, 15)


@pytest.mark.parametrize(
    ("waiver", "goal", "concerns"),
    [
        ("{check: redirect-https, on: [wiki], reason: r, expires: 2015-03-01}", FORCE, True),
        ("{check: clients-served, on: [www.example.org@west], reason: r, expires: 2015-03-31}", FORCE, True),
        ("{check: redirect-https, on: [wiki], reason: r, expires: 2015-02-28}", FORCE, False),  # expired
        ("{check: redirect-https, on: [login], reason: r, expires: 2015-03-31}", FORCE, False),  # not in scope
        ("{check: pfs-suites, on: [wiki], reason: r, expires: 2015-03-31}", FORCE, False),  # not asked
        ("{check: pfs-suites, on: [wiki], reason: r, expires: 2015-03-31}", f"checks: [pfs-suites], {FORCE}", True),
    ],
)
def test_which_waivers_are_exceptions(waiver: str, goal: str, concerns: bool) -> None:
    found = sheet([finding("redirect-https", EAST, FAIL)], [waiver], goal=goal)
    assert found
    assert [spec.reason for spec in found.exceptions] == (["r"] if concerns else [])
