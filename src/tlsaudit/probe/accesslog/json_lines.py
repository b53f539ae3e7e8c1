"""Lines of JSON, an object each: as nginx with escape=json, Caddy, Traefik and others write them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from tlsaudit.probe.accesslog.moment import Clock
from tlsaudit.probe.accesslog.names import named_columns
from tlsaudit.probe.accesslog.notation import Column, LogFormatError, Parts, Variable
from tlsaudit.probe.accesslog.reading import LONGEST_LINE, Row, Rows, Shape, each_line
from tlsaudit.probe.accesslog.scheme import best
from tlsaudit.probe.accesslog.text import TextReader, text_reader

_DEPTH = 4
_HOST = re.compile(r"(?:https?|android-app)://([^/?#\\ ]*)")
_EPOCH = re.compile(r"(\d{9,19})(?:\.\d+)?")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JsonReader:
    """Where in an object each column stands, None where it is not there."""

    time: Path
    scheme: Path | None
    referer: Path | None
    agent: Path
    address: Path | None
    clock: Clock
    scheme_column: Column
    untrusted: bool = False
    alike: TextReader | None = None
    """Reads lines that are written as the first one was, without a look at JSON: three times as fast."""

    @property
    def shape(self) -> Shape:
        shape = self.alike.shape if self.alike else Shape(0, 1, 2, 3, 4, 5, self.clock, self.scheme_column)
        return shape._replace(untrusted=self.untrusted)

    def read(self, chunk: bytes) -> Rows:
        if self.alike:
            found = self.alike.read(chunk)
            if not found.malformed:
                return found
        return self._each(chunk)

    def _each(self, chunk: bytes) -> Rows:
        rows: list[Row] = []
        found = Rows(rows)
        for number, line in enumerate(each_line(chunk)):
            found.lines += 1
            row = self._row(line) if len(line) <= LONGEST_LINE else None
            if row:
                rows.append(row)
            elif line.strip():
                found.complain(number, line)
        return found

    def _row(self, line: bytes) -> Row | None:
        alike = self.alike.pattern.fullmatch(line) if self.alike else None
        if alike:
            return alike.groups(b"")
        entry = json_object(line)
        if entry is None:
            return None
        time = _CLOCKS[self.clock].fullmatch(_text(_at(entry, self.time)))
        if time is None:
            return None
        referer = _HOST.match(_text(_at(entry, self.referer)))
        shape = self.shape
        row = [b""] * (max(shape[:6]) + 1)
        for place, text in (
            (shape.time, time[1]),
            (shape.zone, time[2] if time.re.groups > 1 else ""),
            (shape.scheme, _text(_at(entry, self.scheme))),
            (shape.referer, referer[1] if referer else ""),
            (shape.agent, _text(_at(entry, self.agent))),
            (shape.address, _text(_at(entry, self.address))),
        ):
            row[place] = text.encode("utf-8", "replace") or row[place]
        return row


# Caddy leaves out what is not there: a request has `tls` where it came over TLS.
_CADDY: Mapping[Column, Path] = {
    Column.TLS: ("request", "tls"),
    Column.REFERER: ("request", "headers", "Referer"),
}
_CLOCKS = {Clock.CLF: re.compile(Clock.CLF), Clock.ISO: re.compile(Clock.ISO), Clock.EPOCH: _EPOCH}


def json_object(line: bytes) -> dict[str, Any] | None:
    """The object that a line is; None where it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def json_reader(lines: Iterable[bytes], own: Mapping[Column, str], *, forwarded: bool, addresses: bool) -> JsonReader:
    """The reader for a file that begins with these lines. Raises LogFormatError."""
    written = [(line, entry) for line in lines if (entry := json_object(line)) is not None]
    if not written:
        raise LogFormatError("it begins like JSON, but no line is an object")
    first = [entry for _, entry in written]
    paths = {".".join(path): path for entry in first for path in _paths(entry)}
    named = named_columns(paths, own)
    at = {column: paths.get(name, tuple(name.split("."))) for column, name in named.items()}
    if "request.proto" in paths and any(path[:2] == ("request", "headers") for path in paths.values()):
        at = {**_CADDY, **at}
    scheme = best(at, forwarded=forwarded)
    address = Column.FORWARDED_FOR if forwarded and Column.FORWARDED_FOR in at else Column.ADDRESS
    wanted = {Column.TIME_ISO, Column.AGENT, Column.REFERER, scheme, *([address] if addresses else [])}
    reader = JsonReader(
        time=at[Column.TIME_ISO],
        scheme=at[scheme] if scheme else None,
        referer=at.get(Column.REFERER),
        agent=at[Column.AGENT],
        address=at.get(address) if addresses else None,
        clock=_clock(first, at[Column.TIME_ISO]),
        scheme_column=scheme or Column.SKIPPED,
        untrusted=Column.FORWARDED_PROTO in at and not forwarded,
    )
    flat = {path[0]: column for column, path in at.items() if column in wanted and len(path) == 1}
    if len(flat) < len(wanted & at.keys()):
        return reader
    parts = _parts(written[0][0].decode("utf-8", "replace"), flat, _TIMES[reader.clock])
    if parts is None:
        return reader
    alike = text_reader(parts, forwarded=forwarded, addresses=addresses, escapes=False)
    return replace(reader, alike=alike)


