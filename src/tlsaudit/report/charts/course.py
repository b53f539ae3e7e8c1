"""What was reached when."""

from datetime import date

from tlsaudit.goal.line import turns
from tlsaudit.report.document import ObjectiveRecord

MOST = 1e15
"""Above, nothing is a figure of anything."""

_POINTS = 120

Point = tuple[date, float]


def course(item: ObjectiveRecord) -> list[Point]:
    """The figures of a goal, oldest first, as many as a drawing shows. Empty for a decision: how ready one is to decide
    is no step on the way to it."""
    if item.kind == "decision":
        return []
    return turns(sorted((each.date, each.figure) for each in item.figures if abs(each.figure) < MOST), _POINTS)
