"""What the page says of the goals: where each stands, what changed, and how ready a decision is."""

import datetime
import re
from dataclasses import replace
from typing import Any

from tlsaudit.report import readiness, text, wording
from tlsaudit.report.charts import state
from tlsaudit.report.document import GoalpostsRecord, ObjectiveRecord
from tlsaudit.report.goalposts import Moved, moved

LISTED = 10
"""Lines that say what blocks one goal."""

_STATUS = {
    "overdue": ("late", "late"), "excused": ("excused", "excused"), "at-risk": ("at risk", "risk"),
    "not-measured": ("not measured", "blind"), "undecided": ("decide", "decide"), "on-track": ("on track", "track"),
    "met": ("met", "met"),
}  # fmt: skip

_ORDER = list(_STATUS)

_DECIDED = {"force": "HTTPS is forced", "do-not-force": "HTTPS is not forced"}

_ISO = re.compile(r"\b\d{4}-\d\d-\d\d\b")

_EXPECTED = {
    "no change": "not at this pace", "moving away": "not at this pace", "over 10 years": "in over 10 years",
    "unsteady": "no steady pace",
}  # fmt: skip


def goal(item: ObjectiveRecord, at: datetime.date) -> dict[str, Any]:
    excused = item.status == "overdue" and item.excused_until is not None
    word, kind = _STATUS["excused" if excused else item.status]
    late = wording.days_late(item, at)
    owner = (item.owner or "nobody yet").partition("@")[0]
    blocking = [(each.check, wording.blocker(each, at, "excused", item.weighted)) for each in item.blocking[:LISTED]]
    return {
        "record": item,
        "word": word,
        "kind": kind,
        "now": _now(item, at),
        "target": text.clean(item.target or ""),
        "due": text.short_date(item.due, at) if item.due else "-",
        "late": f"{text.plural(late, 'day')} late" if late else "",
        "expected": _expected(item, at),
        "owner": "" if item.status == "met" else owner,
        "next": blocking[0][1] if blocking and item.status != "met" else "",
        "blocking": blocking,
        "blocking_more": max(item.blocking_count - LISTED, 0),
        "figures": [(item.title, point.date, wording.measure(item, point.figure)) for point in item.figures],
        "milestones": [(item.title, one, state(one, at)) for one in item.milestones],
        "total": text.denominator(item.counts),
    }


def _now(item: ObjectiveRecord, at: datetime.date) -> str:
    if item.decision is None or item.decision.outcome == "undecided":
        return wording.now(item, "excused")
    day = f", {text.short_date(item.decision.decided, at)}" if item.decision.decided else ""
    return f"{_DECIDED[item.decision.outcome]}{day}"


def moves(goalposts: GoalpostsRecord | None) -> list[Moved]:
    """With dates as the page says them."""
    found = moved(goalposts.moves) if goalposts else []
    return [replace(move, what=_ISO.sub(_long, move.what.replace(" -> ", ", now "))) for move in found]


def _long(day: re.Match[str]) -> str:
    try:
        return text.long_date(datetime.date.fromisoformat(day[0]))
    except ValueError:
        return day[0]


def changed(item: ObjectiveRecord) -> dict[str, Any]:
    figures = [
        "-" if number is None else wording.measure(item, number) for number in (item.previous, wording.figure(item))
    ]
    return {
        "title": item.title,
        "since": item.changes and item.changes.since.date(),
        "was": figures[0],
        "now": figures[1],
        "why": wording.why(item),
    }


def decision(item: ObjectiveRecord, at: datetime.date) -> dict[str, Any]:
    late = item.status == "overdue"
    kinds = {"ready": "met", "open": "risk", "not measured": "blind", "does not apply": "blind"}
    return {
        "title": item.title,
        "kind": "late" if late else _STATUS[item.status][1],
        "late": late,
        "taken": item.decision is not None and item.decision.outcome != "undecided",
        "sentence": readiness.decision_sentence(item, at),
        "owner": item.owner or "nobody yet",
        "record": item.decision.record if item.decision else None,
        "sheet": [(kinds[asked.state], asked) for asked in readiness.sheet(item, at)],
    }


def urgency(item: ObjectiveRecord) -> int:
    """The place among the goals: what is late first, what is met last."""
    if item.status == "overdue" and item.excused_until:
        return _ORDER.index("excused")
    return _ORDER.index(item.status)


def _expected(item: ObjectiveRecord, at: datetime.date) -> str:
    if item.status == "met":
        return "reached"
    if item.kind == "decision":
        return "-"
    foreseen = wording.forecast(item, at)
    return _EXPECTED.get(foreseen, foreseen) if foreseen else "not known yet"
