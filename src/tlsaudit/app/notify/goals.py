"""Goals that are overdue, met, or due soon."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from tlsaudit.app.notify.notice import Key, Kind, News, Notice
from tlsaudit.app.notify.words import neutral
from tlsaudit.report.document import ObjectiveRecord
from tlsaudit.report.text import clean, long_date, plural
from tlsaudit.report.wording import blocker, days_late, now

OVERDUE, MET, DUE = "overdue", "met", "due"
CONCERNS = (OVERDUE, MET, DUE)

_STEPS = (1, 7, 30)  # days before a milestone, each told once
_BLOCKERS = 3


def goals(
    objectives: Iterable[ObjectiveRecord],
    before: Mapping[str, ObjectiveRecord],
    told: Collection[Key],
    at: date,
) -> News:
    """The objectives as of the day `at`, and as the audit `before` the one that measured them recorded them. What two
    audits do not agree on is neither told nor over; that a day has passed needs no second audit.
    """
    stands: list[Notice] = []
    unsure: set[Key] = set()
    for objective in objectives:
        earlier = before.get(objective.id)
        for notice, sure in (*_overdue(objective, earlier, at), *_met(objective, earlier), *_due(objective, at)):
            if sure:
                stands.append(notice)
            else:
                unsure.add(notice.key)
    return News(stands, unsure & set(told))


def _overdue(objective: ObjectiveRecord, earlier: ObjectiveRecord | None, at: date) -> Iterator[tuple[Notice, bool]]:
    due = objective.due
    if objective.status != "overdue" or due is None or (objective.excused_until and objective.excused_until >= at):
        return
    held = any(
        item.held
        for item in (earlier.milestones if earlier else ())
        if (item.due, item.target) == (due, objective.target)
    )
    late = plural(days_late(objective, at), "day")
    line = f"{now(objective)}; {objective.target} was due on {long_date(due)}, {late} ago"
    if objective.kind == "decision":
        advice = ["fix  decide, and write decision:, decided: and record: into the targets file"]
    else:
        advice = [f"lacks  {neutral(blocker(item, at))}" for item in objective.blocking[:_BLOCKERS]]
        if objective.blocking_count > _BLOCKERS:
            advice.append(f"lacks  {objective.blocking_count - _BLOCKERS:,} more")
    key = (OVERDUE, objective.id, due.isoformat(), objective.target or "")
    yield _notice(objective, key, Kind.OVERDUE, line, advice), not held


def _met(objective: ObjectiveRecord, earlier: ObjectiveRecord | None) -> Iterator[tuple[Notice, bool]]:
    statuses = {objective.status, (earlier or objective).status}
    if "met" in statuses:
        key = (MET, objective.id, str(objective.milestones[-1].due), objective.milestones[-1].target)
        yield _notice(objective, key, Kind.MET, now(objective), ()), statuses == {"met"}


def _due(objective: ObjectiveRecord, at: date) -> Iterator[tuple[Notice, bool]]:
    due = objective.due
    if objective.status in {"met", "overdue"} or due is None:
        return
    left = (due - at).days
    step = next((step for step in _STEPS if left <= step), None)
    if step is not None:
        when = "today" if left == 0 else f"in {plural(left, 'day')}, on {long_date(due)}"
        line = f"{objective.target} is due {when}; now {now(objective)}"
        key = (DUE, objective.id, due.isoformat(), objective.target or "", str(step))
        yield _notice(objective, key, Kind.DUE, line, ()), True


def _notice(objective: ObjectiveRecord, key: Key, kind: Kind, line: str, advice: Iterable[str]) -> Notice:
    topic = "overdue" if kind is Kind.OVERDUE else "milestone"
    return Notice(key, kind, topic, objective.owner, clean(objective.title), line, tuple(advice))
