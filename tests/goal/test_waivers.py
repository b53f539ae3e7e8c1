"""A waiver excuses a failure until the end of the day it expires, and nothing else."""

import pytest

from tests.goal.world import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, day, finding, objective
from tlsaudit.check import Outcome
from tlsaudit.goal import Subjects, Waivers

GOAL = "{checks: [pfs-clients], milestones: {2015-06-30: 100%}}"
WEST = "login.example.org:443@west"


def waiver(
    on: str = "login@west", expires: str = "2015-03-31", reason: str = "old balancer", check: str = "pfs-clients"
) -> str:
    return f"{{check: {check}, on: [{on}], reason: {reason}, expires: {expires}}}"


def waivers(at: str, *lines: str) -> Waivers:
    world = objective(GOAL, lines)
    return Waivers(world.waivers, Subjects(world), day(at))


@pytest.mark.parametrize(
    ("at", "check", "subject", "outcome", "waived"),
    [
        ("2015-03-01", "pfs-clients", WEST, FAIL, True),
        ("2015-03-31", "pfs-clients", WEST, FAIL, True),
        ("2015-04-01", "pfs-clients", WEST, FAIL, False),
        ("2015-03-01", "pfs-clients", "login.example.org:443@east", FAIL, False),
        ("2015-03-01", "pfs-suites", WEST, FAIL, False),
        ("2015-03-01", "pfs-clients", WEST, UNKNOWN, False),
        ("2015-03-01", "pfs-clients", WEST, PASS, False),
        ("2015-03-01", "pfs-clients", WEST, NOT_APPLICABLE, False),
    ],
)
def test_what_is_waived(at: str, check: str, subject: str, outcome: Outcome, waived: bool) -> None:
    held = waivers(at, waiver())
    applied = held.apply(finding(check, subject, outcome))
    assert applied.waived is waived
    assert applied.waiver == ("old balancer" if waived else None)
    assert held.until(applied) == (day("2015-03-31") if waived else None)


def test_a_waiver_of_the_past_is_taken_off_again() -> None:
    fresh = waivers("2015-03-31", waiver()).apply(finding("pfs-clients", WEST, FAIL))
    assert waivers("2015-04-01", waiver()).apply(fresh).waiver is None


def test_of_two_waivers_the_longer_counts() -> None:
    held = waivers("2015-03-01", waiver(reason="first"), waiver("login", "2015-05-01", "second"))
    applied = held.apply(finding("pfs-clients", WEST, FAIL))
    assert (applied.waiver, held.until(applied)) == ("second", day("2015-05-01"))
    assert list(held.warnings()) == []


@pytest.mark.parametrize(
    ("at", "on", "outcome", "warnings"),
    [
        ("2015-03-01", "login@west", FAIL, []),
        ("2015-04-01", "login@west", FAIL, ["expired on 2015-03-31: renew it or take it out"]),
        ("2015-03-01", "login@west", PASS, ["is not needed today: nothing it covers fails"]),
        ("2015-03-01", "login@west", None, []),
        (
            "2015-03-01",
            "login@west, logn@east",
            FAIL,
            ["matches nothing: logn@east is no service, host or link of the targets file"],
        ),
    ],
)
def test_warnings(at: str, on: str, outcome: Outcome | None, warnings: list[str]) -> None:
    held = waivers(at, waiver(on))
    if outcome:
        held.apply(finding("pfs-clients", WEST, outcome))
    assert list(held.warnings()) == [f"the waiver of pfs-clients on {on} {text}" for text in warnings]


def test_those_that_expired_together_are_told_of_once() -> None:
    held = waivers("2015-04-01", *(waiver("login@west", check=check) for check in ("pfs-clients", "pfs-suites")))
    said = "the waivers of pfs-clients and pfs-suites on login@west expired on 2015-03-31: renew them or take them out"
    assert list(held.warnings()) == [said]
