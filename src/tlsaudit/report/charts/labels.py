"""Where words stand in a drawing, and how much of them there is room for."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from rich.cells import cell_len

SMALL = 11
USUAL = 12

_EM = 0.6
"""How wide a letter is, beside its height: the font is the page's, so that this is a guess on the safe side."""

_GAP = 6


@dataclass(frozen=True, slots=True)
class Placed:
    """A label on a line `down` from the top of the plot, whose left end, middle or right end is at `x`."""

    text: str
    x: float
    down: float
    align: Literal["left", "center", "right"]

    def crosses(self, x: float, size: float = SMALL) -> bool:
        """Whether it stands on both sides of a place."""
        width = width_of(self.text, size)
        start = self.x - {"left": 0.0, "center": width / 2, "right": width}[self.align]
        return start < x < start + width


@dataclass(slots=True)
class Room:
    """Where labels may stand: between two places, and none on another."""

    left: float
    right: float
    _taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def take(self, x: float, down: float, half: float) -> None:
        """Something stands around a point."""
        self._taken.append((x - half, down - half, x + half, down + half))

    def place(
        self, spots: Sequence[tuple[float, float]], wordings: Sequence[str], size: float = SMALL
    ) -> Placed | None:
        """The first of the wordings that there is room for around one of the spots, each an x and a line."""
        for text in wordings:
            width = width_of(text, size)
            for x, down in spots:
                start = min(max(x - width / 2, self.left), self.right - width)
                if start >= self.left and self._free(start, down - size * 0.8, start + width, down + size * 0.25):
                    self._taken.append((start - _GAP, down - size, start + width + _GAP, down + size * 0.25))
                    if start == x - width / 2:
                        return Placed(text, x, down, "center")
                    if start > x - width / 2:
                        return Placed(text, start, down, "left")
                    return Placed(text, start + width, down, "right")
        return None

    def _free(self, left: float, top: float, right: float, bottom: float) -> bool:
        return all(left >= x2 or right <= x1 or top >= y2 or bottom <= y1 for x1, y1, x2, y2 in self._taken)


def width_of(text: str, size: float = USUAL) -> float:
    """About how wide a line of text is."""
    return cell_len(text) * size * _EM


def wrapped(text: str, width: float, size: float, most: int) -> list[str]:
    """The text in at most so many lines."""
    cells = max(cell_len(text) / max(len(text), 1), 1.0)
    letters = max(int(width / (size * _EM * cells)), 8)
    return textwrap.wrap(text, letters, max_lines=most, placeholder=" …")
