from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.report.views import AT, STARTED, blocker, counts, day, milestone, objective, undecided, view
from tlsaudit.report import wording
from tlsaudit.report.document import (
    ChangesRecord,
    Counts,
    DecisionRecord,
    ForecastRecord,
    MeasurementRecord,
    ObjectiveRecord,
)
from tlsaudit.report.sentences import changes_sentence, goals_sentence, requests

HALF = counts(2, fail=2)
LATER = milestone("2015-06-30", "<= 45%")
FINE = milestone("2015-06-30", "99.95%")
NEITHER = "nothing got better. Nothing got worse."
DECIDED = DecisionRecord(outcome="do-not-force", decided=day("2015-02-01"), record=None)


def recorded(*, unknown: int = 0, previous: float | None = 0.91, **changes: Any) -> ObjectiveRecord:
    """A share of requests, from access logs; it was 91 % on 20 February."""
    measurement = MeasurementRecord(
        name="crawler-https",
        fact="share",
        denominator=1204,
        unknown=unknown,
        unit="requests",
        first_day=day("2015-02-28"),
        last_day=day("2015-02-28"),
        measured_at=STARTED,
        source="access logs",
        previous_day=day("2015-02-20"),
    )
    return objective(
        "a", "A", kind="metric", value=0.9427, previous=previous, target="95%", measurement=measurement, **changes
    )


def measured(of: Counts, **changes: Any) -> ObjectiveRecord:
    return objective("a", "A", kind="metric", value=0.52, target="<= 45%", counts=of, **changes)


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        (objective("a", "A", share=5 / 6, counts=counts(5, waived=1)), "5 of 6, 1 waived"),
        (objective("a", "A", share=0.8, counts=HALF, weighted="page-views"), "80% of page-views, 2 of 4"),
        (objective("a", "A", counts=HALF, weighted="page-views"), "no page-views at all, 2 of 4"),
        (objective("a", "A", share=0.99961, counts=HALF, weighted="n", milestones=[FINE]), "99.96% of n, 2 of 4"),
        (objective("a", "A", kind="metric", value=0.52, previous=0.61, target="<= 45%"), "52%, was 61%"),
        (objective("a", "A", kind="metric", value=0.52, target="measured", milestones=[LATER]), "52%"),
        (measured(counts(7, fail=2, unknown=1), previous=0.61), "52%, the worst of 9, 1 unknown, was 61%"),
        (measured(counts(1)), "52%"),
        (objective("a", "A", kind="metric", value=1250.0, target="<= 1000"), "1,250"),
        (objective("a", "A", kind="metric", target="<= 45%"), "not measured"),
        (recorded(), "94.2% of 1,204 requests, was 91%"),
        (recorded(previous=None, unknown=7), "94.2% of 1,204 requests, 7 unknown"),
        (recorded(status="not-measured"), "not measured, 94.2% of 1,204 requests on 2015-02-28"),
        (objective("a", "A", kind="decision", share=0.5, counts=HALF), "ready: 2 of 4"),
        (objective("a", "A", kind="decision"), "undecided"),
        (undecided(), "ready: 2 of 5 questions"),
        (undecided(share=0.5, counts=HALF), "ready: 2 of 4"),
        (undecided(share=0.8, counts=HALF, weighted="page-views"), "ready: 80% of page-views, 2 of 4"),
        (undecided(status="overdue"), "not decided, ready: 2 of 5 questions"),
        (undecided(status="overdue", readiness=None), "not decided"),
        (objective("a", "A", kind="decision", share=0.5, decision=DECIDED), "decided: do not force on 2015-02-01"),
    ],
)  # fmt: skip
def test_where_an_objective_stands(item: ObjectiveRecord, shown: str) -> None:
    assert wording.now(item) == shown


@pytest.mark.parametrize(
    ("status", "due", "late"),
    [
        ("overdue", "2014-12-31", 60),
        ("overdue", "2015-02-28", 1),
        ("at-risk", "2015-06-16", 0),
        ("met", "2014-12-31", 0),
    ],
)
def test_days_late(status: str, due: str, late: int) -> None:
    assert wording.days_late(objective("a", "A", status=status, due=day(due)), AT) == late


