"""How subjects are counted: share and coverage, with unknown and waived in every denominator."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.goal.world import FAIL, KINDS, NOT_APPLICABLE, PASS, UNKNOWN, finding, lines, objective, progress, targets
from tlsaudit.check import Finding, SubjectKind
from tlsaudit.goal import ObjectiveError, Progress, Status, subject_kind

SCOPE = "scope: [wiki, login]"
ENDPOINTS = [f"{name}.example.org:443@{site}" for name in ("www", "m", "login") for site in ("east", "west")]
ONE = objective(f"{{{SCOPE}, checks: [pfs-suites], milestones: {{2015-06-30: 100%}}}}")
WAIVED = objective(
    f"{{{SCOPE}, checks: [pfs-suites, pfs-clients], milestones: {{2015-06-30: 100%}}}}",
    [f"{{check: pfs-{name}, on: [login@west], reason: old, expires: 2015-03-31}}" for name in ("suites", "clients")],
)
TWO = objective(f"{{{SCOPE}, checks: [pfs-suites, pfs-clients], milestones: {{2015-06-30: 100%}}}}")


def counts(now: Progress) -> tuple[int, int, int, int, int]:
    return (
        now.counts.passed,
        now.counts.fail,
        now.counts.unknown,
        now.counts.not_applicable,
        now.counts.waived,
    )


def said(outcomes: str, check: str = "pfs-suites") -> list[Finding]:
    """A letter for each endpoint: p, f, u, n, or . for no finding."""
    by_letter = {"p": PASS, "f": FAIL, "u": UNKNOWN, "n": NOT_APPLICABLE}
    return [
        finding(check, endpoint, by_letter[letter])
        for endpoint, letter in zip(ENDPOINTS, outcomes, strict=True)
        if letter != "."
    ]


@pytest.mark.parametrize(
    ("outcomes", "counted", "share", "coverage"),
    [
        ("pppppp", (6, 0, 0, 0, 0), 1, 1),
        ("pppppf", (5, 1, 0, 0, 0), 5 / 6, 1),
        ("pppppu", (5, 0, 1, 0, 0), 5 / 6, 5 / 6),
        ("ppppp.", (5, 0, 1, 0, 0), 5 / 6, 5 / 6),
        ("pppppn", (5, 0, 0, 1, 0), 1, 1),
        ("pfunp.", (2, 1, 2, 1, 0), 2 / 5, 3 / 5),
        ("uuuuuu", (0, 0, 6, 0, 0), 0, 0),
        ("......", (0, 0, 6, 0, 0), 0, 0),
        ("nnnnnn", (0, 0, 0, 6, 0), None, None),
    ],
)
def test_one_check(outcomes: str, counted: tuple[int, ...], share: float | None, coverage: float | None) -> None:
    now = progress(ONE, said(outcomes), "2015-03-01")
    assert (counts(now), now.share, now.coverage) == (counted, share, coverage)


@pytest.mark.parametrize(
    ("first", "second", "counted"),
    [
        ("p", "p", (1, 0, 0, 0, 0)),
        ("p", "f", (0, 1, 0, 0, 0)),
        ("u", "f", (0, 1, 0, 0, 0)),
        ("p", "u", (0, 0, 1, 0, 0)),
        ("p", ".", (0, 0, 1, 0, 0)),
        ("p", "n", (1, 0, 0, 0, 0)),
        ("n", "n", (0, 0, 0, 1, 0)),
        ("n", "u", (0, 0, 1, 0, 0)),
    ],
)
def test_two_checks_reduce_to_the_worst(first: str, second: str, counted: tuple[int, ...]) -> None:
    findings = said("nnnnn" + first) + said("nnnnn" + second, "pfs-clients")
    now = progress(TWO, findings, "2015-03-01")
    assert counts(now) == (*counted[:3], counted[3] + 5, counted[4])


@pytest.mark.parametrize(
    ("suites", "clients", "at", "counted"),
    [
        ("pppppf", "pppppp", "2015-03-31", (5, 0, 0, 0, 1)),
        ("pppppf", "pppppp", "2015-04-01", (5, 1, 0, 0, 0)),
        ("pppppf", "pppppf", "2015-03-31", (5, 0, 0, 0, 1)),
        ("pppppf", "pppppu", "2015-03-31", (5, 0, 0, 0, 1)),
        ("pppppp", "pppppu", "2015-03-31", (5, 0, 1, 0, 0)),
        ("ppppfp", "pppppp", "2015-03-31", (5, 1, 0, 0, 0)),
    ],
)
def test_waived(suites: str, clients: str, at: str, counted: tuple[int, ...]) -> None:
    now = progress(WAIVED, said(suites) + said(clients, "pfs-clients"), at)
    assert counts(now) == counted
    assert now.share == 5 / 6
    assert now.coverage == (1 - counted[2] / 6)


def test_one_of_two_failures_waived_is_not_waived() -> None:
    world = objective(
        f"{{{SCOPE}, checks: [pfs-suites, pfs-clients], milestones: {{2015-06-30: 100%}}}}",
        ["{check: pfs-suites, on: [login@west], reason: old, expires: 2015-03-31}"],
    )
    now = progress(world, said("pppppf") + said("pppppf", "pfs-clients"), "2015-03-01")
    assert counts(now) == (5, 1, 0, 0, 0)
    assert lines(now.blocking) == (
        f"pfs-suites {ENDPOINTS[5]}: says fail (waived until 2015-03-31)",
        f"pfs-clients {ENDPOINTS[5]}: says fail",
    )


def test_almost_all_is_not_all() -> None:
    hosts = [f"h{number}.example.net" for number in range(2500)]
    goal = (
        "objectives: {goal: {scope: [big], checks: [pfs-suites], milestones: {2015-06-30: 99.96%, 2015-07-31: 100%}}}"
    )
    world = targets(goal, big=hosts)
    findings = [finding("pfs-suites", f"{host}:443", FAIL if host == hosts[7] else PASS) for host in hosts]
    now = progress(world, findings, "2015-06-30")
    assert now.share == 0.9996
    assert [state.held for state in now.milestones] == [True, False]
    assert now.status is not Status.MET


@pytest.mark.parametrize("scope", ["scope: [east-west], ", "scope: [fleet], "])
def test_a_scope_without_such_subjects_measures_nothing(scope: str) -> None:
    world = objective(f"{{{scope}checks: [pfs-suites], milestones: {{2015-06-30: 100%}}}}")
    now = progress(world, said("pppppp"), "2015-03-01")
    assert (now.status, now.share, now.coverage) == (Status.NOT_MEASURED, None, None)


def test_an_objective_has_one_kind_of_subject() -> None:
    (mixed,) = objective("{checks: [pfs-suites, site-parity], milestones: {2015-06-30: 100%}}").objectives
    with pytest.raises(ObjectiveError) as caught:
        subject_kind(mixed, KINDS)
    assert str(caught.value) == (
        "goal: pfs-suites judges endpoints but site-parity judges services: make two objectives of it, "
        "a share has one kind of subject"
    )


@pytest.mark.parametrize(
    ("checks", "kind"),
    [
        ("pfs-suites, pfs-clients", SubjectKind.ENDPOINT),
        ("site-parity", SubjectKind.SERVICE),
        ("ipsec-established, not-installed", SubjectKind.LINK),
        ("not-installed", None),
    ],
)
def test_the_kind_is_that_of_the_installed_checks(checks: str, kind: SubjectKind | None) -> None:
    (spec,) = objective(f"{{checks: [{checks}], milestones: {{2015-06-30: 100%}}}}").objectives
    assert subject_kind(spec, KINDS) is kind


def test_services_and_links_are_counted_likewise() -> None:
    world = objective("{checks: [site-parity], milestones: {2015-06-30: 100%}}")
    now = progress(world, [finding("site-parity", "wiki", PASS), finding("site-parity", "login", FAIL)], "2015-03-01")
    assert (now.share, lines(now.blocking)) == (0.5, ("site-parity login: says fail",))


OUTCOMES = st.lists(st.sampled_from("pfun."), min_size=6, max_size=6).map("".join)


@given(OUTCOMES, OUTCOMES)
def test_a_share_is_never_more_than_what_was_judged(suites: str, clients: str) -> None:
    now = progress(WAIVED, said(suites) + said(clients, "pfs-clients"), "2015-03-01")
    if now.share is None or now.coverage is None:
        assert now.counts.not_applicable == 6
    else:
        assert 0 <= now.share <= now.coverage <= 1


@given(OUTCOMES, OUTCOMES)
def test_waiving_never_raises_a_share_and_never_reaches_a_milestone(suites: str, clients: str) -> None:
    findings = said(suites) + said(clients, "pfs-clients")
    with_waivers, without = progress(WAIVED, findings, "2015-03-01"), progress(TWO, findings, "2015-03-01")
    assert with_waivers.share == without.share
    assert with_waivers.coverage == without.coverage
    assert with_waivers.status is without.status


@given(OUTCOMES, st.integers(0, 5))
def test_learning_less_never_looks_better(outcomes: str, blind: int) -> None:
    less = outcomes[:blind] + "u" + outcomes[blind + 1 :]
    if outcomes[blind] != "n":
        known, unknown = progress(ONE, said(outcomes), "2015-03-01"), progress(ONE, said(less), "2015-03-01")
        assert (unknown.share or 0) <= (known.share or 0)
        assert (unknown.coverage or 0) <= (known.coverage or 0)
        assert (unknown.status is Status.MET) <= (known.status is Status.MET)


@given(OUTCOMES)
def test_unknown_is_neither_pass_nor_fail(outcomes: str) -> None:
    now = progress(ONE, said(outcomes), "2015-03-01")
    assert now.counts.passed == outcomes.count("p")
    assert now.counts.fail == outcomes.count("f")
    assert now.counts.unknown == outcomes.count("u") + outcomes.count(".")
