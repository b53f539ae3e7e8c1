"""Milestones that repeat: which occurrence counts, what keeps it, and when it is late."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.goal.world import FAIL, PASS, UNKNOWN, day, finding, objective, progress
from tlsaudit.goal import Progress
from tlsaudit.goal.occurrence import occurrence
from tlsaudit.target import Milestone, MilestoneTarget, Period

QUARTERLY = "2026-03-31: {target: measured, every: 3 months}"
HALF = "2026-03-31: {target: 50%, every: 3 months}"
OUTCOMES = {"p": PASS, "f": FAIL, "u": UNKNOWN}


def failover(
    milestones: str,
    at: str,
    observed: str | None = None,
    outcomes: str = "pp",
    *,
    earlier: Sequence[tuple[str, float]] = (),
    more: str = "",
) -> Progress:
    """A test of both services that is made now and then."""
    world = objective(f"{{checks: [site-parity], milestones: {{{milestones}}}{more}}}")
    findings = [
        finding("site-parity", name, OUTCOMES[each]) for name, each in zip(("wiki", "login"), outcomes, strict=True)
    ]
    return progress(world, findings if observed else [], at, observed=observed, earlier=earlier)


@pytest.mark.parametrize(
    ("at", "observed", "earlier", "status", "due"),
    [
        # The first one: by the end of its day, and not before its own period.
        ("2026-02-01", None, [], "not-measured", "2026-03-31"),
        ("2026-03-31", None, [], "not-measured", "2026-03-31"),
        ("2026-04-01", None, [], "overdue", "2026-03-31"),
        ("2026-02-01", "2025-12-31", [], "on-track", "2026-03-31"),
        ("2026-02-01", "2026-01-01", [], "met", "2026-03-31"),
        # It counts until its day is over, however long ago it was measured; then the next is due.
        ("2026-03-31", "2026-01-01", [], "met", "2026-03-31"),
        ("2026-04-01", "2026-03-31", [], "on-track", "2026-06-30"),
        ("2026-06-30", "2026-03-31", [], "on-track", "2026-06-30"),
        ("2026-07-01", "2026-03-31", [], "overdue", "2026-06-30"),
        # An audit that the history keeps counts as the last one does.
        ("2026-07-01", None, [("2026-06-30", 1.0)], "on-track", "2026-09-30"),
        ("2026-08-01", "2026-07-31", [("2026-06-30", 1.0)], "met", "2026-09-30"),
        # Late, but made up for: what is measured in the next period counts for that one, too.
        ("2026-04-05", "2026-04-04", [], "met", "2026-06-30"),
        ("2026-07-01", "2026-04-04", [], "on-track", "2026-09-30"),
        # Of several that were missed, the first since the last one that was kept.
        ("2027-02-01", "2026-01-15", [], "overdue", "2026-06-30"),
        ("2027-02-01", None, [], "overdue", "2026-03-31"),
    ],
)
def test_to_measure_again_and_again(
    at: str, observed: str | None, earlier: list[tuple[str, float]], status: str, due: str
) -> None:
    now = failover(QUARTERLY, at, observed, earlier=earlier)
    assert (now.status, str(now.milestone.due)) == (status, due)
    assert now.days_late == (max((day(at) - day(due)).days, 0) if status == "overdue" else 0)


@pytest.mark.parametrize(
    ("at", "observed", "outcomes", "earlier", "status", "due"),
    [
        ("2026-02-01", "2026-01-15", "pf", [], "met", "2026-03-31"),
        ("2026-02-01", "2026-01-15", "ff", [], "on-track", "2026-03-31"),
        ("2026-02-01", "2026-01-15", "uu", [], "not-measured", "2026-03-31"),
        # The last observation of the period decides.
        ("2026-02-01", "2026-01-15", "ff", [("2026-01-14", 1.0)], "at-risk", "2026-03-31"),
        ("2026-04-01", "2026-03-15", "pp", [("2026-01-14", 0.0)], "on-track", "2026-06-30"),
        ("2026-04-01", "2026-03-15", "ff", [("2026-01-14", 1.0)], "overdue", "2026-03-31"),
        # Kept last time, and lost since: not late before its day.
        ("2026-05-01", "2026-04-15", "ff", [("2026-03-14", 1.0)], "at-risk", "2026-06-30"),
        ("2026-07-01", "2026-04-15", "ff", [("2026-03-14", 1.0)], "overdue", "2026-06-30"),
        # Missed, and reached since.
        ("2026-05-01", "2026-04-15", "pf", [("2026-03-14", 0.0)], "met", "2026-06-30"),
        # Nothing could be judged this time: the figure before it stands.
        ("2026-03-01", "2026-02-15", "uu", [("2026-01-14", 1.0)], "met", "2026-03-31"),
    ],
)
def test_to_reach_a_share_again_and_again(  # noqa: PLR0917
    at: str, observed: str, outcomes: str, earlier: list[tuple[str, float]], status: str, due: str
) -> None:
    now = failover(HALF, at, observed, outcomes, earlier=earlier)
    assert (now.status, str(now.milestone.due)) == (status, due)


@pytest.mark.parametrize(
    ("at", "observed", "status", "due"),
    [
        # First what is late, then what is open, in the order of their days.
        ("2026-06-01", "2026-05-30", "met", "2026-06-30"),
        ("2026-06-10", "2026-05-30", "not-measured", "2026-06-30"),
        ("2026-07-01", "2026-06-30", "on-track", "2026-09-30"),
        ("2026-12-31", "2026-09-29", "not-measured", "2026-12-31"),
    ],
)
def test_beside_one_that_does_not_repeat_figures_are_as_fresh_as_ever(
    at: str, observed: str, status: str, due: str
) -> None:
    now = failover(f"2026-01-31: 100%, {QUARTERLY}", at, observed)
    assert (now.status, str(now.milestone.due)) == (status, due)


def test_the_window_is_the_file_s_where_it_names_one() -> None:
    assert failover(QUARTERLY, "2026-03-31", "2026-01-15", more=", window: 30d").status == "not-measured"


MONTHLY = Milestone(date(2026, 1, 31), MilestoneTarget(word="measured"))
DAYS = st.dates(date(2025, 6, 1), date(2029, 12, 31))
PERIODS = st.builds(Period, st.integers(1, 40), st.sampled_from(["day", "week", "month", "year"]))


@given(PERIODS, st.dictionaries(DAYS, st.booleans(), max_size=12), DAYS)
def test_what_counts_is_never_before_what_was_kept_and_never_after_the_next(
    every: Period, seen: dict[date, bool], at: date
) -> None:
    observations = sorted((when, held) for when, held in seen.items() if when <= at)
    state = occurrence(MONTHLY, every, observations, at)
    due = state.milestone.due
    assert due in {every.after(MONTHLY.due, times) for times in range(2000)}
    assert due < every.after(max(at, MONTHLY.due), 1) + timedelta(days=31)
    if state.held:
        assert due >= at
    if state.kept:
        assert state.kept < due
        assert any(held for when, held in observations if when <= state.kept)


@given(PERIODS, DAYS)
def test_what_is_measured_today_is_kept_today(every: Period, at: date) -> None:
    state = occurrence(MONTHLY, every, [(at, True)], at)
    assert state.held or at <= every.after(MONTHLY.due, -1)
    assert state.milestone.due >= at
