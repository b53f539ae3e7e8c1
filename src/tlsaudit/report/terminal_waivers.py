"""The list of waivers: when each expires, whose it is, and what it excuses."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from tlsaudit.goal import Standing
from tlsaudit.report.layout import gap, line, table, words, wrapped
from tlsaudit.report.text import plural, remaining

_HEAD = ("EXPIRES", "CHECK", "ON", "EXCUSES", "WHO", "REASON")


def render_waivers(waivers: Sequence[Standing], headline: str, console: Console) -> None:
    """The waivers in the order given, at any width."""
    wrapped(console, words(headline, "bold"))
    gap(console)
    if not waivers:
        wrapped(console, words("There are no waivers in the targets file."))
        return
    rows = [_row(item) for item in waivers]
    if table(console, _HEAD, rows, flexible=(1, 2, 3, 4, 5)):
        return
    for expires, check, on, excuses, who, reason in rows:
        wrapped(console, Text.assemble(check, " on ", on))
        for name, cell in (("expires", expires), ("excuses", excuses), ("who", who), ("reason", reason)):
            line(console, Text(f"   {name:8} "), cell)


def _row(item: Standing) -> list[Text]:
    waiver = item.waiver
    reason = f"{waiver.reason} ({waiver.ticket})" if waiver.ticket else waiver.reason
    return [
        Text(f"{waiver.expires} {remaining(item.days_left)}", "bold red" if item.expired else ""),
        words(waiver.check),
        words(", ".join(waiver.on)),
        words(_excuses(item), "yellow" if item.unmatched or not item.failing else ""),
        words(waiver.owner),
        words(reason),
    ]


def _excuses(item: Standing) -> str:
    if len(item.unmatched) == len(item.waiver.on):
        return "matches nothing in the targets file"
    said = plural(item.failing, "finding") if item.failing else "nothing: nothing it covers fails"
    if item.expired and item.failing:
        said = f"no longer {said}"
    return f"{said}; matches nothing: {', '.join(item.unmatched)}" if item.unmatched else said