@pytest.mark.parametrize(
    ("foreseen", "shown"),
    [
        (None, None),
        (ForecastRecord(date=None, low=None, high=None), "no change"),
        (ForecastRecord(date=None, low=None, high=None, reason="no-change"), "no change"),
        (ForecastRecord(date=None, low=None, high=None, reason="unsteady"), "unsteady"),
        (ForecastRecord(date=None, low=None, high=None, reason="moving-away"), "moving away"),
        (ForecastRecord(date=None, low=None, high=None, reason="beyond-horizon"), "over 10 years"),
        (ForecastRecord(date=None, low=None, high=None, reason="too-little-data"), None),
        (ForecastRecord(date=day("2015-08-10"), low=None, high=None), "Aug"),
        (ForecastRecord(date=day("2015-08-10"), low=day("2015-07-04"), high=day("2015-09-20")), "Jul-Sep"),
    ],
)
def test_forecast(foreseen: ForecastRecord | None, shown: str | None) -> None:
    assert wording.forecast(objective("a", "A", forecast=foreseen), AT) == shown


@pytest.mark.parametrize(
    ("item", "moved"),
    [
        (objective("a", "A", share=0.5, previous=0.25), 1),
        (objective("a", "A", share=0.25, previous=0.5), -1),
        (objective("a", "A", share=0.5, previous=0.5), 0),
        (objective("a", "A", share=0.5), 0),
        (objective("a", "A", kind="metric", value=0.52, previous=0.61, target="<= 45%"), 1),
        (objective("a", "A", kind="metric", value=0.61, previous=0.52, target="<= 45%"), -1),
        (objective("a", "A", kind="metric", value=0.5, previous=0.6, target="measured", milestones=[LATER]), 1),
    ],
)
def test_better_and_worse(item: ObjectiveRecord, moved: int) -> None:
    assert wording.moved(item) == moved


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ([("met", None)], "The goal is met."),
        ([("met", None), ("met", None)], "All 2 goals are met."),
        ([("on-track", None), ("met", None)], "1 goal is met, 1 is on track."),
        ([("overdue", "2015-03-31")], "1 goal is late (excused until 31 March)."),
        (
            [("overdue", None), ("overdue", "2015-03-31"), ("at-risk", None), ("undecided", None)],
            "2 goals are late (1 excused until 31 March), 1 is at risk, 1 decision is due 30 June.",
        ),
        ([("not-measured", None), ("not-measured", None)], "2 goals are not measured."),
        ([("overdue", "undecided")], "1 decision is late."),
        (
            [("overdue", None), ("overdue", "undecided"), ("overdue", "undecided"), ("met", None)],
            "2 decisions are late, 1 goal is late, 1 is met.",
        ),
    ],
)
def test_the_sentence_of_truth(states: list[tuple[str, str | None]], sentence: str) -> None:
    goals = [
        undecided(status=status)
        if until == "undecided"
        else objective(str(i), "G", status=status, due=day("2015-06-30"), excused_until=day(until) if until else None)
        for i, (status, until) in enumerate(states)
    ]
    assert goals_sentence(goals, AT) == sentence


def test_an_excused_goal_asks_for_nothing_and_a_late_one_comes_first() -> None:
    goals = [
        objective("a", "Ask", kind="decision", status="undecided", due=day("2015-06-30")),
        objective("b", "Late", status="overdue", due=day("2015-01-31")),
        objective("c", "Excused", status="overdue", due=day("2015-01-31"), excused_until=day("2015-03-31")),
        objective("d", "Fine"),
    ]
    assert requests(goals, AT) == ["People or a new date for: Late", "A decision by 30 June: Ask"]


def test_what_changed_of_a_recorded_figure_names_its_own_day() -> None:
    sentence = changes_sentence(view([], [], [recorded()]), AT)
    assert "1 goal got better: A (91% to 94.2% since 20 February)" in sentence


