"""The sentences the page opens with: the truth in one, what changed, and what is asked of the reader."""

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence

from tlsaudit.report.document import FindingChangesRecord, Header, ObjectiveRecord
from tlsaudit.report.rollup import Rollup
from tlsaudit.report.text import joined, long_date, plural, spoken_date
from tlsaudit.report.view import AuditView, standing
from tlsaudit.report.wording import awaits_a_figure, differs, figure, measure, moved, why


def title(header: Header, what: str) -> str:
    """`Encryption timetable of web@example.org since 1 February 2015`, where the reader asked whose and since when."""
    day = compared_with(header) if header.since else None
    return (
        what + (f" of {joined(header.owners)}" if header.owners else "") + (f" since {long_date(day)}" if day else "")
    )


def goals_sentence(objectives: Sequence[ObjectiveRecord], at: datetime.date) -> str:
    """`2 goals are late (1 excused until 31 March), 1 is at risk and 1 decision is due 30 June.`"""
    clauses = [clause for clause in _clauses(objectives, at) if clause]
    if all(item.status == "met" for item in objectives):
        return "The goal is met." if len(objectives) == 1 else f"All {len(objectives)} goals are met."
    return f"{', '.join(clauses)}."


def _clauses(objectives: Sequence[ObjectiveRecord], at: datetime.date) -> Iterator[str]:
    noun = True
    for status, word in (
        ("overdue", "late"), ("at-risk", "at risk"), ("not-measured", "not measured"), ("undecided", ""),
        ("met", "met"), ("on-track", "on track"),
    ):  # fmt: skip
        group = [item for item in objectives if item.status == status]
        if not group:
            continue
        if status == "undecided":
            yield _undecided(group, at)
            continue
        if status == "overdue":
            decisions = late_decisions(group)
            group = [item for item in group if item not in decisions]
            if decisions:
                yield f"{plural(len(decisions), 'decision')} {'is' if len(decisions) == 1 else 'are'} late"
            if not group:
                continue
        count = plural(len(group), "goal") if noun else str(len(group))
        noun = False
        yield f"{count} {'is' if len(group) == 1 else 'are'} {word}{_excused(group, at)}"


def late_decisions(objectives: Sequence[ObjectiveRecord]) -> list[ObjectiveRecord]:
    """What nobody has decided though its date is past."""
    return [
        item
        for item in objectives
        if item.status == "overdue" and item.decision and item.decision.outcome == "undecided"
    ]


def _undecided(group: Sequence[ObjectiveRecord], at: datetime.date) -> str:
    dates = [item.due for item in group if item.due]
    due = f" {'due' if len(group) == 1 else 'due, the first'} {spoken_date(min(dates), at)}" if dates else " open"
    return f"{plural(len(group), 'decision')} {'is' if len(group) == 1 else 'are'}{due}"


def _excused(group: Sequence[ObjectiveRecord], at: datetime.date) -> str:
    until = [item.excused_until for item in group if item.status == "overdue" and item.excused_until]
    if not until:
        return ""
    number = "" if len(until) == len(group) == 1 else f"{len(until)} "
    return f" ({number}excused until {spoken_date(max(until), at)})"


def changes_sentence(view: AuditView, at: datetime.date) -> str:
    """What became better and worse since the audit that all is compared with, and which numbers changed without
    either."""
    header = view.header
    compared = [item for item in view.objectives if item.previous is not None]
    if not compared:
        return "There is no earlier audit to compare with."
    day = compared_with(header)
    since = f"Since {spoken_date(day, at)}" if day else "Since last time"
    better = [_change(item, at) for item in compared if moved(item) > 0]
    worse = [_change(item, at) for item in compared if moved(item) < 0]
    other = [_change(item, at) for item in compared if differs(item) and not moved(item)]
    got = f"{plural(len(better), 'goal')} got better: {'; '.join(better)}" if better else "nothing got better"
    said = [f"{since}, {got}.", f"Worse: {'; '.join(worse)}." if worse else "Nothing got worse."]
    said += [f"Changed for other reasons: {'; '.join(other)}."] if other else []
    unmeasured = [item.title for item in view.objectives if item.previous is None and figure(item) is not None]
    said += [f"Not measured then: {'; '.join(unmeasured)}."] if header.since and unmeasured else []
    findings = findings_changed(header.finding_changes)
    said += [f"Single findings: {findings}."] if findings else []
    return " ".join(said)


