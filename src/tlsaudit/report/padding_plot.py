"""The plot of a measurement of page sizes: what stays recognisable with each way of padding, and what that costs."""

from collections.abc import Sequence
from typing import Any

from tlsaudit.policy.padding import Scheme
from tlsaudit.report.charts import available
from tlsaudit.report.charts.convert import SCHEMA, ConversionError, begin
from tlsaudit.report.charts.marks import COLOURS
from tlsaudit.report.exposure import Exposure
from tlsaudit.report.renderer import ReportError
from tlsaudit.report.text import percent

Series = tuple[str, Sequence[tuple[Scheme, Exposure]]]

_BAR_WIDTH = 220
_ROOM = 1.8  # beyond a bar of 1, for what is said of it


def check_plot() -> None:
    """Raise ReportError where the extra `report` is not installed."""
    if not available():
        raise ReportError("a plot takes one more package: pip install 'tlsaudit[report]'")


def plot(title: str, series: Sequence[Series]) -> str:
    """An SVG document: bars of each series, side by side. Raises ReportError."""
    try:
        return begin(specification(title, series)).result()
    except ConversionError:
        raise ReportError("the plot could not be drawn") from None


def specification(title: str, series: Sequence[Series]) -> dict[str, Any]:
    """The same in Vega-Lite."""
    return {
        "$schema": SCHEMA,
        "config": {"view": {"stroke": None}, "axis": {"domain": False, "ticks": False}},
        "title": {"text": title, "subtitle": "Recognisable by size alone, and what the padding adds"},
        "hconcat": [_bars(*each) for each in series],
    }


def _bars(title: str, exposures: Sequence[tuple[Scheme, Exposure]]) -> dict[str, Any]:
    rows = [{"padding": scheme.name, "share": found.recognisable, "said": _said(found)} for scheme, found in exposures]
    said = {
        "mark": {"type": "text", "align": "left", "dx": 4},
        "encoding": {"text": {"field": "said", "type": "nominal"}},
    }
    return {
        "title": title.capitalize(),
        "width": _BAR_WIDTH,
        "data": {"values": rows},
        "encoding": {
            "x": {"field": "share", "type": "quantitative", "scale": {"domain": [0, _ROOM]}, "axis": None},
            "y": {"field": "padding", "type": "nominal", "sort": None, "title": None},
        },
        "layer": [{"mark": {"type": "bar", "color": COLOURS["course"]}}, said],
    }


def _said(found: Exposure) -> str:
    share = percent(found.recognisable, lower_is_better=True)
    return f"{share}, +{100 * found.overhead_share:.1f}% bytes" if found.overhead else share
