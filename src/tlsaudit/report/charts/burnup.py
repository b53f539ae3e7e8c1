"""How one goal goes: its figure over time, what its milestones ask for, and when the next target is expected."""

import datetime
import math
from collections.abc import Iterator, Sequence

from tlsaudit.report import wording
from tlsaudit.report.charts.axis import axis, expected
from tlsaudit.report.charts.course import MOST, Point, course
from tlsaudit.report.charts.labels import SMALL, USUAL, Room, width_of
from tlsaudit.report.charts.marks import SIGN, SIGNS, state
from tlsaudit.report.charts.sheet import Margins, Sheet
from tlsaudit.report.document import MilestoneRecord, ObjectiveRecord
from tlsaudit.report.text import clean, months, short_date, spoken_date
from tlsaudit.target import TargetError, parse_milestone_target

_SIZE = (286.0, 140.0)
_MARGINS = Margins(left=40, top=22, right=14, bottom=34)
_ROUND = (1, 2, 4, 6, 8, 10)
"""What an axis goes to, so that its half is a round number as well."""


def sheet(item: ObjectiveRecord, number: int, at: datetime.date) -> Sheet | None:
    """None for a decision, which has no figures, and where nothing was measured yet."""
    points = course(item)
    if not points:
        return None
    asked = list(_asked(item))
    foreseen = expected(item)
    target = _figure(item.target or "")
    days = [at, *(day for day, _ in points), *(each.due for each in item.milestones)]
    bottom, top = _range(item, [target or 0.0, *(figure for _, figure in [*points, *asked])])
    drawn = Sheet(
        f"burnup_{number}",
        clean(item.title),
        _said(item, points, at),
        axis(days, foreseen or (), 0, _SIZE[0]),
        _SIZE,
        bottom=bottom,
        top=top,
        margins=_MARGINS,
    )
    _ground(drawn, item, at)
    _course(drawn, item, points, at)
    if foreseen and target is not None:
        _band(drawn, points[-1], target, foreseen)
    _targets(drawn, asked)
    _signs(drawn, item, points, at)
    return drawn


def _asked(item: ObjectiveRecord) -> Iterator[Point]:
    """The milestones that ask for a figure, in the order of their days."""
    for milestone in sorted(item.milestones, key=lambda each: each.due):
        figure = _figure(milestone.target)
        if figure is not None:
            yield milestone.due, figure


def _figure(target: str) -> float | None:
    try:
        figure = parse_milestone_target(target).figure
    except TargetError:
        return None
    return float(figure) if figure is not None and abs(figure) < MOST else None


def _range(item: ObjectiveRecord, figures: Sequence[float]) -> tuple[float, float]:
    """The ends of the y axis: all of a share, else from zero to a round number."""
    least, most = min(*figures, 0.0), max(*figures, 0.0)
    if wording.in_percent(item) and most <= 1:
        return -_round(-least), 1.0
    return -_round(-least), _round(most) or 1.0


def _round(most: float) -> float:
    if most <= 0:
        return 0.0
    unit = 10.0 ** math.floor(math.log10(most))
    return next(step * unit for step in _ROUND if step * unit >= most * (1 - 1e-9))