@pytest.mark.parametrize(
    ("status", "held", "every", "shown"),
    [
        ("overdue", None, "3 months", "2 of 4, on 2015-02-28"),
        ("on-track", None, "year", "2 of 4, on 2015-02-28"),
        ("overdue", False, "3 months", "2 of 4"),
        ("met", True, "3 months", "2 of 4"),
        ("overdue", None, None, "2 of 4"),
        ("not-measured", None, "3 months", "2 of 4"),
    ],
)
def test_a_figure_of_an_earlier_period_says_of_when_it_is(
    status: str, *, held: bool | None, every: str | None, shown: str
) -> None:
    due = milestone("2015-06-30", "50%").model_copy(update={"held": held, "every": every})
    figure = {"status": status, "counts": HALF, "share": 0.5, "due": due.due, "milestones": [due]}
    item = objective("a", "A").model_copy(update={**figure, "measured_at": STARTED - timedelta(days=1)})
    assert wording.now(item) == shown
    if status == "overdue":
        asked = "A new measurement, it is late: A" if every and held is None else "People or a new date for: A"
        assert requests([item], AT) == [asked]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "login.example.org at west: old suites"),
        ({"part": 0.412}, "login.example.org at west: old suites (41.2% of page-views)"),
        (
            {"part": 0.5, "excused_until": day("2015-03-31")},
            "login.example.org at west: old suites (50% of page-views, waived until 31 Mar)",
        ),
    ],
)
def test_what_blocks_says_how_much_hangs_on_it(changes: dict[str, Any], shown: str) -> None:
    item = blocker("c", "login.example.org:443@west", "old suites").model_copy(update=changes)
    assert wording.blocker(item, AT, of="page-views") == shown


def test_what_is_about_everything_names_no_place() -> None:
    assert wording.blocker(blocker("c", "fleet", "nothing is recorded yet", "fleet"), AT) == "nothing is recorded yet"


def changed(direction: str, share: float, *causes: tuple[str, int], rules: Sequence[str] = (), **more: Any) -> Any:
    record = ChangesRecord.model_validate(
        {
            "since": STARTED,
            "causes": [{"cause": cause, "count": count} for cause, count in causes],
            "rules": list(rules),
            "direction": direction,
        }
    )
    return objective("a", "A", share=share, previous=0.5, changes=record, **more)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (objective("a", "A", share=0.75, previous=0.5), ""),
        (changed("same", 0.5), ""),
        (changed("better", 0.75, ("fixed", 2), ("regressed", 1), ("appeared", 3)), "2 fixed, 1 regressed, 3 new"),
        (
            changed("same", 0.75, ("left", 1), ("rule-changed", 2), rules=["a", "b"]),
            "1 left, 2 judged by a changed rule (a, b)",
        ),
        (changed("same", 0.5, ("waiver-expired", 1)), "1 no longer waived"),
        (changed("same", 0.75, weighted="page-views"), "other page-views"),
    ],
)
def test_why_a_figure_changed(item: ObjectiveRecord, said: str) -> None:
    assert wording.why(item) == said


def test_what_changed_of_a_decision_is_told_until_it_is_taken() -> None:
    taken = changed("better", 0.75, ("fixed", 1), kind="decision", decision=DECIDED)
    assert wording.why(taken) == ""
    assert changes_sentence(view([], [], [taken]), AT) == f"Since last time, {NEITHER}"
    still_open = changed("better", 0.75, ("fixed", 1), kind="decision", decision=undecided().decision)
    assert "1 goal got better: A (50% to 75%: 1 fixed)." in changes_sentence(view([], [], [still_open]), AT)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (changed("better", 0.75, ("fixed", 1)), "1 goal got better: A (50% to 75%: 1 fixed). Nothing got worse."),
        (
            changed("worse", 0.25, ("regressed", 1)),
            "nothing got better. Worse: A (50% to 25%: 1 regressed).",
        ),
        (
            changed("same", 0.75, ("rule-changed", 1), rules=["c"]),
            f"{NEITHER} Changed for other reasons: A (50% to 75%: 1 judged by a changed rule (c)).",
        ),
        (
            changed("better", 0.25, ("fixed", 1), ("appeared", 9)),
            f"{NEITHER} Changed for other reasons: A (50% to 25%: 1 fixed, 9 new).",
        ),
        (changed("same", 0.5, ("waiver-expired", 1)), NEITHER),
    ],
)
def test_only_what_was_judged_alike_got_better_or_worse(item: ObjectiveRecord, said: str) -> None:
    assert changes_sentence(view([], [], [item]), AT) == f"Since last time, {said}"
