"""Lines of JSON, an object each: as nginx with escape=json, Caddy, Traefik and others write them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from tlsaudit.probe.accesslog.moment import Clock
from tlsaudit.probe.accesslog.names import named_columns
from tlsaudit.probe.accesslog.notation import Column, LogFormatError
from tlsaudit.probe.accesslog.reading import LONGEST_LINE, Row, Rows, Shape, each_line
from tlsaudit.probe.accesslog.scheme import best

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

    @property
    def shape(self) -> Shape:
        return Shape(0, 1, 2, 3, 4, 5, self.clock, self.scheme_column)

    def read(self, chunk: bytes) -> Rows:
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
        entry = json_object(line)
        if entry is None:
            return None
        time = _CLOCKS[self.clock].fullmatch(_text(_at(entry, self.time)))
        if time is None:
            return None
        referer = _HOST.match(_text(_at(entry, self.referer)))
        return (
            time[1].encode(),
            (time[2] if time.re.groups > 1 else "").encode(),
            _text(_at(entry, self.scheme)).encode("utf-8", "replace"),
            referer[1].encode("utf-8", "replace") if referer else b"",
            _text(_at(entry, self.agent)).encode("utf-8", "replace"),
            _text(_at(entry, self.address)).encode("utf-8", "replace"),
        )


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


def json_reader(
    entries: Iterable[Mapping[str, Any]], own: Mapping[Column, str], *, forwarded: bool, addresses: bool
) -> JsonReader:
    """The reader for a file that begins with these objects. Raises LogFormatError."""
    first = list(entries)
    paths = {".".join(path): path for entry in first for path in _paths(entry)}
    named = named_columns(paths, own)
    at = {column: paths.get(name, tuple(name.split("."))) for column, name in named.items()}
    if "request.proto" in paths and any(path[:2] == ("request", "headers") for path in paths.values()):
        at = {**_CADDY, **at}
    scheme = best(at, forwarded=forwarded)
    address = Column.FORWARDED_FOR if forwarded and Column.FORWARDED_FOR in at else Column.ADDRESS
    return JsonReader(
        time=at[Column.TIME_ISO],
        scheme=at[scheme] if scheme else None,
        referer=at.get(Column.REFERER),
        agent=at[Column.AGENT],
        address=at.get(address) if addresses else None,
        clock=_clock(first, at[Column.TIME_ISO]),
        scheme_column=scheme or Column.SKIPPED,
    )


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
