"""The signs of the charts: each has a colour and a shape of its own, so that neither alone carries the meaning."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tlsaudit.report.document import MilestoneRecord

State = Literal["held", "missed", "ahead", "not judged"]

COLOURS: Mapping[str, str] = {
    "paper": "#ffffff",
    "line": "#d3d7dd",
    "ink": "#1a1d21",
    "quiet": "#545b64",
    "course": "#0b57b0",
    "late": "#b0201a",
    "good": "#1b6b40",
    "band": "#b9cdea",
}
"""By the names of the page's custom properties. These values are its light ones, for readers that know no style sheet;
on the page, classes of the same names win over them."""

SIGN = 14
"""The width of a sign, in units of the drawing."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Paths in a square from -1 to 1: the `shape`, and the `glyph` drawn into it with a stroke of the colour `pen`."""

    shape: str
    fill: str
    stroke: str
    glyph: str
    pen: str


_CIRCLE = "M-1,0A1,1,0,1,1,1,0A1,1,0,1,1,-1,0Z"

SIGNS: Mapping[State, Sign] = {
    "held": Sign(_CIRCLE, "good", "good", "M-.45,.03L-.13,.36L.46,-.33", "paper"),
    "missed": Sign("M-.86,-.86H.86V.86H-.86Z", "late", "late", "M-.42,-.42L.42,.42M.42,-.42L-.42,.42", "paper"),
    "ahead": Sign("M0,-1L1,0L0,1L-1,0Z", "paper", "ink", "", "ink"),
    "not judged": Sign(
        _CIRCLE, "paper", "quiet", "M-.28,-.23C-.28,-.58,.28,-.58,.28,-.23C.28,0,0,0,0,.2M0,.42V.5", "quiet"
    ),
}


def state(milestone: MilestoneRecord, at: datetime.date) -> State:
    """Whether a milestone was held, missed, is still ahead, or is past and nobody could tell."""
    if milestone.held:
        return "held"
    if milestone.due >= at:
        return "ahead"
    return "not judged" if milestone.held is None else "missed"
