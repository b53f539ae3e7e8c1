"""The charts of the page: static SVG, from data to shapes by vl-convert."""

import datetime
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec

from markupsafe import Markup

from tlsaudit.report.charts import burnup, svg, timetable
from tlsaudit.report.charts.convert import ConversionError
from tlsaudit.report.charts.marks import COLOURS, SIGNS, Sign, State, state
from tlsaudit.report.document import ObjectiveRecord

__all__ = ["COLOURS", "SIGNS", "Charts", "Sign", "State", "available", "begin", "state"]

ROWS = 60
"""Goals that the timetable draws."""

BURNUPS = 24
"""Goals that have a chart of their own."""


MISSING = "The charts take one more package: pip install 'tlsaudit[report]'"
FAILED = "The charts could not be drawn."
UNWANTED = "No charts are drawn where TLSAUDIT_CHARTS is 0."


@dataclass(frozen=True, slots=True)
class Charts:
    """The timetable by the name of its size, for pages of different width; empty where no goal has a date. `burnups`
    are by the place of the goal; there is none of a decision, nor where nothing was measured. `left_out` are the goals
    that are too many to be drawn; `lacking` says why nothing is drawn, where something should be."""

    timetable: dict[str, Markup] = field(default_factory=dict)
    burnups: dict[int, Markup] = field(default_factory=dict)
    left_out: int = 0
    lacking: str = ""


def available() -> bool:
    """Whether the extra `report` is installed."""
    return find_spec("vl_convert") is not None


def begin(goals: Sequence[ObjectiveRecord], at: datetime.date) -> Callable[[], Charts]:
    """Begin to draw the goals in their order, as of a day; call the answer for the charts."""
    dated = [item for item in goals if item.milestones]
    if not dated:
        return Charts
    if os.environ.get("TLSAUDIT_CHARTS") == "0":  # for those to whom some seconds of each audit matter more
        return partial(Charts, lacking=UNWANTED)
    if not available():
        return partial(Charts, lacking=MISSING)
    sheets = {size.name: timetable.sheet(dated[:ROWS], at, size) for size in timetable.SIZES}
    found = {number: drawn for number, item in enumerate(goals) if (drawn := burnup.sheet(item, number, at))}
    burnups = dict(list(found.items())[:BURNUPS])
    drawing = svg.begin([*sheets.values(), *burnups.values()])

    def charts() -> Charts:
        try:
            shapes = drawing()
        except ConversionError:
            return Charts(lacking=FAILED)
        return Charts(
            dict(zip(sheets, shapes, strict=False)),
            dict(zip(burnups, shapes[len(sheets) :], strict=True)),
            max(len(dated) - ROWS, len(found) - BURNUPS, 0),
        )

    return charts
