"""The share of crawlers' requests on https: for the terminal, as JSON and as CSV."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from tlsaudit.evidence import CrawlerKind, CrawlLog, Requests, Standing, by_day
from tlsaudit.policy import crawlers, search_engines
from tlsaudit.report.layout import gap, line, make_console, table, words, wrapped
from tlsaudit.report.text import joined, long_date, percent, plural

SCHEMA = "tlsaudit/crawlers/1"

COUNTED = (Standing.VERIFIED, Standing.CLAIMED)
"""Whose requests make the share: what is known not to be from a crawler does not."""

_BARS = "▁▂▃▄▅▆▇█"
_MOST_BARS = 30
_KINDS = {
    "search": "CRAWLERS OF SEARCH ENGINES",
    "ai": "CRAWLERS FOR AI",
    "social": "SOCIAL NETWORKS",
    "other": "OTHER CRAWLERS",
    "readers": "READERS FROM",
}
_STANDINGS = {
    Standing.VERIFIED: "verified",
    Standing.CLAIMED: "by User-Agent alone",
    Standing.REFUTED: "not from its addresses",
}


@dataclass(frozen=True, slots=True)
class Series:
    """Requests of somebody, or of several together, by day. `kind` is that of a crawler, or `readers`."""

    id: str
    name: str
    kind: str
    source: str
    standing: Standing | None
    days: Mapping[date, Requests]

    @property
    def total(self) -> Requests:
        return sum(self.days.values(), Requests())


def series(log: CrawlLog) -> list[Series]:
    """Everybody of whom there is a request, by standing; crawlers first, those with the most requests before others."""
    found = [
        Series(item.id, item.name, str(kind), item.source, standing, by_day(counted, {item.id}, {standing}))
        for counted, items in ((log.crawlers, crawlers()), (log.readers, search_engines()))
        for item in items
        for kind in [getattr(item, "kind", "readers")]
        for standing in Standing
    ]
    order = list(_KINDS)
    return sorted((item for item in found if item.days), key=lambda item: (order.index(item.kind), -item.total.total))


def search_crawlers(log: CrawlLog) -> Series:
    """The crawlers of search engines together."""
    ids = {crawler.id for crawler in crawlers() if crawler.kind is CrawlerKind.SEARCH}
    days = by_day(log.crawlers, ids, COUNTED)
    return Series("crawler-https", "search engines together", "search", "", None, days)


def search_readers(log: CrawlLog) -> Series:
    """The readers who came from any search engine."""
    ids = {engine.id for engine in search_engines()}
    return Series("search-readers-https", "readers together", "readers", "", None, by_day(log.readers, ids))


def render_terminal(log: CrawlLog, out: TextIO, *, verbose: bool = False) -> None:
    """A table, and what stands behind it."""
    console = make_console(out)
    wrapped(console, words(_headline(log), "bold"))
    found = series(log)
    for kind in _KINDS:
        group = [item for item in found if item.kind == kind]
        if group:
            gap(console)
            _group(console, log, kind, group, verbose=verbose)
    if not found:
        gap(console)
        wrapped(
            console,
            words("No request in them is from a known crawler, or from a reader who came from a search engine."),
        )
    _footnotes(console, log, found)


def _headline(log: CrawlLog) -> str:
    amount = f"{plural(log.lines, 'request')} in {plural(len(log.sources), 'log')}"
    if log.first is None or log.last is None:
        return f"Crawlers on HTTPS · {amount}"
    first, last = long_date(log.first.date()), long_date(log.last.date())
    period = first if first == last else f"{first} to {last}"
    return f"Crawlers on HTTPS, {period} (UTC) · {amount}"


def _group(console: Console, log: CrawlLog, kind: str, group: Sequence[Series], *, verbose: bool) -> None:
    head = (_KINDS[kind], "HTTPS", "HTTP", "SHARE", "TREND")
    together = {"search": search_crawlers, "readers": search_readers}.get(kind)
    rows = [_row(log, item, _name(item, group)) for item in group]
    if together and len({item.id for item in group}) > 1:
        rows.append(_row(log, together(log), "together"))
    if not table(console, head, rows, flexible=(0, 4)):
        for row in rows:
            line(console, Text.assemble(" ", row[0], "  "), Text("  ").join(cell for cell in row[1:] if cell.plain))
    if verbose:
        for item in group:
            _each_day(console, log, item, _name(item, group))


def _name(item: Series, group: Sequence[Series]) -> str:
    alone = sum(other.id == item.id for other in group) == 1
    if item.kind == "readers" or (alone and item.standing is Standing.CLAIMED):
        return item.name
    return f"{item.name}, {_STANDINGS[item.standing or Standing.CLAIMED]}"


def _row(log: CrawlLog, item: Series, name: str) -> list[Text]:
    requests = item.total
    return [
        words(name),
        Text(f"{requests.https:,}"),
        Text(f"{requests.http:,}"),
        Text(_share(requests)),
        Text(_trend(log, item)),
    ]


def _share(requests: Requests) -> str:
    """`87.3% of 9,514, 12 unknown`."""
    parts = [] if requests.share is None else [f"{percent(requests.share)} of {requests.total:,}"]
    if requests.unknown:
        parts.append(f"{requests.unknown:,} unknown")
    return ", ".join(parts)


def _trend(log: CrawlLog, item: Series) -> str:
    """`61% of 203 -> 87% of 310 over 30 days`, of the days that the logs cover whole."""
    days = {day: item.days[day] for day in log.complete_days if day in item.days}
    whole = {day: requests for day, requests in days.items() if requests.share is not None}
    if len(whole) < 2:
        return ""
    (first, before), *_, (last, after) = whole.items()
    shares = f"{_share(before)} -> {_share(after)}"
    return f"{_bars(list(whole.values()))} {shares} over {plural((last - first).days + 1, 'day')}"


def _bars(days: Sequence[Requests]) -> str:
    """The share of each day as a bar, or of several days together where there are many."""
    size = -(-len(days) // _MOST_BARS)
    shares = [sum(days[start : start + size], Requests()).share or 0.0 for start in range(0, len(days), size)]
    return "".join(_BARS[min(int(share * len(_BARS)), len(_BARS) - 1)] for share in shares)


def _each_day(console: Console, log: CrawlLog, item: Series, name: str) -> None:
    gap(console)
    wrapped(console, words(f" {name}"))
    for day, requests in item.days.items():
        partly = "" if day in log.complete_days else ", not the whole day"
        wrapped(
            console, words(f"   {day}  {requests.https:,} https, {requests.http:,} http  {_share(requests)}{partly}")
        )


def _footnotes(console: Console, log: CrawlLog, found: Sequence[Series]) -> None:
    for name, texts in (("Unknown", _unknown(found)), ("Malformed", _malformed(log)), ("Notes", _notes(log, found))):
        for number, text in enumerate(texts):
            if number == 0:
                gap(console)
            line(console, Text(f" {'' if number else name:<10}", "bold"), words(text))


def _unknown(found: Sequence[Series]) -> Iterator[str]:
    unknown = sum(item.total.unknown for item in found)
    if unknown:
        yield (
            f"the scheme of {plural(unknown, 'request')} of theirs is not in the log, so they count as not "
            "encrypted: log it, name the column with --log-format, or say --scheme https=PATTERN"
        )


def _malformed(log: CrawlLog) -> Iterator[str]:
    if log.malformed:
        yield f"{plural(log.malformed, 'line')} of {log.malformed + log.lines:,}" + (
            ", for example" if log.malformed_lines else ""
        )
    for item in log.malformed_lines:
        yield f"{item.file}:{item.line}: {item.text}"


def _notes(log: CrawlLog, found: Sequence[Series]) -> Iterator[str]:
    yield from log.notes
    if any(item.kind == "readers" for item in found):
        yield (
            "readers: an http page is not told which https page led to it, unless that page asks its browser to: their "
            "share on https is at most this"
        )
    alone = [item.name for item in found if item.kind != "readers" and item.standing is Standing.CLAIMED]
    if alone:
        yield f"anybody can send a crawler's User-Agent; to verify {joined(alone[:3])}: --ranges CRAWLER=FILE"


def render_json(log: CrawlLog, out: TextIO, **_: bool) -> None:
    """One document, ASCII throughout."""
    together = (search_crawlers(log), search_readers(log))
    document = {
        "schema": SCHEMA,
        "sources": list(log.sources),
        "requests": log.lines,
        "malformed": log.malformed,
        "malformed_lines": [{"file": item.file, "line": item.line, "text": item.text} for item in log.malformed_lines],
        "first": _moment(log.first),
        "last": _moment(log.last),
        "complete_days": [day.isoformat() for day in log.complete_days],
        "summary": {item.id: _numbers(item.total) for item in together},
        "series": [_series(item) for item in series(log)],
        "notes": list(log.notes),
    }
    out.write(json.dumps(document, indent=1, ensure_ascii=True).replace("\x7f", "\\u007f") + "\n")


def _series(item: Series) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "kind": item.kind,
        "standing": item.standing if item.kind != "readers" else None,
        "source": item.source,
        "total": _numbers(item.total),
        "days": [{"day": day.isoformat(), **_numbers(requests)} for day, requests in item.days.items()],
    }


def _numbers(requests: Requests) -> dict[str, Any]:
    return {
        "https": requests.https,
        "http": requests.http,
        "unknown": requests.unknown,
        "denominator": requests.total,
        "share": requests.share,
    }


def _moment(moment: Any) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%MZ}"


def render_csv(log: CrawlLog, out: TextIO, **_: bool) -> None:
    """A line for each day of each crawler and standing, and of each search engine that readers came from."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ("day", "kind", "id", "name", "standing", "https", "http", "unknown", "denominator", "share", "complete")
    )
    for item in series(log):
        standing = "" if item.kind == "readers" else item.standing
        for day, requests in item.days.items():
            whole = "yes" if day in log.complete_days else "no"
            share = "" if requests.share is None else f"{requests.share:.6f}"
            numbers = (requests.https, requests.http, requests.unknown, requests.total, share)
            writer.writerow((day, item.kind, item.id, item.name, standing, *numbers, whole))


RENDERERS: Mapping[str, Callable[..., None]] = {"terminal": render_terminal, "json": render_json, "csv": render_csv}
SUFFIXES: Mapping[str, str] = {".txt": "terminal", ".json": "json", ".csv": "csv"}
