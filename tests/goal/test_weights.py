"""A share by weights: the same rules as by number, added up instead of counted."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.goal.world import (
    FAIL,
    KINDS,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    finding,
    lines,
    progress,
    targets,
)
from tlsaudit.check import Finding, Subject, SubjectKind
from tlsaudit.goal import ObjectiveError, Subjects, subject_kind, weights_of
from tlsaudit.target import Targets, load_targets

HOSTS = ("big", "small", "none")
CHECKED = "checks: [pfs-suites], milestones: {2014-12-31: 90%}"


def weighed(*weights: float, weighted: str = "weighted: page-views, ", waivers: tuple[str, ...] = ()) -> Targets:
    hosts = [
        f"{{host: {name}.example.net, weights: {{page-views: {weight}}}}}"
        for name, weight in zip(HOSTS, weights, strict=True)
    ]
    text = f"objectives: {{goal: {{{weighted}scope: [shop], {CHECKED}}}}}\n"
    if waivers:
        text += "waivers:\n" + "".join(f"  - {waiver}\n" for waiver in waivers)
    return targets(text, shop=hosts)


WRITE = "no page-views: write weights: {page-views: ...} beside each host, 0 where that is so"
NAMED = (
    (SubjectKind.ENDPOINT, "a.example.org:443@east"),
    (SubjectKind.ENDPOINT, "b.example.org:443@west"),
    (SubjectKind.SERVICE, "shop"),
    (SubjectKind.LINK, "east-west"),
    (SubjectKind.FLEET, "fleet"),
)


def load(folder: Path, first: str, second: str | None, checks: str = "pfs-suites") -> Targets:
    other = f"{{host: b.example.org, weights: {{page-views: {second}}}}}" if second else "b.example.org"
    path = folder / "targets.yaml"
    path.write_text(
        f"""\
version: 1
sites: {{east: {{}}, west: {{}}}}
services:
  shop:
    hosts: [{{host: a.example.org, weights: {{page-views: {first}}}}}, {other}]
    at: {{east: 192.0.2.1, west: 192.0.2.2}}
