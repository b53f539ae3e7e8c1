"""How services answered over time: on the terminal, as CSV and as JSON."""

import csv
import datetime
from collections.abc import Iterator
from typing import Literal, TextIO

from tlsaudit.report import availability
from tlsaudit.report.csv import cell
from tlsaudit.report.document import LooksRecord, OutageRecord, Record, UtcDatetime
from tlsaudit.report.layout import gap, line, make_console, table, words, wrapped
from tlsaudit.report.text import duration, plural


class PeriodRecord(LooksRecord):
    """A day or a week, from the day `begins` on, UTC; the last one may not be over."""

    begins: datetime.date


class LatencyRecord(LooksRecord):
    """How what is called `name`, null where it has no name, answered a vantage, in all periods together and in each."""

    vantage: str
    vantage_region: str | None
    name: str | None
    source: Literal["light looks", "audits"]
    endpoints: int
    periods: list[PeriodRecord]


class LatencyDocument(Record):
    """What was asked for: `rows` are by service, site, region or vantage, and each vantage is told apart."""

    by: Literal["service", "site", "region", "vantage"]
    since: UtcDatetime
    until: UtcDatetime
    period: Literal["day", "week"]
    rows: list[LatencyRecord]
    outages: list[OutageRecord]


_FIGURES = (
    "looks", "answered", "low", "high", "blind", "gap_s", "connect_median_ms", "connect_p95_ms", "handshake_median_ms",
    "handshake_p95_ms", "median_ms", "p95_ms",
)  # fmt: skip


def as_json(document: LatencyDocument) -> str:
    return document.model_dump_json(indent=2)


def as_csv(document: LatencyDocument, out: TextIO) -> None:
    """A line for each row and period. Outages are no part of it."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["vantage", "vantage_region", "name", document.period, "source", "endpoints", *_FIGURES])
    for row in document.rows:
        lead = (row.vantage, row.vantage_region, row.name)
        for each in row.periods:
            figures = (getattr(each, name) for name in _FIGURES)
            values = (*lead, each.begins.isoformat(), row.source, row.endpoints, *figures)
            writer.writerow(map(cell, values))


def as_screen(document: LatencyDocument, out: TextIO) -> None:
    """A table for each row where there is room, else a line for each period."""
    console = make_console(out)
    last = (document.until - datetime.timedelta(days=1)).date()
    wrapped(console, words(f"How services answered, {document.since.date()} to {last}, UTC, by {document.by}", "bold"))
    if not document.rows:
        wrapped(console, words("no look was taken in these days"))
    for row in document.rows:
        gap(console)
        wrapped(console, words(_title(row)))
        lines = [("all", row), *((each.begins.isoformat(), each) for each in row.periods)]
        cells = [[words(text) for text in (name, *_cells(figures))] for name, figures in lines]
        if not table(console, (f"{document.period.upper()} OF", *_HEAD), cells, flexible=()):
            for name, figures in lines:
                shown = zip(_HEAD, _cells(figures), strict=True)
                line(console, words(f" {name} "), words(", ".join(f"{what.lower()} {text}" for what, text in shown)))
    if document.outages:
        gap(console)
        wrapped(console, words("Outages", "bold"))
        for outage in document.outages:
            line(console, words(" "), words(availability.outage_line(outage)))
    gap(console)
    wrapped(console, words("Nothing is known of the time between two looks. Times: half within / 95% within, in ms."))


_HEAD = ("ANSWERED", "OF THE TIME", "CONNECT", "HANDSHAKE", "FIRST BYTE", "EVERY")


def _cells(item: LooksRecord) -> Iterator[str]:
    yield f"{item.answered:,} of {item.looks:,}" + (f", {item.blind:,} blind" if item.blind else "")
    yield availability.of_the_time(item) if item.looks else "not measured"
    yield availability.times(item.connect_median_ms, item.connect_p95_ms)
    yield availability.times(item.handshake_median_ms, item.handshake_p95_ms)
    yield availability.times(item.median_ms, item.p95_ms)
    yield duration(item.gap_s) if item.gap_s else "-"


def _title(row: LatencyRecord) -> str:
    region = f" ({row.vantage_region})" if row.vantage_region else ""
    endpoints = plural(row.endpoints, "endpoint")
    whom = "" if row.name == row.vantage else f"{row.name or '-'} from "
    return f"{whom}{row.vantage}{region}: {row.source}, {endpoints}"