def _short(item: ObjectiveRecord, level: float) -> str:
    """`50%`, `20k`: what there is room for beside the axis."""
    if wording.in_percent(item) or abs(level) < 1000:
        return wording.measure(item, level)
    power = min(int(math.log10(abs(level)) // 3), 4)
    return f"{level / 1000**power:.3g}{'kMGT'[power - 1]}"


def _ground(drawn: Sheet, item: ObjectiveRecord, at: datetime.date) -> None:
    """Both axes, and today."""
    bottom, top = drawn.bottom, drawn.top
    levels = [bottom, 0.0, top] if bottom < 0 else [0.0, top / 2, top]
    ends = {"x": drawn.axis.day(0), "x2": drawn.axis.day(drawn.width)}
    drawn.add("levels", "rule", [ends | {"y": level} for level in levels], stroke="line")
    left = drawn.axis.day(-6)
    named = [{"x": left, "y": level, "text": _short(item, level)} for level in levels]
    drawn.add("scale", "text", named, align="right", baseline="middle", fontSize=SMALL, fill="quiet")
    drawn.add("today", "rule", [{"x": at, "y": bottom, "y2": top}], stroke="ink", strokeWidth=1.5, strokeDash=[5, 3])
    room = Room(-_MARGINS.left, drawn.width + _MARGINS.right)
    months_at, years_at = drawn.height + 15, drawn.height + 28
    labels = []
    if today := room.place([(drawn.axis.x(at), months_at)], ["today"]):
        labels.append(drawn.label(today, "ink"))
    for tick in drawn.axis.ticks():
        for text, down in ((tick.label, months_at), (tick.year, years_at)):
            if text and (placed := room.place([(drawn.axis.x(tick.day), down)], [text])):
                labels.append(drawn.label(placed, "quiet"))
    drawn.add_labels("ticks", labels)


def _course(drawn: Sheet, item: ObjectiveRecord, points: Sequence[Point], at: datetime.date) -> None:
    """A figure holds until the next one, and the last one until today, unless it is too old to count."""
    end = at if item.status != "not-measured" else points[-1][0]
    course = [{"x": day, "y": figure, "y2": 0.0} for day, figure in [*points, (max(end, points[-1][0]), points[-1][1])]]
    drawn.add("course", "area", course, interpolate="step-after", fill="course", fillOpacity=0.16)
    line = [{"x": row["x"], "y": row["y"]} for row in course]
    drawn.add("line", "line", line, interpolate="step-after", stroke="course", strokeWidth=2)


def _band(drawn: Sheet, now: Point, target: float, days: tuple[datetime.date, datetime.date, datetime.date]) -> None:
    """From where it stands to where it is expected, at the quickest, the usual and the slowest pace."""
    low, usual, high = days
    last = drawn.axis.last

    def reached(day: datetime.date, end: datetime.date) -> float:
        if day >= end:
            return target
        return now[1] + (target - now[1]) * (day - now[0]).days / (end - now[0]).days

    if low < high:
        ends = [max(min(day, last), now[0]) for day in (low, high)]
        fan = [{"x": day, "y": reached(day, low), "y2": reached(day, high)} for day in ends]
        drawn.add("expected", "area", [{"x": now[0], "y": now[1], "y2": now[1]}, *fan], fill="band", fillOpacity=0.7)
    end = max(min(usual, last), now[0])
    pace = [{"x": now[0], "y": now[1]}, {"x": end, "y": reached(end, usual)}]
    drawn.add("usual", "line", pace, stroke="course", strokeWidth=2, strokeDash=[3, 3])


def _targets(drawn: Sheet, asked: Sequence[Point]) -> None:
    """What is asked for, from when on."""
    if asked:
        steps = [{"x": day, "y": figure} for day, figure in [*asked, (drawn.axis.last, asked[-1][1])]]
        drawn.add(
            "targets", "line", steps, interpolate="step-after", stroke="quiet", strokeWidth=1.5, strokeDash=[2, 3]
        )


def _signs(drawn: Sheet, item: ObjectiveRecord, points: Sequence[Point], at: datetime.date) -> None:
    """Where it stands, and the milestones, each with its words where there is room."""
    day, figure = points[-1]
    room = Room(0, drawn.width + _MARGINS.right)
    # The one that counts now gets its words first, and stands before the others.
    by_weight = sorted(item.milestones, key=lambda each: (each.due != item.due, each.due))
    placed = [(each, drawn.axis.x(each.due), _level(drawn, each)) for each in by_weight]
    for _, x, level in placed:
        room.take(x, drawn.down(level), SIGN / 2)
    room.take(drawn.axis.x(day), drawn.down(figure), 4)
    rows = [{"x": each.due, "y": level, "sign": SIGNS[state(each, at)]} for each, _, level in reversed(placed)]
    drawn.add(
        "now", "point", [{"x": day, "y": figure}], shape="circle", size=64, fill="course", stroke="paper", opacity=1
    )
    drawn.add_signs(rows)
    if now := room.place(_beside(drawn, points, said := wording.measure(item, figure)), [said], USUAL + 1):
        drawn.add("figure", "text", [drawn.label(now, "ink")], align=now.align, fontSize=USUAL + 1, fontWeight=600)
    labels = []
    for each, x, level in placed:
        target, down = clean(each.target), drawn.down(level)
        spots = [(x, down - 11), (x, down + 19)] if level > drawn.bottom else [(x, down - 11)]
        if label := room.place(spots, [f"{target} by {short_date(each.due, at)}", target]):
            labels.append(drawn.label(label, "late" if state(each, at) == "missed" else "quiet"))
    drawn.add_labels("labels", labels)


def _level(drawn: Sheet, milestone: MilestoneRecord) -> float:
    """What asks for no figure stands on the time axis."""
    figure = _figure(milestone.target)
    return drawn.bottom if figure is None else figure


def _beside(drawn: Sheet, points: Sequence[Point], said: str) -> list[tuple[float, float]]:
    """Where the last figure may be said: on the side that the line does not come from, if there is room."""
    day, figure = points[-1]
    x, down = drawn.axis.x(day), drawn.down(figure)
    half = width_of(said, USUAL + 1) / 2 + 8
    above, below = down - 9, down + 17
    rising = len(points) < 2 or figure >= points[-2][1]
    spots = [(x - half, above if rising else below), (x + half, above), (x - half, below), (x + half, below)]
    return [spot for spot in spots if spot[1] < drawn.height]


def _said(item: ObjectiveRecord, points: Sequence[Point], at: datetime.date) -> str:
    """The text alternative: `0% on 1 December 2014, 83.3% on 1 March. 100% by 31 December 2014: missed.`"""
    ends = [points[0], points[-1]] if len(points) > 1 else points
    parts = [", ".join(f"{wording.measure(item, figure)} on {spoken_date(day, at)}" for day, figure in ends)]
    for milestone in sorted(item.milestones, key=lambda each: each.due):
        how = {"held": "reached"}.get(name := state(milestone, at), name)
        parts.append(f"{clean(milestone.target)} by {spoken_date(milestone.due, at)}: {how}")
    if days := expected(item):
        parts.append(f"Expected in {months(days[0], days[2], at)}")
    return ". ".join(parts) + "."
