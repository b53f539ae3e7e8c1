"""How the state of an objective, and a finding, are put into words, for the terminal and the page."""

import datetime
from collections.abc import Mapping

from tlsaudit.report.document import (
    BlockerRecord,
    CauseName,
    Counts,
    FindingRecord,
    ForecastReason,
    ObjectiveRecord,
    StatusName,
)
from tlsaudit.report.readiness import ready
from tlsaudit.report.text import denominator, months, percent, place, share_of, short_date

STATUSES: Mapping[StatusName, str] = {
    "overdue": "late",
    "at-risk": "at risk",
    "not-measured": "not measured",
    "undecided": "to be decided",
    "on-track": "on track",
    "met": "met",
}
"""What is said of a goal."""

_DECISIONS = {"force": "decided: force", "do-not-force": "decided: do not force"}
_DIRECTIONS = {1: "better", -1: "worse"}
_CAUSES: Mapping[CauseName, str] = {
    "fixed": "fixed",
    "regressed": "regressed",
    "improved": "better",
    "worsened": "worse",
    "lost": "unknown now",
    "regained": "known again",
    "applicability": "began or ceased to apply",
    "appeared": "new",
    "left": "left",
    "waived": "waived now",
    "waiver-expired": "no longer waived",
    "rule-changed": "judged by a changed rule",
    "checks-changed": "judged by other checks of the goal",
}
_NO_DAY: Mapping[ForecastReason, str | None] = {
    "too-little-data": None,
    "unsteady": "unsteady",
    "no-change": "no change",
    "moving-away": "moving away",
    "beyond-horizon": "over 10 years",
}


def lower_is_better(objective: ObjectiveRecord) -> bool:
    targets = [objective.target or "", *(item.target for item in objective.milestones)]
    return any(target.startswith("<") for target in targets)


def measure(objective: ObjectiveRecord, number: float) -> str:
    """A share or metric in the unit of its target: percent where the target is one, else the plain number."""
    if in_percent(objective):
        return percent(number, lower_is_better=lower_is_better(objective), digits=_digits(objective))
    return f"{number:,.4g}" if abs(number) < 1000 else f"{number:,.0f}"


def _digits(objective: ObjectiveRecord) -> int:
    """As many as its targets have, of which six are told: a figure that reaches one must not look smaller."""
    targets = (item.target.rstrip("%").partition(".")[2] for item in objective.milestones)
    return min(max(map(len, targets), default=1) or 1, 6)


def in_percent(objective: ObjectiveRecord) -> bool:
    """Whether its figures are shares of a whole."""
    targets = [objective.target or "", *(item.target for item in objective.milestones)]
    return objective.kind != "metric" or any("%" in target for target in targets)


def now(objective: ObjectiveRecord, waived: str = "waived") -> str:
    """Where the objective stands: `5 of 6, 1 waived`, `52%, the worst of 9, was 61%`, `ready: 2 of 4`, and of when that
    is where it is no figure of today: `2 of 2, on 2015-01-15`."""
    if objective.kind == "decision":
        return _decision_now(objective, waived)
    figure = _metric_now(objective) if objective.kind == "metric" else _share_now(objective, waived)
    dated = awaits_a_figure(objective) and objective.measured_at and objective.status != "not-measured"
    return f"{figure}, on {objective.measured_at:%Y-%m-%d}" if dated else figure


def awaits_a_figure(objective: ObjectiveRecord) -> bool:
    """Whether the milestone that counts now repeats and nothing was measured yet that counts for it."""
    return any(item.every and item.held is None and item.due == objective.due for item in objective.milestones)


def _share_now(objective: ObjectiveRecord, waived: str) -> str:
    if objective.weighted is None or not denominator(objective.counts):
        return share_of(objective.counts, waived, digits=_digits(objective))
    rest = share_of(objective.counts, waived, percentage=False)
    if objective.share is None:  # whatever applies weighs 0
        return f"no {objective.weighted} at all, {rest}"
    return f"{measure(objective, objective.share)} of {objective.weighted}, {rest}"


def _metric_now(objective: ObjectiveRecord) -> str:
    recorded, value = objective.measurement, objective.value
    if value is None:
        return "not measured"
    figure = measure(objective, value)
    if recorded is None:
        return figure + _worst_of(objective.counts) + _was(objective)
    figure += f" of {recorded.denominator:,} {recorded.unit}"
    if objective.status == "not-measured":
        return f"not measured, {figure} on {recorded.last_day}"
    return figure + _was(objective) + (f", {recorded.unknown:,} unknown" if recorded.unknown else "")


