"""What the converter draws, made fit for the page.

The page's policy refuses inline styles and scripts, and its style sheet decides fonts and colours. So only the shapes
are kept, with the attributes that place and paint them; colours get a class each.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from markupsafe import Markup

from tlsaudit.report.charts import convert
from tlsaudit.report.charts.marks import COLOURS
from tlsaudit.report.charts.sheet import Sheet

_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset({"g", "path", "line", "text"})
_ATTRIBUTES = frozenset(
    {
        "d", "x", "y", "x1", "x2", "y1", "y2", "transform", "fill", "fill-opacity", "stroke", "stroke-width",
        "stroke-dasharray", "stroke-linecap", "opacity", "text-anchor", "font-size", "font-weight",
    }
)  # fmt: skip
_LAYER = re.compile(r"role-mark (\w+)_marks$")

_NAMES = {value: name for name, value in COLOURS.items()}
_PRECISE = re.compile(r"\d+\.\d{2,}")


def begin(sheets: Sequence[Sheet]) -> Callable[[], list[Markup]]:
    """Begin to draw; call the answer for an SVG element of each, in the same order. They are drawn as one, since
    starting the converter takes most of the time. The call raises ConversionError."""
    drawing = convert.begin(specification(sheets))

    def elements() -> list[Markup]:
        drawn = ET.fromstring(drawing.result())  # noqa: S314 our own drawing
        groups = [group for group in drawn.iter(f"{_SVG}g") if "role-scope concat_" in group.get("class", "")]
        return [_element(sheet, group) for sheet, group in zip(sheets, groups, strict=True)]

    return elements


def specification(sheets: Sequence[Sheet]) -> dict[str, Any]:
    """One below the other, in Vega-Lite."""
    return {
        "$schema": convert.SCHEMA,
        "config": {"view": {"stroke": None}},
        "datasets": {name: rows for sheet in sheets for name, rows in sheet.data.items()},
        "vconcat": [sheet.specification() for sheet in sheets],
    }


def _element(sheet: Sheet, group: ET.Element) -> Markup:
    margins = sheet.margins
    width, height = (
        margins.left + sheet.width + margins.right,
        margins.top + sheet.height + margins.bottom,
    )
    names = {"aria-labelledby": f"{sheet.name}-title {sheet.name}-text"}
    root = ET.Element(
        "svg", {"viewBox": f"{-margins.left:g} {-margins.top:g} {width:g} {height:g}", "role": "img", **names}
    )
    for tag, end, words in (("title", "title", sheet.title), ("desc", "text", sheet.description)):
        ET.SubElement(root, tag, {"id": f"{sheet.name}-{end}"}).text = words
    root.extend(_layers(sheet.name, group))
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 what is text is escaped


def _layers(name: str, group: ET.Element) -> Iterator[ET.Element]:
    for found in group.iter(f"{_SVG}g"):
        if layer := _LAYER.search(found.get("class", "")):
            kept = ET.Element("g", {"class": layer[1].removeprefix(f"{name}_"), "fill": "none"})
            kept.extend(each for mark in found if (each := _mark(mark)) is not None)
            yield kept


def _mark(source: ET.Element) -> ET.Element | None:
    tag = source.tag.removeprefix(_SVG)
    if tag not in _ELEMENTS:
        return None
    kept = ET.Element(tag)
    for name, value in source.items():
        if name in _ATTRIBUTES:
            kept.set(name, value if name.endswith("opacity") else _PRECISE.sub(_rounded, value))
    classes = [f"{part}-{_NAMES[colour]}" for part in ("fill", "stroke") if (colour := source.get(part)) in _NAMES]
    if classes:
        kept.set("class", " ".join(classes))
    kept.text = source.text
    kept.extend(each for child in source if (each := _mark(child)) is not None)
    return kept


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")
