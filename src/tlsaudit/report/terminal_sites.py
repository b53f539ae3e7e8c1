"""What differs between the places of each service, on the terminal."""

from rich.console import Console
from rich.text import Text

from tlsaudit.report.differences import Differences, differences
from tlsaudit.report.layout import gap, line, table, words
from tlsaudit.report.text import plural
from tlsaudit.report.view import AuditView


def render_sites(view: AuditView, console: Console) -> None:
    """A table for each service that differs by site or vantage; on a narrow terminal a line for each difference."""
    for outline in view.outlines():
        for finding in outline.open:
            if told := differences(finding.facts):
                gap(console)
                line(console, Text(" Differs "), words(outline.subject.id))
                gap(console)
                _table(told, console)


def _table(told: Differences, console: Console) -> None:
    head = [words(name).plain for name in ("HOST", "WHAT", *told.places)]
    rows = [[words(cell) for cell in row] for row in told.rows]
    if not table(console, head, rows, flexible=range(2, len(head))):
        for host, dimension, *cells in told.rows:
            at = ", ".join(f"{cell} at {place}" for cell, place in zip(cells, told.places, strict=True))
            line(console, Text("   "), words(f"{host} {dimension}: {at}"))
    if told.more:
        line(console, Text("   "), words(f"and {plural(told.more, 'more line')}"))
