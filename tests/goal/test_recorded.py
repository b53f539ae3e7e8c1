"""A metric that is recorded, from access logs for one, held against its milestones."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.goal.world import KINDS, day, lines, objective
from tlsaudit.goal import Progress, RecordedMeasurement, Status, Subjects, Waivers, measure

GOAL = "metric: crawler-https/share, milestones: {2015-03-31: 90%, 2015-06-30: 95%}"
RECORD = "record it with tlsaudit measure crawlers LOG... --record"


def figure(last_day: str, value: float, **changes: Any) -> RecordedMeasurement:
    fields: dict[str, Any] = {
        "name": "crawler-https", "fact": "share", "value": value, "denominator": 1000, "unit": "requests",
        "first_day": day(last_day), "last_day": day(last_day), "measured_at": datetime(2015, 7, 2, 4, 0, tzinfo=UTC),
        "source": "access logs",
    }  # fmt: skip
    return RecordedMeasurement(**(fields | changes))


def progress(at: str, *recorded: RecordedMeasurement, goal: str = GOAL) -> Progress:
    world = objective(f"{{{goal}}}")
    subjects = Subjects(world)
    waivers = Waivers((), subjects, day(at))
    return measure(
        world.objectives[0], {}, subjects, waivers, KINDS, at=day(at), observed_at=None, recorded=recorded
    )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "recorded", "status", "target"),
    [
        ("2015-06-30", [("2015-06-29", 0.95)], "met", "95%"),
        ("2015-06-29", [("2015-06-29", 0.9499999)], "on-track", "95%"),
        ("2015-06-30", [("2015-06-29", 0.9499999)], "at-risk", "95%"),
        ("2015-07-01", [("2015-06-29", 0.9499999)], "overdue", "95%"),
        ("2015-03-31", [("2015-03-30", 0.89)], "on-track", "90%"),
        ("2015-04-01", [("2015-03-30", 0.89)], "overdue", "90%"),
        # The straight line from 90 % on 31 March to 95 % on 30 June passes 92.5 % in mid-May.
        ("2015-05-16", [("2015-05-15", 0.92)], "at-risk", "95%"),
        ("2015-05-16", [("2015-05-15", 0.93)], "on-track", "95%"),
        # Before the first milestone it starts at the first figure.
        ("2015-03-02", [("2015-01-01", 0.5), ("2015-03-01", 0.7)], "at-risk", "90%"),
        ("2015-03-02", [("2015-01-01", 0.5), ("2015-03-01", 0.8)], "on-track", "90%"),
        # A figure counts for the objective's window, and never before its day.
        ("2015-03-09", [("2015-03-02", 0.95)], "met", "95%"),
        ("2015-03-10", [("2015-03-02", 0.95)], "not-measured", "95%"),
        ("2015-03-10", [("2015-03-11", 0.95)], "not-measured", "90%"),
        ("2015-03-10", [], "not-measured", "90%"),
        ("2015-04-01", [], "overdue", "90%"),
        # The newest counts, in whatever order they were recorded.
        ("2015-03-10", [("2015-03-09", 0.95), ("2015-03-08", 0.1)], "met", "95%"),
    ],
)
def test_status(at: str, recorded: list[tuple[str, float]], status: str, target: str) -> None:
    now = progress(at, *(figure(*each) for each in recorded))
    assert (now.status, now.milestone.target.text) == (status, target)


def test_the_figure_its_denominator_and_the_one_before() -> None:
    now = progress("2015-06-30", figure("2015-06-01", 0.8), figure("2015-06-28", 0.9), figure("2015-06-29", 0.94))
    assert (now.value, now.previous, now.share, now.coverage) == (0.94, 0.9, None, 1.0)
    assert now.recorded
    assert now.recorded.newest
    assert (now.recorded.newest.denominator, now.recorded.last_day) == (1000, day("2015-06-29"))
    assert now.counts.applicable == 0  # nothing of the targets file was counted


def test_of_one_day_the_figure_that_was_measured_last_counts() -> None:
    week = figure("2015-06-29", 0.9, first_day=day("2015-06-23"))
    now = progress("2015-06-30", week, figure("2015-06-29", 0.95))
    assert (now.value, now.previous) == (0.95, None)


@pytest.mark.parametrize(
    ("unknown", "status", "coverage"), [(100, "on-track", 0.9), (101, "at-risk", 0.899), (1000, "not-measured", 0.0)]
)
def test_what_could_not_be_told_lowers_the_coverage(unknown: int, status: str, coverage: float) -> None:
    now = progress("2015-03-02", figure("2015-03-01", 0.5 if unknown < 1000 else 0.0, unknown=unknown))
    assert (now.status, now.coverage) == (status, coverage)


def test_to_have_measured_is_a_milestone_of_its_own() -> None:
    goal = "metric: search-readers-https/share, milestones: {2015-01-31: measured}"
    assert progress("2015-01-31", goal=goal).status is Status.NOT_MEASURED
    assert progress("2015-02-01", goal=goal).status is Status.OVERDUE
    assert progress("2015-02-01", figure("2015-01-30", 0.1), goal=goal).status is Status.MET


def test_what_is_not_recorded_says_how_to() -> None:
    assert lines(progress("2015-03-01").blocking) == (f"crawler-https fleet: nothing is recorded yet: {RECORD}",)
    old = progress("2015-03-01", figure("2015-02-01", 0.1))
    assert lines(old.blocking) == (f"crawler-https fleet: the last figure is of 2015-02-01: {RECORD}",)
    assert progress("2015-03-01", figure("2015-02-28", 0.1)).blocking == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": float("nan")},
        {"value": float("inf")},
        {"denominator": 0},
        {"unknown": 1001},
        {"unknown": -1},
        {"first_day": day("2015-03-02")},
    ],
)
def test_what_is_no_figure_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="crawler-https/share"):
        figure("2015-03-01", **({"value": 0.5} | wrong))
