"""What a style sheet loads (CSS Syntax level 3, as far as it takes to find URLs)."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_STRING = r""""(?:[^"\\\n]|\\.)*+"?+|'(?:[^'\\\n]|\\.)*+'?+"""
_URL = rf"\s*+({_STRING}|[^\s\"'();]*+)"
_TOKEN = re.compile(
    rf"@namespace[^;]*+|@import\s*+(?:url\()?+{_URL}|(?<![\w-])url\({_URL}|(@font-face)|(}})|{_STRING}",
    re.IGNORECASE | re.DOTALL,
)


# An unquoted URL has no comments in it (CSS Syntax level 3, section 4.3.6).
_COMMENT = re.compile(rf"({_STRING}|url\(\s*+[^\s\"'()]++)|/\*.*?(?:\*/|\Z)", re.IGNORECASE | re.DOTALL)
_ESCAPED = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n\f]?|([g-zG-Z:/.-]))")
_PLAIN = re.compile(r"[a-zA-Z0-9:/.-]")


class Loaded(NamedTuple):
    """A URL as written, and whether it is that of a style sheet or a font; else it is an image's. A style sheet is
    asked for at once, the others where something that is shown needs them."""

    url: str
    active: bool
    at_once: bool


def loaded(style: str) -> Iterator[Loaded]:
    """What a style element or a style attribute loads, in order. Never raises."""
    if "/*" in style:
        style = _COMMENT.sub(lambda found: found[1] or " ", style)
    if "\\" in style:
        style = _ESCAPED.sub(_character, style)
    in_font = False
    for token in _TOKEN.finditer(style):
        sheet, url, font, end = token.groups()
        in_font = bool(font) or (in_font and not end)
        if target := sheet or url:
            yield Loaded(target.strip("\"'"), bool(sheet) or in_font, bool(sheet))


def _character(escaped: re.Match[str]) -> str:
    """What it stands for, where that cannot change where anything else ends."""
    code, plain = escaped.groups()
    character = plain or (chr(int(code, 16)) if int(code, 16) < 0x80 else "")
    return character if _PLAIN.fullmatch(character) else escaped[0]
