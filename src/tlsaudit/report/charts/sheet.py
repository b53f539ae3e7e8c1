"""A drawing as layers of marks, each with the data that it shows.

Data stays apart from the marks: what others wrote is only ever a value of a field, never part of an expression.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlsaudit.report.charts.axis import Axis
from tlsaudit.report.charts.labels import SMALL, Placed
from tlsaudit.report.charts.marks import COLOURS, SIGN

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Margins:
    """Around the plot, for what stands beside it."""

    left: float = 0
    top: float = 0
    right: float = 0
    bottom: float = 0


class Sheet:
    """`name` is unique among all sheets, `title` and `description` are its text alternative. The plot is `width` by
    `height`; its y axis goes from `bottom` to `top`."""

    def __init__(
        self,
        name: str,
        title: str,
        description: str,
        axis: Axis,
        size: tuple[float, float],
        *,
        bottom: float,
        top: float,
        margins: Margins | None = None,
    ) -> None:
        self.name = name
        self.title = title
        self.description = description
        self.axis = axis
        self.width, self.height = size
        self.margins = margins or Margins()
        self.bottom = bottom
        self.top = top
        self._layers: list[tuple[str, str, Row, dict[str, Any]]] = []
        self.data: dict[str, Sequence[Row]] = {}

    def down(self, level: float) -> float:
        """How far below the top of the plot a value of the y axis stands."""
        return self.height * (self.top - level) / (self.top - self.bottom)

    def level(self, down: float) -> float:
        """The value of the y axis that stands so far below the top of the plot."""
        return self.top - down * (self.top - self.bottom) / self.height

    def label(self, placed: Placed, fill: str) -> dict[str, Any]:
        """A row of a layer of labels."""
        place = {"x": self.axis.day(placed.x), "y": self.level(placed.down)}
        return place | {"text": placed.text, "align": placed.align, "fill": fill}

    def add_labels(self, name: str, rows: Sequence[Row], size: float = SMALL) -> None:
        self.add(name, "text", rows, align={"expr": "datum.align"}, fontSize=size)

    def add(self, name: str, kind: str, rows: Sequence[Row], **style: Any) -> None:
        """A layer: marks of one kind, a row each. Fields are named as their channels: `x` and `x2` are dates or
        numbers of days, `y` and `y2` numbers; others are for the style."""
        if rows:
            dataset = f"{self.name}_{name}"
            self.data[dataset] = [_days(row) for row in rows]
            self._layers.append((dataset, kind, rows[0], style))

    def add_signs(self, rows: Sequence[Row]) -> None:
        """Milestones: their places, and the `sign` of each."""
        places = [(row["sign"], {"x": row["x"], "y": row["y"]}) for row in rows]
        shapes = [at | {"shape": sign.shape, "fill": sign.fill, "stroke": sign.stroke} for sign, at in places]
        glyphs = [at | {"shape": sign.glyph, "stroke": sign.pen} for sign, at in places if sign.glyph]
        for name, kept in (("milestones", shapes), ("glyphs", glyphs)):
            self.add(name, "point", kept, size=SIGN**2, strokeWidth=1.8, opacity=1)

    def specification(self) -> dict[str, Any]:
        """The layers in Vega-Lite, without their data."""
        across = {
            "domain": [self.axis.first.toordinal(), self.axis.last.toordinal()],
            "range": [self.axis.left, self.axis.right],
        }
        known = {
            "x": _place("x", across),
            "x2": {"field": "x2"},
            "y": _place("y", {"domain": [self.bottom, self.top]}),
            "y2": {"field": "y2"},
            "text": {"field": "text", "type": "nominal"},
            "detail": {"field": "detail", "type": "nominal"},
            **{name: {"field": name, "type": "nominal", "scale": None} for name in ("shape", "fill", "stroke")},
        }
        layers = [
            {
                "name": dataset,
                "data": {"name": dataset},
                "mark": {"type": kind, **_coloured(style)},
                "encoding": {channel: known[channel] for channel in row if channel in known},
            }
            for dataset, kind, row, style in self._layers
        ]
        return {"width": self.width, "height": self.height, "layer": layers}


def _place(field: str, scale: Row) -> Row:
    """A channel of the plot, whose scale begins and ends where it is told to."""
    exact = {**scale, "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "scale": exact, "axis": None}


def _days(row: Row) -> Row:
    return _coloured(
        {name: value.toordinal() if isinstance(value, datetime.date) else value for name, value in row.items()}
    )


def _coloured(style: Row) -> dict[str, Any]:
    """With colours for their names."""
    return {name: COLOURS[value] if name in {"fill", "stroke"} else value for name, value in style.items()}