def compared_with(header: Header) -> datetime.date | None:
    """The day that was asked for, else that of the earlier audit; that of the first where none was finished by then."""
    if header.previous_at is None:
        return None
    before = header.previous_at.date()
    return max(header.since, before) if header.since else before


def findings_changed(changes: FindingChangesRecord | None) -> str:
    """`12 fixed, 2 regressed`: findings that are not what they were; empty where there are none."""
    counted = [] if changes is None else [
        (changes.fixed, "fixed"),
        (changes.regressed, "regressed"),
        (changes.new, "new"),
        (changes.lost, "unknown now"),
        (changes.regained, "known again"),
        (changes.rule_changed, "judged otherwise by a changed rule"),
        (changes.not_run_before, "found by checks not run then"),
    ]  # fmt: skip
    return ", ".join(f"{count:,} {word}" for count, word in counted if count)


def _change(item: ObjectiveRecord, at: datetime.date) -> str:
    figures = [measure(item, number) for number in (item.previous, figure(item)) if number is not None]
    recorded = item.measurement
    since = f" since {spoken_date(recorded.previous_day, at)}" if recorded and recorded.previous_day else ""
    causes = why(item)
    return f"{item.title} ({' to '.join(figures)}{since}{': ' if causes else ''}{causes})"


def requests(objectives: Sequence[ObjectiveRecord], at: datetime.date) -> list[str]:
    """What only the reader can move, the most pressing first."""
    late = [item for item in objectives if item.status == "overdue" and not item.excused_until]
    blind = [item for item in objectives if item.status == "not-measured"]
    undecided = [item for item in objectives if item.status == "undecided"]
    at_risk = [item for item in objectives if item.status == "at-risk"]
    asked = [f"{_late(item)}: {item.title}" for item in late]
    asked += [f"A decision{_by(item, at)}: {item.title}" for item in undecided]
    asked += [f"A way to measure: {item.title}" for item in blind]
    asked += [f"A look at the pace{_by(item, at)}: {item.title}" for item in at_risk]
    return asked


def _late(item: ObjectiveRecord) -> str:
    if item.kind == "decision":
        return "A decision, it is late"
    return "A new measurement, it is late" if awaits_a_figure(item) else "People or a new date for"


def _by(item: ObjectiveRecord, at: datetime.date) -> str:
    return f" by {spoken_date(item.due, at)}" if item.due else ""


def findings_sentence(view: AuditView, rollup: Rollup) -> str:
    """What a scan without goals found: `37 of 300 endpoints fail at least one check; 3 did not answer.`"""
    summary = view.header.summary
    if summary.endpoints == 0:
        return "There was nothing to audit."
    if summary.endpoints != 1:
        return part_sentence(summary.endpoints, rollup)
    return _joined([*_of_one(view), *_of_others(rollup)])


def part_sentence(endpoints: int, rollup: Rollup) -> str:
    """What was found at a part of the fleet: `2 of 4 endpoints fail at least one check; 1 did not answer.`"""
    return _joined([*_of_many(endpoints, rollup), *_of_others(rollup)])


def _joined(clauses: Sequence[str]) -> str:
    return "; ".join(clauses) + "."


def _of_others(rollup: Rollup) -> Iterator[str]:
    elsewhere = sum(bool(item.counts["fail"]) for item in rollup.faults.values() if item.kind != "endpoint")
    if elsewhere:
        yield f"{plural(elsewhere, 'check')} of whole services or links {_fail(elsewhere)}"


def _of_one(view: AuditView) -> Iterator[str]:
    endpoint = next(view.endpoints())
    if not endpoint.reachable:
        yield f"{endpoint.id} did not answer"
        return
    outcomes = Counter(standing(item) for item in view.findings() if item.endpoint == endpoint.id)
    applicable = outcomes.total() - outcomes["not_applicable"]
    yield f"{endpoint.id} fails {outcomes['fail']:,} of {plural(applicable, 'check')}"
    if outcomes["unknown"]:
        yield f"{outcomes['unknown']:,} could not be judged"


def _of_many(endpoints: int, rollup: Rollup) -> Iterator[str]:
    failing = rollup.failing
    yield f"{failing:,} of {endpoints:,} endpoints {_fail(failing)} at least one check"
    if rollup.silent.count:
        yield f"{rollup.silent.count:,} did not answer"


def _fail(count: int) -> str:
    return "fails" if count == 1 else "fail"


def audited_at(moment: datetime.datetime) -> str:
    """`1 March 2015, 02:10 UTC`."""
    return f"{long_date(moment.date())}, {moment:%H:%M} UTC"