_TIMES = {Clock.ISO: Column.TIME_ISO, Clock.CLF: Column.TIME_CLF, Clock.EPOCH: Column.TIME_EPOCH}
_FIELD = re.compile(r'(\s*"((?:[^"\\]|\\.)*)"\s*:\s*)("(?:[^"\\]|\\.)*"|[^\s",\[\]{}]+)')


def _parts(line: str, columns: Mapping[str, Column], time: Column) -> Parts | None:
    """The line as a format of text, each value being a column. None where it is not flat, or where what is wanted is
    neither a text nor a time in numbers.
    """
    parts: list[str | Variable] = [line[:1]]
    end, left = 1, dict(columns)
    while field := _FIELD.match(line, end):
        column = left.pop(field[2], Column.SKIPPED)
        column = time if column is Column.TIME_ISO else column
        quote = '"' if field[3].startswith('"') else ""
        if not quote and column not in {Column.SKIPPED, Column.TIME_EPOCH}:
            return None
        after = line[field.end() :][:1]
        parts += [_joined(parts.pop(), field[1] + quote), Variable(column, field[2]), quote + after]
        end = field.end() + 1
    return tuple(parts) if line[end - 1 :].strip() == "}" and not left else None


def _joined(before: str | Variable, text: str) -> str:
    assert isinstance(before, str)
    return before + text


def _clock(entries: Iterable[Mapping[str, Any]], path: Path) -> Clock:
    for entry in entries:
        text = _text(_at(entry, path))
        for clock, pattern in _CLOCKS.items():
            if pattern.fullmatch(text):
                return clock
    raise LogFormatError(f"the time {'.'.join(path):.60} is neither RFC 3339, nor as in access logs, nor a number")


def _paths(value: Mapping[str, Any], depth: int = _DEPTH) -> Iterable[Path]:
    """Where there is a value."""
    for key, inner in value.items():
        if not isinstance(inner, dict):
            yield (key,)
        elif depth > 1:
            yield from ((key, *path) for path in _paths(inner, depth - 1))


def _at(entry: Any, path: Path | None) -> Any:
    if path is None:
        return None
    if len(path) == 1:
        return entry.get(path[0])
    return reduce(lambda value, key: value.get(key) if isinstance(value, dict) else None, path, entry)


def _text(value: Any) -> str:
    """Text as it is, numbers as they are written, the first of a list; what is just there counts as `on`."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    if isinstance(value, dict) or value is True:
        return "on"
    if value is None or value is False:
        return ""
    return str(value)
