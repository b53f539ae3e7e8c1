"""What a style sheet loads (CSS Syntax level 3, as far as it takes to find URLs)."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_STRING = r""""(?:[^"\\\n]|\\.)*+"?+|'(?:[^'\\\n]|\\.)*+'?+"""
_URL = rf"\s*+({_STRING}|[^\s\"'();]*+)"
_TOKEN = re.compile(
    rf"/\*.*?(?:\*/|\Z)|@namespace[^;]*+|@import\s*+(?:url\()?+{_URL}|(?<![\w-])url\({_URL}|(@font-face)|(}})|{_STRING}",
    re.IGNORECASE | re.DOTALL,
)


class Loaded(NamedTuple):
    """A URL as written, and whether it is that of a style sheet or a font; else it is an image's."""

    url: str
    active: bool


def loaded(style: str) -> Iterator[Loaded]:
    """What a style element or a style attribute loads, in order. Never raises."""
    in_font = False
    for token in _TOKEN.finditer(style):
        sheet, url, font, end = token.groups()
        in_font = bool(font) or (in_font and not end)
        if target := sheet or url:
            yield Loaded(target.strip("\"'"), bool(sheet) or in_font)
