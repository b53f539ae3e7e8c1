"""What counts as a moved goalpost, and whether it made a goal easier."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.goal.world import FAIL, KINDS, NOT_APPLICABLE, PASS, UNKNOWN, day, finding, targets
from tlsaudit.check import Finding, Outcome
from tlsaudit.goal import Goalpost, Move, Subjects, Yardstick, by_check_and_subject, moves
from tlsaudit.target import Targets

ALL = "checks: [pfs-suites], milestones: {2015-06-30: 100%}"
BOTH = "checks: [pfs-suites, pfs-clients], milestones: {2015-06-30: 100%}"
WIKI = [f"{name}.example.org:443@{site}" for name in ("www", "m") for site in ("east", "west")]


def _yardstick(world: Targets, at: str, ran: str = "") -> Yardstick:
    return Yardstick(
        day(at),
        world.objectives,
        world.waivers,
        world.check_options,
        Subjects(world),
        frozenset(filter(None, [ran])),
        world.renamed,
    )


def _moves(
    before: Targets,
    after: Targets,
    findings: Sequence[Finding] = (),
    *,
    ran: str = "pfs-suites",
) -> list[Move]:
    known = by_check_and_subject(findings)

    return list(moves(_yardstick(before, "2015-02-01", ran), _yardstick(after, "2015-03-01"), KINDS, lambda: known))


def _goal(line: str) -> Targets:
    return targets(f"objectives:\n  goal: {{title: A goal, {line}}}\n")


def _milestones(text: str) -> Targets:
    kind = "metric: page-size-exposure/recognisable" if "<" in text or ">" in text else "checks: [pfs-suites]"
    return _goal(f"{kind}, window: 7d, milestones: {{{text}}}")


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ("2015-06-30: 100%", "2015-06-30: 100%", []),
        ("2015-06-30: 100%", "2015-09-30: 100%", [("100% by 2015-06-30", "100% by 2015-09-30", True)]),
        ("2015-06-30: 100%", "2015-03-31: 100%", [("100% by 2015-06-30", "100% by 2015-03-31", False)]),
        ("2015-06-30: 100%", "2015-06-30: 90%", [("100% by 2015-06-30", "90% by 2015-06-30", True)]),
        ("2015-06-30: 90%", "2015-06-30: 100%", [("90% by 2015-06-30", "100% by 2015-06-30", False)]),
        ("2015-06-30: 90%", "2015-09-30: 95%", [("90% by 2015-06-30", "95% by 2015-09-30", True)]),
        ("2015-06-30: 90%", "2015-05-31: 95%", [("90% by 2015-06-30", "95% by 2015-05-31", False)]),
        ("2015-06-30: 90%", "2015-05-31: 50%", [("90% by 2015-06-30", "50% by 2015-05-31", True)]),
        ("2015-06-30: <= 40%", "2015-06-30: <= 45%", [("<= 40% by 2015-06-30", "<= 45% by 2015-06-30", True)]),
        ("2015-06-30: <= 45%", "2015-06-30: <= 40%", [("<= 45% by 2015-06-30", "<= 40% by 2015-06-30", False)]),
        ("2015-06-30: '>= 12'", "2015-06-30: '>= 10'", [(">= 12 by 2015-06-30", ">= 10 by 2015-06-30", True)]),
        ("2015-06-30: 50%", "2015-06-30: 50%, 2015-12-31: 100%", [(None, "100% by 2015-12-31", False)]),
        ("2015-06-30: 50%, 2015-12-31: 100%", "2015-12-31: 100%", [("50% by 2015-06-30", None, True)]),
        ("2015-06-30: 50%, 2015-12-31: 100%", "2015-06-30: 100%", [
            ("100% by 2015-12-31", "100% by 2015-06-30", False), ("50% by 2015-06-30", None, False),
        ]),
        ("2015-06-30: {target: 50%, every: 3 months}", "2015-06-30: {target: 50%, every: 1 year}", [
            ("50% by 2015-06-30, every 3 months", "50% by 2015-06-30, every year", True),
        ]),
        ("2015-06-30: 50%", "2015-06-30: {target: 50%, every: 1 year}", [
            ("50% by 2015-06-30", "50% by 2015-06-30, every year", False),
        ]),
        ("2015-06-30: measured", "2015-06-30: 50%", [("measured by 2015-06-30", "50% by 2015-06-30", False)]),
        ("2015-06-30: 50%", "2015-06-30: measured", [("50% by 2015-06-30", "measured by 2015-06-30", True)]),
        ("2015-06-30: 50%, 2015-12-31: 100%", "2015-07-31: 50%, 2016-01-31: 100%", [
            ("50% by 2015-06-30", "50% by 2015-07-31", True), ("100% by 2015-12-31", "100% by 2016-01-31", True),
        ]),
        ("2015-06-30: 50%, 2015-12-31: 100%", "2015-07-31: 60%, 2016-01-31: 90%", [
            ("50% by 2015-06-30", "60% by 2015-07-31", True), ("100% by 2015-12-31", "90% by 2016-01-31", True),
        ]),
    ],
)  # fmt: skip
def test_milestones(before: str, after: str, moved: list[tuple[str | None, str | None, bool]]) -> None:
    found = _moves(_milestones(before), _milestones(after))
    assert [(move.before, move.after, move.easier) for move in found] == moved
    assert {(move.goalpost, move.objective, move.name) for move in found} <= {(Goalpost.MILESTONE, "goal", "A goal")}


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        (BOTH, ALL, ("checks", "pfs-suites, pfs-clients", "pfs-suites", True)),
        (ALL, BOTH, ("checks", "pfs-suites", "pfs-suites, pfs-clients", False)),
        (f"{ALL}, window: 7d", f"{ALL}, window: 4w", ("window", "7d", "28d", True)),
        (f"{ALL}, window: 12h", f"{ALL}, window: 90m", ("window", "12h", "90m", False)),
        (
            "metric: page-size-exposure/recognisable, milestones: {2015-06-30: measured}",
            "metric: page-size-exposure/other, milestones: {2015-06-30: measured}",
            ("metric", "page-size-exposure/recognisable", "page-size-exposure/other", None),
        ),
        (
            "decision: force, decided: 2015-02-01, record: here, milestones: {2015-06-30: decided}",
            "decision: undecided, milestones: {2015-06-30: decided}",
            ("decision", "force on 2015-02-01", "undecided", None),
        ),
        (
            "decision: undecided, milestones: {2015-06-30: decided}",
            "decision: force, decided: 2015-02-01, record: here, milestones: {2015-06-30: decided}",
            None,
        ),
        (f"{ALL}, owner: a", f"{ALL}, owner: b", None),
        ("checks: [pfs-suites, pfs-clients], milestones: {2015-06-30: 100%}",
         "checks: [pfs-clients, pfs-suites], milestones: {2015-06-30: 100%}", None),
    ],
)  # fmt: skip
def test_what_else_a_goal_asks_for(
    before: str, after: str, moved: tuple[str, str | None, str | None, bool | None] | None
) -> None:
    found = [(move.goalpost, move.before, move.after, move.easier) for move in _moves(_goal(before), _goal(after))]
    assert found == ([moved] if moved else [])


def test_a_goal_that_is_gone_is_easier_than_one_that_is_new() -> None:
    one, other = targets(f"objectives: {{one: {{{ALL}}}}}"), targets(f"objectives: {{other: {{{ALL}}}}}")
    assert _moves(one, other) == [
        Move(Goalpost.OBJECTIVE, "other", "other", None, "100% by 2015-06-30", False),
        Move(Goalpost.OBJECTIVE, "one", "one", "100% by 2015-06-30", None, True),
    ]


@pytest.mark.parametrize(
    ("outcomes", "left", "not_passing", "easier"),
    [
        ([PASS, PASS], 2, 0, False),
        ([PASS, FAIL], 2, 1, True),
        ([UNKNOWN, FAIL], 2, 2, True),
        ([NOT_APPLICABLE, PASS], 1, 0, False),
        ([None, PASS], 1, 0, False),
    ],
)
@pytest.mark.parametrize("by", ["scope", "subjects"])
def test_what_left_the_scope(
    outcomes: Sequence[Outcome | None], left: int, not_passing: int, easier: bool, by: str
) -> None:
    before = _goal(f"{ALL}, scope: [wiki]" if by == "scope" else ALL)
    findings = [finding("pfs-suites", name, said) for name, said in zip(WIKI[2:], outcomes, strict=True) if said]
    after = _goal(f"{ALL}, scope: [www.example.org]") if by == "scope" else _without_m(before)
    (move,) = _moves(before, after, findings)
    assert (move.goalpost, len(move.subjects), move.not_passing, move.easier) == (by, left, not_passing, easier)
    assert (move.before, move.after) == (("wiki", "www.example.org") if by == "scope" else (None, None))


def test_what_the_last_audit_did_not_judge_was_no_pass() -> None:
    before = _goal(ALL)
    (move,) = _moves(before, _without_m(before), ran="")
    assert (move.subjects, move.not_passing, move.easier) == (tuple(WIKI[2:]), 2, True)


def test_a_metric_is_easier_without_its_worst_subject() -> None:
    before = _goal("metric: page-size-exposure/recognisable, milestones: {2015-06-30: <= 45%}")
    findings = [
        finding("page-size-exposure", name, PASS, recognisable=value)
        for name, value in zip(WIKI[2:], (0.2, 0.9), strict=True)
    ]
    (move,) = _moves(before, _without_m(before), findings, ran="page-size-exposure")
    assert (len(move.subjects), move.not_passing, move.easier) == (2, 1, True)


def _without_m(world: Targets) -> Targets:
    """The same without m.example.org."""
    return world.having(endpoint for endpoint in world.endpoints if endpoint.host != "m.example.org")


def test_a_renamed_host_did_not_leave() -> None:
    before = _goal(f"{ALL}, scope: [old]")
    first, *_ = before.services["old"].endpoints
    renamed = replace(first, host="new.example.org", was=(first.id,))
    after = before.having(renamed if endpoint == first else endpoint for endpoint in before.endpoints)
    assert _moves(before, after) == []
    assert _moves(after, before) == []


def test_what_is_new_in_scope_is_no_move() -> None:
    world = _goal(ALL)
    assert _moves(_without_m(world), world) == []


def _waivers(*lines: str) -> Targets:
    return targets("waivers: [" + ", ".join(f"{{{line}, reason: old, owner: web}}" for line in lines) + "]")


WAIVED = "check: pfs-clients, on: [login@west], expires: 2015-03-31"


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ([], [WAIVED], [(None, "until 2015-03-31", True)]),
        ([WAIVED], [], [("until 2015-03-31", None, False)]),
        ([WAIVED], [WAIVED.replace("03-31", "06-30")], [("until 2015-03-31", "until 2015-06-30", True)]),
        ([WAIVED], [WAIVED.replace("03-31", "03-15")], [("until 2015-03-31", "until 2015-03-15", False)]),
        ([WAIVED], [WAIVED, WAIVED.replace("03-31", "03-15")], []),
        ([WAIVED.replace("03-31", "02-15")], [], []),
        ([], [WAIVED.replace("03-31", "02-15")], []),
        ([WAIVED], [WAIVED.replace("login@west", "wiki, login@west, m")], [(None, "until 2015-03-31", True)]),
    ],
)
def test_waivers(before: Sequence[str], after: Sequence[str], moved: list[tuple[str | None, str | None, bool]]) -> None:
    found = _moves(_waivers(*before), _waivers(*after))
    assert [(move.before, move.after, move.easier) for move in found] == moved
    assert {(move.goalpost, move.objective, move.name) for move in found} <= {(Goalpost.WAIVER, None, "pfs-clients")}


def test_what_a_widened_waiver_excuses_besides() -> None:
    (move,) = _moves(_waivers(WAIVED), _waivers(WAIVED.replace("login@west", "wiki, login@west, m")))
    assert move.subjects == ("m", "wiki")


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ("pfs-suites: {minimum: 3}", "pfs-suites: {minimum: 2}", [("minimum: 3", "minimum: 2")]),
        ("pfs-suites: {minimum: 3}", "pfs-suites: {minimum: 3, other: a}", [(None, "other: a")]),
        ("pfs-suites: {minimum: 3}", "", [("minimum: 3", None)]),
        ("site-parity: {minimum: 3}", "site-parity: {minimum: 2}", []),
    ],
)
def test_options_of_the_checks_of_goals(before: str, after: str, moved: list[tuple[str | None, str | None]]) -> None:
    was, now = (targets(f"objectives: {{goal: {{{ALL}}}}}\nchecks: {{{options}}}\n") for options in (before, after))
    found = _moves(was, now)
    assert [(move.before, move.after) for move in found] == moved
    assert {(move.goalpost, move.name, move.easier) for move in found} <= {(Goalpost.OPTIONS, "pfs-suites", None)}
