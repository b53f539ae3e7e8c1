"""Every goal a line, with its milestones against time: what was reached, what is late, and what is expected when."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tlsaudit.report import wording
from tlsaudit.report.charts.axis import axis, expected
from tlsaudit.report.charts.course import Point, course
from tlsaudit.report.charts.labels import SMALL, USUAL, Placed, Room, wrapped
from tlsaudit.report.charts.marks import SIGN, SIGNS, state
from tlsaudit.report.charts.sheet import Margins, Sheet
from tlsaudit.report.document import MilestoneRecord, ObjectiveRecord
from tlsaudit.report.text import clean, months, plural, short_date, spoken_date

_TOP = 50
"""For the months, and today."""

_LINE = 16
_COURSE = 26
"""How high all of a goal is drawn."""

_BELOW = 36
"""Below the rail: the signs, their labels, and air."""

_TITLE_LINES = 3


@dataclass(frozen=True, slots=True)
class Size:
    """`beside` is the width of the titles where they stand beside the rails, 0 where they stand above."""

    name: str
    width: float
    beside: float = 0


SIZES = (Size("wide", 1040, 270), Size("middle", 660), Size("narrow", 330))


def sheet(goals: Sequence[ObjectiveRecord], at: datetime.date, size: Size) -> Sheet:
    """Of goals with milestones, in their order; at least one."""
    return _Timetable(goals, at, size).sheet()


class _Timetable:
    """Collects what each layer shows, goal after goal."""

    def __init__(self, goals: Sequence[ObjectiveRecord], at: datetime.date, size: Size) -> None:
        self._goals = goals
        self._at = at
        self._size = size
        days = [at, *(day for item in goals for day in _days(item))]
        foreseen = [day for item in goals for day in expected(item) or ()]
        self._axis = axis(days, foreseen, size.beside + SIGN, size.width - SIGN)
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._labels: list[tuple[Placed, str]] = []

    def sheet(self) -> Sheet:
        bottom: float = _TOP
        for item in self._goals:
            bottom = self._goal(item, bottom)
        drawn = Sheet(
            f"timetable_{self._size.name}",
            "Milestones against time",
            f"{plural(len(self._goals), 'goal')}, a line each: what was reached when, the milestones, and when the next"
            f" target is expected, as of {spoken_date(self._at, self._at)}. The tables below say the same.",
            self._axis,
            (self._size.width, bottom),
            bottom=bottom,
            top=0,
            margins=Margins(bottom=4),
        )
        self._ground(drawn)
        rows = self._rows
        drawn.add("course", "area", rows["course"], interpolate="step-after", fill="course", fillOpacity=0.22)
        drawn.add("rails", "rule", rows["rails"], stroke="line", strokeWidth=2)
        drawn.add("late", "rule", rows["late"], stroke="late", strokeWidth=4)
        drawn.add("expected", "rect", rows["expected"], fill="band", stroke="course", strokeDash=[3, 2], cornerRadius=5)
        drawn.add("usual", "rule", rows["usual"], stroke="course", strokeWidth=2)
        drawn.add_signs(rows["milestones"])
        drawn.add("titles", "text", rows["titles"], align="left", fontSize=USUAL + 1, fontWeight=600, fill="ink")
        drawn.add("now", "text", rows["now"], align="left", fontSize=SMALL, fill="quiet")
        drawn.add_labels("labels", [drawn.label(placed, fill) for placed, fill in self._labels])
        return drawn

    def _ground(self, drawn: Sheet) -> None:
        """The months, and today."""
        ticks = list(self._axis.ticks())
        grid = [{"x": tick.day, "y": _TOP - 18, "y2": drawn.height} for tick in ticks]
        drawn.add("months", "rule", grid, stroke="line", strokeDash=[1, 4])
        named = [(tick.day, 11, tick.label) for tick in ticks] + [
            (tick.day, 25, tick.year) for tick in ticks if tick.year
        ]
        drawn.add(
            "ticks", "text", [{"x": x, "y": y, "text": text} for x, y, text in named], fontSize=SMALL, fill="quiet"
        )
        drawn.add("today", "rule", list(self._today(drawn.height)), stroke="ink", strokeWidth=1.5, strokeDash=[5, 3])
        wordings = [f"today, {short_date(self._at, self._at)}", "today"]
        if placed := Room(0, drawn.width).place([(self._axis.x(self._at), _TOP - 9)], wordings):
            self._labels.append((placed, "ink"))

    def _today(self, height: float) -> Iterator[dict[str, Any]]:
        """Its line, which makes room for words."""
        start: float = _TOP - 5
        crossed = (placed.down for placed, _ in self._labels if placed.crosses(self._axis.x(self._at)))
        for down in sorted(crossed):
            yield {"x": self._at, "y": start, "y2": down - SMALL}
            start = down + SMALL / 2
        yield {"x": self._at, "y": start, "y2": height}

    def _goal(self, item: ObjectiveRecord, top: float) -> float:
        """Where the goal's line ends."""
        size = self._size
        room = (size.beside or size.width) - SIGN
        text = top + _LINE
        for line in wrapped(clean(item.title), room, USUAL + 1, _TITLE_LINES):
            self._rows["titles"].append({"x": self._axis.day(2), "y": text, "text": line})
            text += _LINE
        for line in wrapped(clean(wording.now(item, "excused")), room, SMALL, 1):
            self._rows["now"].append({"x": self._axis.day(2), "y": text, "text": line})
            text += _LINE
        points = course(item)
        above = 8 + (_COURSE if points or size.beside else _LINE)
        rail = above + (top if size.beside else text - _LINE)
        self._rows["rails"].append({"x": self._axis.day(size.beside), "x2": self._axis.day(size.width), "y": rail})
        if points:
            self._rows["course"].extend(self._steps(item, points, rail))
        if item.status == "overdue" and item.due and item.due < self._at:
            self._rows["late"].append({"x": item.due, "x2": self._at, "y": rail})
        self._forecast(item, rail)
        self._milestones(item, rail)
        return max(rail + _BELOW, text if size.beside else 0)

    def _steps(self, item: ObjectiveRecord, points: Sequence[Point], rail: float) -> Iterator[dict[str, Any]]:
        """A figure holds until the next one. The full height is all of a share, the largest value of a metric."""
        whole = 1.0 if item.kind == "share" else max(*(figure for _, figure in points), 0.0) or 1.0
        for day, figure in [*points, (max(self._at, points[-1][0]), points[-1][1])]:
            yield {"x": day, "y": rail - _COURSE * min(max(figure / whole, 0.0), 1.0), "y2": rail, "detail": rail}

    def _forecast(self, item: ObjectiveRecord, rail: float) -> None:
        days = expected(item)
        if not days:
            return
        low, usual, high = days
        said = f"expected {months(low, high, self._at)}"
        left, right = self._axis.x(low), max(self._axis.x(high), self._axis.x(low) + 8)
        if low > self._axis.last:
            said += " →"
        else:
            ends = {"x": self._axis.day(left), "x2": self._axis.day(right)}
            self._rows["expected"].append(ends | {"y": rail - 5, "y2": rail + 5})
            if self._axis.first <= usual <= self._axis.last:
                self._rows["usual"].append({"x": usual, "y": rail - 5, "y2": rail + 5})
        if placed := self._room().place([((left + right) / 2, rail - 11)], [said]):
            self._labels.append((placed, "quiet"))

    def _milestones(self, item: ObjectiveRecord, rail: float) -> None:
        room = self._room()
        # The one that counts now gets its words first, and stands before the others.
        by_weight = sorted(item.milestones, key=lambda each: (each.due != item.due, each.due))
        for milestone in by_weight:
            spots = [(self._axis.x(milestone.due), rail + 20)]
            if placed := room.place(spots, self._wordings(item, milestone)):
                self._labels.append((placed, "late" if state(milestone, self._at) == "missed" else "quiet"))
        for milestone in reversed(by_weight):
            sign = SIGNS[state(milestone, self._at)]
            self._rows["milestones"].append({"x": milestone.due, "y": rail, "sign": sign})

    def _wordings(self, item: ObjectiveRecord, milestone: MilestoneRecord) -> list[str]:
        """What is said of a milestone, from all to little."""
        target, due = clean(milestone.target), short_date(milestone.due, self._at)
        every = [f"{target} by {due}, every {clean(milestone.every)}"] if milestone.every else []
        said = [*every, f"{target} by {due}", target]
        if milestone.due != item.due or not (late := wording.days_late(item, self._at)):
            return said
        return [f"{text}, {plural(late, 'day')} late" for text in said] + said

    def _room(self) -> Room:
        return Room(self._size.beside, self._size.width)


def _days(item: ObjectiveRecord) -> Iterator[datetime.date]:
    yield from (milestone.due for milestone in item.milestones)
    yield from filter(None, [item.due])  # a document that others wrote may have it before all of these
    yield from (day for day, _ in course(item))
