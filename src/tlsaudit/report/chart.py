"""The timetable drawn against time: where each mark stands, in units of the drawing."""

import datetime
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tlsaudit.report.document import FigureRecord, MilestoneRecord, ObjectiveRecord
from tlsaudit.report.text import MONTHS, clean, short_date

MARGIN = 16
TOP = 34
LINE = 16
"""The height of a line of a row's title."""

COURSE = 26
"""How high all of a goal is drawn."""

BELOW = 38
"""The height of a row below its title: the rail, the marks and their labels."""

_BEYOND = datetime.timedelta(days=365)
"""How far the drawing goes beyond the last milestone at most, for a forecast."""

_LETTER = 6.6
"""How wide a letter of the small labels is at most."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A month, and the year where another one begins."""

    x: float
    label: str
    year: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A milestone. `state` is held, missed or ahead; `label` is empty where another one stands too near."""

    x: float
    state: str
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Row:
    """An objective: the lines of its title from `y` on, its marks on the `rail`; `band` is the forecast's span
    (x, width); `course` is the outline of what was reached, empty where there is no figure."""

    y: int
    rail: int
    title: list[str]
    marks: list[Mark]
    band: tuple[float, float] | None
    course: str


@dataclass(frozen=True, slots=True)
class Chart:
    width: int
    height: int
    today: float
    today_label: str
    today_anchor: str
    ticks: list[Tick]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class _Axis:
    first: datetime.date
    last: datetime.date
    width: int

    def x(self, day: datetime.date) -> float:
        span = (self.last - self.first).days
        inner = self.width - 2 * MARGIN
        return round(MARGIN + inner * (day - self.first).days / span, 1)

    def anchor(self, x: float, label: str) -> str:
        """Where a label centred at x would be cut off, its end stands there instead."""
        half = len(label) * _LETTER / 2
        if x - half < 0:
            return "start"
        return "end" if x + half > self.width else "middle"


def draw(objectives: Sequence[ObjectiveRecord], at: datetime.date, width: int) -> Chart | None:
    """None where no objective has a date."""
    shown = [item for item in objectives if item.milestones]
    days = [day for item in shown for day in _days(item)]
    if not days:
        return None
    latest = max(*days, at)
    foreseen = [min(day, latest + _BEYOND) for item in shown for day in _foreseen(item) or ()]
    axis = _Axis(_month(min(*days, at)), _month(max([latest, *foreseen]), 1), width)
    today = axis.x(at)
    label = f"today, {short_date(at, at)}"
    rows: list[Row] = []
    y = TOP
    for item in shown:
        rows.append(_row(item, y, axis, at))
        y = rows[-1].rail + BELOW
    return Chart(width, y + 30, today, label, axis.anchor(today, label), list(_ticks(axis)), rows)


def _days(item: ObjectiveRecord) -> Iterator[datetime.date]:
    yield from (milestone.due for milestone in item.milestones)
    yield from (point.date for point in _course(item))


def _foreseen(item: ObjectiveRecord) -> tuple[datetime.date, datetime.date] | None:
    """The first and the last day of a forecast that is drawn."""
    foreseen = item.forecast
    if foreseen is None or foreseen.date is None or item.status == "met":
        return None
    return foreseen.low or foreseen.date, foreseen.high or foreseen.date


def _month(day: datetime.date, later: int = 0) -> datetime.date:
    """The first day of the month, or of a later one."""
    number = day.year * 12 + day.month - 1 + later
    return datetime.date(number // 12, number % 12 + 1, 1)


def _ticks(axis: _Axis) -> Iterator[Tick]:
    count = (axis.last.year - axis.first.year) * 12 + axis.last.month - axis.first.month
    room = max(int((axis.width - 2 * MARGIN) / 52), 1)
    step = next((step for step in (1, 2, 3, 6, 12) if count / step <= room), 12 * (1 + count // (12 * room)))
    year = None
    for offset in range(0, count + 1, step):
        day = _month(axis.first, offset)
        yield Tick(axis.x(day), MONTHS[day.month - 1][:3], "" if day.year == year else str(day.year))
        year = day.year


def _row(item: ObjectiveRecord, y: int, axis: _Axis, at: datetime.date) -> Row:
    marks: list[Mark] = []
    free_from = 0.0
    for milestone in sorted(item.milestones, key=lambda milestone: milestone.due):
        x = axis.x(milestone.due)
        label = clean(milestone.target)
        anchor = axis.anchor(x, label)
        size = len(label) * _LETTER
        left = {"start": x, "middle": x - size / 2, "end": x - size}[anchor]
        if left < free_from or size > axis.width / 3:
            label = ""
        else:
            free_from = left + size + 4
        marks.append(Mark(x, state(milestone, at), label, anchor))
    title = textwrap.wrap(clean(item.title), int(axis.width / 8.2))
    rail = y + LINE * len(title) + 3 + (COURSE if _course(item) else 0)
    return Row(y, rail, title, marks, _band(item, axis), _outline(item, rail, axis, at))


def _course(item: ObjectiveRecord) -> Sequence[FigureRecord]:
    """How ready one is to decide is no step on the way to a decision."""
    return () if item.kind == "decision" else item.figures


def _outline(item: ObjectiveRecord, rail: int, axis: _Axis, at: datetime.date) -> str:
    """Steps: a figure holds until the next one. The full height is all of a share, the largest value of a metric."""
    course = _course(item)
    if not course:
        return ""
    whole = 1.0 if item.kind == "share" else max(*(point.figure for point in course), 0.0) or 1.0
    steps = (f"H{axis.x(point.date)}V{rail - COURSE * max(point.figure, 0.0) / whole:.1f}" for point in course)
    return f"M{axis.x(course[0].date)} {rail}{''.join(steps)}H{axis.x(at)}V{rail}Z"


def state(milestone: MilestoneRecord, at: datetime.date) -> str:
    """Whether a milestone was held, missed, or is still ahead."""
    if milestone.held:
        return "held"
    if milestone.due >= at:
        return "ahead"
    return "not judged" if milestone.held is None else "missed"


def _band(item: ObjectiveRecord, axis: _Axis) -> tuple[float, float] | None:
    foreseen = _foreseen(item)
    if foreseen is None or foreseen[0] > axis.last:
        return None
    low, high = (axis.x(min(day, axis.last)) for day in foreseen)
    return low, max(high - low, 6.0)