links: {{east-west: {{sites: [east, west], weights: {{page-views: 30}}}}}}
objectives: {{goal: {{weighted: page-views, checks: [{checks}], milestones: {{2015-06-30: 100%}}}}}}
""",
        encoding="utf-8",
    )
    return load_targets(path)


def said(outcomes: str) -> list[Finding]:
    by_letter = {"p": PASS, "f": FAIL, "u": UNKNOWN, "n": NOT_APPLICABLE}
    return [
        finding("pfs-suites", f"{name}.example.net:443", by_letter[letter])
        for name, letter in zip(HOSTS, outcomes, strict=True)
        if letter != "."
    ]


@pytest.mark.parametrize(
    ("outcomes", "share", "coverage", "passed"),
    [
        ("ppp", 1, 1, 3),
        ("ppf", 1, 1, 2),
        ("pfp", 0.75, 1, 2),
        ("fpp", 0.25, 1, 2),
        # What is unknown counts against the share by its weight, and what is not asked as unknown.
        ("pup", 0.75, 0.75, 2),
        ("p.p", 0.75, 0.75, 2),
        # What does not apply is no part of it.
        ("npp", 1, 1, 2),
        ("npf", 1, 1, 1),
        # All that applies weighs nothing.
        ("nnp", None, None, 1),
    ],
)
def test_share_and_coverage_by_weight(outcomes: str, share: float | None, coverage: float | None, passed: int) -> None:
    now = progress(weighed(900, 300, 0), said(outcomes), "2015-03-01")
    assert (now.share, now.coverage, now.counts.passed) == (share, coverage, passed)


def test_the_milestone_is_held_against_the_weighted_share() -> None:
    assert progress(weighed(95, 5, 0), said("pff"), "2015-03-01").status == "met"
    assert progress(weighed(5, 95, 0), said("pfp"), "2015-03-01").status == "overdue"


def test_what_weighs_most_blocks_first_and_says_how_much() -> None:
    now = progress(weighed(1, 6, 3), said("ffu"), "2015-03-01")
    assert lines(now.blocking) == (
        "pfs-suites small.example.net:443: says fail",
        "pfs-suites big.example.net:443: says fail",
        "pfs-suites none.example.net:443: says unknown",
    )
    assert [item.part for item in now.blocking] == [Fraction(6, 10), Fraction(1, 10), Fraction(3, 10)]


@pytest.mark.parametrize(
    ("weights", "until"),
    [
        # 90 % is reached as soon as the heavier of both counts as passed.
        ((50, 45, 5), "2015-03-31"),
        # Both are needed.
        ((50, 39, 11), "2015-03-31"),
        ((50, 5, 45), "2015-05-31"),
    ],
)
def test_excused_are_as_many_as_weigh_enough(weights: tuple[float, ...], until: str) -> None:
    waivers = (
        "{check: pfs-suites, on: [small.example.net], reason: old, expires: 2015-03-31}",
        "{check: pfs-suites, on: [none.example.net], reason: old, expires: 2015-05-31}",
    )
    now = progress(weighed(*weights, waivers=waivers), said("pff"), "2015-03-01")
    assert str(now.excused_until) == until


def test_a_host_weighs_half_at_each_of_two_sites_and_a_service_what_its_hosts_do(tmp_path: Path) -> None:
    subjects = Subjects(load(tmp_path, "7", "2"))
    weights = {name: subjects.weight(Subject(kind, name), "page-views") for kind, name in NAMED}
    assert weights == {
        "a.example.org:443@east": Fraction(7, 2),
        "b.example.org:443@west": 1,
        "shop": 9,
        "east-west": 30,
        "fleet": None,
    }


@pytest.mark.parametrize(
    ("checks", "second", "complaint"),
    [
        ("pfs-suites", "2", None),
        ("site-parity", "2", None),
        ("ipsec-established", "2", None),
        ("not-installed", "2", None),
        (
            "pfs-suites",
            None,
            f"b.example.org:443@east and 1 more have {WRITE}",
        ),
        (
            "site-parity",
            None,
            f"shop has {WRITE}",
        ),
        ("crawlers", "2", "the fleet is a single subject: leave weighted out"),
    ],
)
def test_everything_in_scope_has_a_weight(
    tmp_path: Path, checks: str, second: str | None, complaint: str | None
) -> None:
    world = load(tmp_path, "7", second, checks)
    (goal,) = world.objectives
    kind = subject_kind(goal, KINDS)
    subjects = Subjects(world)
    scope = subjects.in_scope(goal.scope, kind) if kind else ()
    if complaint is None:
        assert set(weights_of(goal, scope, subjects) or ()) == set(scope)
        return
    with pytest.raises(ObjectiveError) as caught:
        weights_of(goal, scope, subjects)
    assert str(caught.value) == complaint


def test_weights_that_are_all_0_are_none(tmp_path: Path) -> None:
    world = load(tmp_path, "0", "0.0")
    subjects = Subjects(world)
    with pytest.raises(ObjectiveError) as caught:
        weights_of(world.objectives[0], subjects.in_scope((), SubjectKind.ENDPOINT), subjects)
    assert str(caught.value) == "page-views is 0 for everything in scope: leave weighted out"


OUTCOMES = st.lists(st.sampled_from("pfun."), min_size=3, max_size=3).map("".join)
WEIGHTS = st.integers(1, 10**18) | st.floats(1e-6, 1e18)


@given(OUTCOMES, st.tuples(WEIGHTS, WEIGHTS, WEIGHTS))
def test_a_weighted_share_is_never_more_than_what_was_judged(outcomes: str, weights: tuple[float, ...]) -> None:
    now = progress(weighed(*weights), said(outcomes), "2015-03-01")
    if now.share is None or now.coverage is None:
        assert now.counts.not_applicable == 3
    else:
        assert 0 <= now.share <= now.coverage <= 1


@given(OUTCOMES, WEIGHTS)
def test_equal_weights_give_the_plain_share(outcomes: str, weight: float) -> None:
    by_weight = progress(weighed(weight, weight, weight), said(outcomes), "2015-03-01")
    plain = progress(weighed(1, 1, 1, weighted=""), said(outcomes), "2015-03-01")
    assert (by_weight.share, by_weight.coverage, by_weight.status) == (plain.share, plain.coverage, plain.status)
    assert lines(by_weight.blocking) == lines(plain.blocking)
