"""Fail-over drills of the targets file, held against a milestone of each quarter."""

from dataclasses import replace

import pytest

from tests.goal.world import KINDS, day, lines, objective
from tlsaudit.goal import Progress, Subjects, Waivers, measure
from tlsaudit.target import Drill, Services, Targets

QUARTERLY = "{2015-03-31: {target: 100%, every: 3 months}}"


def world(drills: dict[str, list[str]], scope: str = "", milestones: str = QUARTERLY) -> Targets:
    """Drills of services, each `DAY RESULT`."""
    made = objective(f"{{metric: failover-drill/share, milestones: {milestones}{scope and f', scope: {scope}'}}}")
    services = Services(made.endpoints)
    for name, service in made.services.items():
        tried = tuple(map(_drill, drills.get(name, ())))
        services.add_written(name, service.owner, len(service.endpoints), service.location, tried)
    return replace(made, services=services)


def _drill(text: str) -> Drill:
    on, result = text.split()
    return Drill(day(on), "east", "west", result == "ok", None)


def progress(at: str, said: Targets) -> Progress:
    subjects = Subjects(said)
    return measure(
        said.objectives[0], {}, subjects, Waivers((), subjects, day(at)), KINDS, at=day(at), observed_at=None
    )


BOTH = {"wiki": ["2015-03-12 ok"], "login": ["2015-03-20 ok"]}


@pytest.mark.parametrize(
    ("at", "drills", "status", "value", "due"),
    [
        # Of the two services at two sites, nothing was tried yet.
        ("2015-03-31", {}, "not-measured", None, "2015-03-31"),
        ("2015-04-01", {}, "overdue", None, "2015-03-31"),
        # One of two is not all.
        ("2015-03-31", {"wiki": ["2015-03-12 ok"]}, "on-track", 0.5, "2015-03-31"),
        ("2015-04-01", {"wiki": ["2015-03-12 ok"]}, "overdue", 0.5, "2015-03-31"),
        # Both in the quarter: met; then the next one counts, and is overdue after its day.
        ("2015-03-20", BOTH, "met", 1, "2015-03-31"),
        ("2015-03-31", BOTH, "met", 1, "2015-03-31"),
        ("2015-04-01", BOTH, "on-track", 1, "2015-06-30"),
        ("2015-06-30", BOTH, "on-track", 1, "2015-06-30"),
        ("2015-07-01", BOTH, "overdue", 1, "2015-06-30"),
        # What was tried in the quarter before does not count for this one.
        ("2015-07-01", BOTH | {"wiki": ["2015-03-12 ok", "2015-04-02 ok"]}, "overdue", 0.5, "2015-06-30"),
        # A drill that is late makes up for what was missed.
        ("2015-07-05", {"wiki": ["2015-07-02 ok"], "login": ["2015-07-03 ok"]}, "met", 1, "2015-09-30"),
        # The last drill of the quarter counts, and one that is to come does not.
        ("2015-03-31", BOTH | {"wiki": ["2015-03-12 ok", "2015-03-30 failed"]}, "at-risk", 0.5, "2015-03-31"),
        ("2015-03-31", BOTH | {"wiki": ["2015-03-30 ok", "2015-03-12 failed"]}, "met", 1, "2015-03-31"),
        ("2015-03-13", BOTH, "on-track", 0.5, "2015-03-31"),
        # Before the first period.
        ("2014-12-31", {"wiki": ["2014-12-30 ok"], "login": ["2014-12-30 ok"]}, "on-track", 1, "2015-03-31"),
        ("2015-04-01", {"wiki": ["2014-12-30 ok"], "login": ["2014-12-30 ok"]}, "overdue", 1, "2015-03-31"),
    ],
)  # fmt: skip
def test_the_life_of_a_quarterly_drill(
    at: str, drills: dict[str, list[str]], status: str, value: float | None, due: str
) -> None:
    now = progress(at, world(drills))
    assert (now.status, now.value, now.milestone.due) == (status, value, day(due))


def test_what_is_lacking_names_each_service() -> None:
    said = world({"wiki": ["2015-03-12 ok"], "login": ["2015-04-02 failed"]})
    assert lines(progress("2015-07-01", said).blocking) == (
        "failover-drill wiki: no drill since 2015-03-12: let one site take over again",
        "failover-drill login: no drill since 2015-04-02: let one site take over again",
    )
    assert lines(progress("2015-04-03", said).blocking)[1] == (
        "failover-drill login: the drill of 2015-04-02 from east to west failed"
    )
    assert lines(progress("2015-04-03", world({})).blocking)[0] == (
        "failover-drill wiki: no drill yet: let one site take over, and write it under drills:"
    )


def test_a_scope_is_of_its_services() -> None:
    said = world({"wiki": ["2015-03-12 ok"]}, scope="[wiki]")
    now = progress("2015-03-31", said)
    assert (now.status, now.value) == ("met", 1)
    assert now.recorded
    assert now.recorded.newest
    assert (now.recorded.newest.denominator, now.recorded.newest.unit) == (1, "service")


def test_without_a_period_every_drill_counts_for_the_window() -> None:
    said = world({"wiki": ["2015-01-12 ok"], "login": ["2015-03-30 ok"]}, milestones="{2015-03-31: 100%}")
    assert progress("2015-03-31", said).status == "met"
    assert progress("2015-04-20", said).status == "not-measured"
