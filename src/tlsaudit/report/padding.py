"""What page sizes give away, and what padding would leave of it: for the terminal, as JSON, CSV and Markdown."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from rich.text import Text

from tlsaudit.evidence import PageSizes, Transfer
from tlsaudit.policy.padding import SCHEMES, Scheme
from tlsaudit.report.exposure import Exposure, Pages, by_number, exposure
from tlsaudit.report.layout import gap, line, make_console, table, words, wrapped
from tlsaudit.report.text import joined, percent, plural

SCHEMA = "tlsaudit/padding/1"

TITLES = {"compressed": "COMPRESSED, AS BROWSERS ASK FOR IT", "plain": "WITHOUT COMPRESSION", "har": "AS SAVED"}
_HEAD = ("PADDING", "RECOGNISABLE", "GUESSED RIGHT", "ENTROPY", "LARGEST SET", "OVERHEAD")
_SHOWN = 5
_CLOSED_WORLD = (
    "The observer is taken to know each of these pages and the host, and to see one load of one of them: a closed "
    "world. Of more pages fewer are recognisable, and who also watches timing, or several pages in a row, knows more."
)
_UNSTABLE = (
    "The others are counted with the sizes that they had: where sizes vary at random, all shares are upper bounds, and "
    "the closer the more often each page was loaded."
)
_BUCKETS = "Padding hides a page only among those that get the same size; one that is alone there stays recognisable."
_DOCUMENT = "The document alone is measured, with its header, and not what it loads: a HAR holds whole page loads."
_WHOLE = "Measured is what came from the page's own host while it was loaded, its head and body as the browser counted."


@dataclass(frozen=True, slots=True)
class PaddingReport:
    """The pages that were measured, whole page loads where they come from a `har`."""

    pages: Sequence[PageSizes]
    har: bool = False

    @property
    def measured(self) -> list[PageSizes]:
        return [page for page in self.pages if page.missing is None]

    @property
    def missing(self) -> list[PageSizes]:
        return [page for page in self.pages if page.missing is not None]

    @property
    def loads(self) -> int:
        """How often each page was loaded, at least."""
        return min((len(page.compressed) for page in self.measured), default=0)

    @property
    def series(self) -> dict[str, list[Pages]]:
        """The sizes of the pages of each host, by how they were asked for."""
        if self.har:
            return {"har": self._hosts(lambda page: page.compressed)}
        return {
            "compressed": self._hosts(lambda page: page.compressed),
            "plain": self._hosts(lambda page: page.plain),
        }

    def exposures(self, series: str) -> list[tuple[Scheme, Exposure]]:
        """With each way of padding, the first with none."""
        return [(scheme, exposure(self.series[series], scheme)) for scheme in SCHEMES]

    def curve(self, series: str) -> dict[int, Exposure]:
        """Unpadded, of a quarter and a half of the pages, too."""
        count = len(self.measured)
        return by_number(self.series[series], SCHEMES[0], sorted({max(count // 4, 1), max(count // 2, 1), count}))

    def stable(self) -> int:
        """How many pages had the same size in each of their loads."""
        return sum(len({load.size for load in page.compressed}) == 1 for page in self.measured)

    def _hosts(self, loads: Callable[[PageSizes], Sequence[Transfer]]) -> list[Pages]:
        found: dict[str, dict[str, list[int]]] = {}
        for page in self.measured:
            found.setdefault(page.host, {})[page.url] = [load.size for load in loads(page)]
        return list(found.values())


def render_terminal(report: PaddingReport, out: TextIO, *, verbose: bool = False) -> None:
    """A table for each way of asking, and what stands behind it."""
    console = make_console(out)
    wrapped(console, words(headline(report), "bold"))
    if report.measured:
        for series in report.series:
            gap(console)
            wrapped(console, words(TITLES[series]))
            rows = [[words(cell) for cell in _row(*each)] for each in report.exposures(series)]
            if not table(console, _HEAD, rows, flexible=(0, 5)):
                for row in rows:
                    line(console, Text.assemble(" ", row[0], "  "), _named(row))
    for name, texts in (("Missing", _missing(report, verbose=verbose)), ("Notes", _notes(report))):
        for number, text in enumerate(texts):
            if number == 0:
                gap(console)
            line(console, Text(f" {'' if number else name:<10}", "bold"), words(text))
    if verbose:
        gap(console)
        for page in report.measured:
            sizes = " ".join(f"{load.size:,}" for load in page.compressed)
            plain = " ".join(f"{load.size:,}" for load in page.plain)
            line(console, words(f"   {page.url}  "), words(f"{sizes} bytes" + (f", plain {plain}" if plain else "")))


def headline(report: PaddingReport) -> str:
    """What was measured."""
    hosts = len({page.host for page in report.measured})
    if not hosts:
        return f"What page sizes give away · none of {plural(len(report.pages), 'page')} measured"
    return (
        f"What page sizes give away · {plural(len(report.measured), 'page')} of {plural(hosts, 'host')}, "
        f"{plural(report.loads, 'load')} each"
    )


def _row(scheme: Scheme, found: Exposure) -> tuple[str, ...]:
    overhead = "-" if not found.overhead else f"+{100 * found.overhead_share:.1f}%, {found.overhead:,.0f} bytes"
    return (
        scheme.name,
        percent(found.recognisable, lower_is_better=True),
        percent(found.guessed, lower_is_better=True),
        f"{found.entropy:.1f} bits",
        f"{found.largest:,}",
        overhead,
    )


def _named(row: Sequence[Text]) -> Text:
    parts = zip(_HEAD[1:], row[1:], strict=True)
    return Text(", ").join(Text.assemble(f"{name.lower()} ", cell) for name, cell in parts)


def _missing(report: PaddingReport, *, verbose: bool) -> Iterator[str]:
    for number, page in enumerate(report.missing):
        if number == _SHOWN and not verbose:
            yield f"and {plural(len(report.missing) - number, 'page')} more: -v names them"
            return
        yield f"{page.url}: {page.missing}"


def _notes(report: PaddingReport) -> Iterator[str]:
    if not report.measured:
        return
    yield _WHOLE if report.har else _DOCUMENT
    series = next(iter(report.series))
    shares = [
        f"{percent(each.recognisable, lower_is_better=True)} of {n:,}" for n, each in report.curve(series).items()
    ]
    yield f"Recognisable without padding, by the number of pages: {joined(shares)}."
    if report.loads > 1:
        stable, count = report.stable(), len(report.measured)
        yield f"{stable:,} of {plural(count, 'page')} had the same size in each load." + (
            f" {_UNSTABLE}" if stable < count else ""
        )
    yield _CLOSED_WORLD
    yield _BUCKETS
    if padding := sum(load.padding for page in report.measured for load in page.compressed):
        yield f"The server pads TLS records already: {padding:,} bytes of padding are in what was received."


def render_json(report: PaddingReport, out: TextIO, **_: bool) -> None:
    """One document, ASCII throughout."""
    document = {
        "schema": SCHEMA,
        "whole_page_loads": report.har,
        "pages": len(report.measured),
        "missing": [{"url": page.url, "why": str(page.missing)} for page in report.missing],
        "loads": report.loads,
        "stable": report.stable(),
        "series": [_series(report, series) for series in report.series] if report.measured else [],
        "sizes": [
            {
                "url": page.url,
                "host": page.host,
                "compressed": [asdict(load) for load in page.compressed],
                "plain": [asdict(load) for load in page.plain],
            }
            for page in report.measured
        ],
    }
    out.write(json.dumps(document, indent=1, ensure_ascii=True).replace("\x7f", "\\u007f") + "\n")


def _series(report: PaddingReport, series: str) -> dict[str, Any]:
    return {
        "id": series,
        "schemes": [{"id": scheme.id, **_figures(found)} for scheme, found in report.exposures(series)],
        "by_pages": [_figures(found) for found in report.curve(series).values()],
    }


def _figures(found: Exposure) -> dict[str, float]:
    return {**asdict(found), "overhead_share": found.overhead_share}


def render_csv(report: PaddingReport, out: TextIO, **_: bool) -> None:
    """A line for each way of asking and of padding."""
    writer = csv.writer(out, lineterminator="\n")
    rows = [
        {"series": series, "padding": scheme.id, **_figures(found)}
        for series in (report.series if report.measured else ())
        for scheme, found in report.exposures(series)
    ]
    writer.writerow(rows[0] if rows else ("series", "padding"))
    for row in rows:
        writer.writerow([f"{cell:.6g}" if isinstance(cell, float) else cell for cell in row.values()])


def render_markdown(report: PaddingReport, out: TextIO, **_: bool) -> None:
    """The tables and the notes."""
    out.write(f"# {headline(report)}\n")
    for series in report.series if report.measured else ():
        rows = (_row(*each) for each in report.exposures(series))
        head = (tuple(map(str.capitalize, _HEAD)), ("---", *["---:"] * (len(_HEAD) - 1)))
        out.write(f"\n## {TITLES[series].capitalize()}\n\n")
        out.writelines(f"| {' | '.join(row)} |\n" for row in (*head, *rows))
    if notes := list(_notes(report)):
        out.write("\n" + "".join(f"- {note}\n" for note in notes))
    if report.missing:
        out.write(f"\n{plural(len(report.missing), 'page')} could not be measured.\n")


def render_svg(report: PaddingReport, out: TextIO, **_: bool) -> None:
    """A plot. Raises ReportError."""
    from tlsaudit.report.padding_plot import plot

    series = [(TITLES[each], report.exposures(each) if report.measured else []) for each in report.series]
    out.write(plot(headline(report), series))


RENDERERS: Mapping[str, Callable[..., None]] = {
    "terminal": render_terminal,
    "json": render_json,
    "csv": render_csv,
    "markdown": render_markdown,
    "svg": render_svg,
}
SUFFIXES: Mapping[str, str] = {".txt": "terminal", ".json": "json", ".csv": "csv", ".md": "markdown", ".svg": "svg"}