def _worst_of(counts: Counts) -> str:
    known = denominator(counts) - counts.unknown
    worst = f", the worst of {known:,}" if known > 1 else ""
    return worst + (f", {counts.unknown:,} unknown" if counts.unknown else "")


def _was(objective: ObjectiveRecord) -> str:
    return f", was {measure(objective, objective.previous)}" if objective.previous is not None else ""


def _decision_now(objective: ObjectiveRecord, waived: str) -> str:
    decision = objective.decision
    if decision and decision.outcome != "undecided":
        return _DECISIONS[decision.outcome] + (f" on {decision.decided}" if decision.decided else "")
    settled = _share_now(objective, waived) if objective.share is not None else ready(objective)
    said = [f"ready: {settled}"] if settled else []
    return ", ".join(["not decided", *said] if objective.status == "overdue" else said or ["undecided"])


def days_late(objective: ObjectiveRecord, at: datetime.date) -> int:
    """How many days the milestone that counts now is past; 0 where it is not."""
    if objective.status != "overdue" or objective.due is None:
        return 0
    return max((at - objective.due).days, 0)


def forecast(objective: ObjectiveRecord, at: datetime.date) -> str | None:
    """`Jul-Sep`, or why there is no such day: `no change`, `unsteady`; None where nothing can be said."""
    foreseen = objective.forecast
    if foreseen is None or objective.status == "met":
        return None
    if foreseen.date is None:
        return _NO_DAY[foreseen.reason or "no-change"]
    return months(foreseen.low or foreseen.date, foreseen.high or foreseen.date, at)


def moved(objective: ObjectiveRecord) -> int:
    """1 where the number is better than at the previous audit, -1 where worse, 0 where the same, unknown, or another
    because other things are counted, or by another rule."""
    if not differs(objective):
        return 0
    current = figure(objective) or 0.0
    direction = 1 if (current < (objective.previous or 0.0)) == lower_is_better(objective) else -1
    changes = objective.changes
    return direction if changes is None or changes.direction == _DIRECTIONS[direction] else 0


def differs(objective: ObjectiveRecord) -> bool:
    """Whether the number is another than at the previous audit."""
    current = figure(objective)
    if current is None or objective.previous is None or _is_taken(objective):
        return False
    return abs(current - objective.previous) >= 1e-9


def _is_taken(objective: ObjectiveRecord) -> bool:
    """Whether it is a decision that was taken: how ready all was for it is then no news."""
    return objective.decision is not None and objective.decision.outcome != "undecided"


def figure(objective: ObjectiveRecord) -> float | None:
    """What is held against the milestones: the share, or the value of a metric."""
    return objective.value if objective.kind == "metric" else objective.share


def why(objective: ObjectiveRecord) -> str:
    """Why the number is another than at the previous audit: `2 fixed, 3 judged by a changed rule (pfs-suites)`. Empty
    where that is not known, or nothing changed.
    """
    changes = objective.changes
    if changes is None or _is_taken(objective):
        return ""
    rules = f" ({', '.join(changes.rules)})"
    said = [
        f"{each.count:,} {_CAUSES[each.cause]}" + (rules if each.cause == "rule-changed" else "")
        for each in changes.causes
    ]
    if differs(objective) and not said and objective.weighted:
        return f"other {objective.weighted}"
    return ", ".join(said)


def blocker(item: BlockerRecord, at: datetime.date, waived: str = "waived", of: str | None = None) -> str:
    """`login.example.org at west: no cipher suite is forward secret (41% of page-views, waived until 31 Mar)`. `of` is
    what its part is a part of."""
    weight = [f"{percent(item.part)} of {of}"] if item.part is not None and of else []
    until = [f"{waived} until {short_date(item.excused_until, at)}"] if item.excused_until else []
    more = f" ({', '.join(weight + until)})" if weight or until else ""
    where = "" if item.subject.kind == "fleet" else f"{place(item.subject.id)}: "
    return f"{where}{item.message}{more}"


def by_vantage(finding: FindingRecord) -> str:
    """`pass from fra, fail from sin and gru`; empty where it was looked at from one place."""
    of: dict[str, list[str]] = {}
    for vantage, outcome in finding.vantages.items():
        of.setdefault(outcome.replace("_", " "), []).append(vantage)
    return ", ".join(f"{outcome} from {' and '.join(vantages)}" for outcome, vantages in of.items())
