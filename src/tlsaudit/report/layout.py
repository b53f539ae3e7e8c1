"""Lines for the terminal: columns where there is room, stacked and indented where there is not, never cut off."""

import os
import re
from collections.abc import Sequence
from typing import Literal, TextIO

from rich.console import Console
from rich.text import Text

from tlsaudit.report.text import clean

ROOM = 40
"""Columns that running text needs beside its label; with less it goes below it."""

_USUAL_WIDTH = 80

_COMMAND = re.compile(r"\s*::(?=[A-Za-z-]+(?: .*)?::)")


def make_console(out: TextIO, width: int | None = None) -> Console:
    """A console that writes plain text unless `out` is a terminal with colours, or FORCE_COLOR is set.

    NO_COLOR leaves out every escape sequence, bold ones too. A width of nothing, as in COLUMNS=0, is none.
    """
    system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    console = Console(file=out, width=width, color_system=system, highlight=False, markup=False, emoji=False)
    console.width = console.width or _USUAL_WIDTH
    return console


def words(text: str, style: str = "") -> Text:
    """Text from anywhere, made harmless."""
    return Text(clean(text), style)


def line(console: Console, lead: Text, body: Text) -> None:
    """`lead` with `body` beside it, wrapped under itself; below it where there is no room."""
    room = console.width - lead.cell_len
    if lead.cell_len and room < min(ROOM, body.cell_len):
        below(console, lead, body)
        return
    for number, part in enumerate(_wrap(console, body, room)):
        _print(console, Text.assemble(lead if number == 0 else " " * lead.cell_len, part))


def below(console: Console, lead: Text, body: Text) -> None:
    """`lead` where it is not blank, and `body` indented beneath."""
    if lead.plain.strip():
        wrapped(console, lead)
    wrapped(console, body, indent=3)


def wrapped(console: Console, text: Text, indent: int = 0) -> None:
    """A paragraph, its further lines indented like the first one."""
    depth = indent + _indent(text)
    body = text[_indent(text) :] if text.plain.strip() else text
    for part in _wrap(console, body, console.width - depth):
        _print(console, Text.assemble(" " * depth, part))


def gap(console: Console) -> None:
    console.print()


def table(console: Console, head: Sequence[str], rows: Sequence[Sequence[Text]], *, flexible: Sequence[int]) -> bool:
    """A table whose `flexible` columns share the room that is left and wrap. False, and nothing printed, where they
    would get less than 12 columns each, or the others do not fit."""
    widths = [
        max(cell.cell_len for cell in column) for column in zip([Text(name) for name in head], *rows, strict=True)
    ]
    spare = console.width - 1 - 2 * (len(head) - 1) - sum(width for i, width in enumerate(widths) if i not in flexible)
    if spare < 0:
        return False
    for left, column in enumerate(sorted(flexible, key=lambda i: widths[i])):
        widths[column] = min(widths[column], spare // (len(flexible) - left))
        spare -= widths[column]
        if widths[column] < min(12, max(row[column].cell_len for row in rows)):
            return False
    for row in [[Text(name, "dim") for name in head], *rows]:
        cells = [_wrap(console, cell, width) for cell, width in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            joined = Text(" ")
            for cell, width in zip(cells, widths, strict=True):
                part = cell[number] if number < len(cell) else Text()
                joined.append_text(part).append(" " * (width - part.cell_len + 2))
            _print(console, joined)
    return True


def _indent(text: Text) -> int:
    return len(text.plain) - len(text.plain.lstrip(" "))


def _wrap(console: Console, text: Text, width: int) -> list[Text]:
    parts = list(text.wrap(console, max(width, 1), overflow="fold"))
    for part in parts:
        part.rstrip()
    return parts or [Text()]


def _print(console: Console, text: Text) -> None:
    text.rstrip()
    # A runner of GitHub takes such a line for a command, wherever it comes from.
    if command := _COMMAND.match(text.plain):
        colon = command.end() - 1
        text = Text.assemble(text[:colon], "\\x3a", text[colon + 1 :])
    console.print(text, soft_wrap=True)
