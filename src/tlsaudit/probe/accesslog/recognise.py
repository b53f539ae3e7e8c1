"""Which format a log has: the one that was named, or what its first lines look like."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tlsaudit.evidence import Scheme
from tlsaudit.probe.accesslog.apache import apache_parts
from tlsaudit.probe.accesslog.json_lines import json_reader
from tlsaudit.probe.accesslog.nginx import nginx_parts
from tlsaudit.probe.accesslog.notation import Column, LogFormatError, Parts, Variable
from tlsaudit.probe.accesslog.reading import LogReader
from tlsaudit.probe.accesslog.scheme import Ports, scheme_of
from tlsaudit.probe.accesslog.text import TextReader, text_reader
from tlsaudit.probe.accesslog.w3c import FIELDS, w3c_parts

_COMBINED = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'

PRESETS: Mapping[str, str] = {
    "combined": _COMBINED,
    "combined-scheme": f"{_COMBINED} $scheme",
    "scheme-combined": f"$scheme {_COMBINED}",
    "combined-https": f"{_COMBINED} %{{HTTPS}}e",
    "vhost-combined": f"%v:%p {_COMBINED}",
}
"""Formats by name, in both notations at once."""

_SAMPLED_LINES = 50
_FIELDS_LINE = re.compile(rb"^" + FIELDS + rb"[^\r\n]*", re.MULTILINE)
_TAIL_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[^ ]+')
_TLS = re.compile(rb"on|TLSv1(?:\.[0-3])?|SSLv[23]|-|")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user says of the logs. `columns` are names in structured logs; `forwarded`: X-Forwarded-Proto and
    X-Forwarded-For are set by a proxy of theirs. `addresses`: they are needed.
    """

    log_format: str | None = None
    columns: Mapping[Column, str] = field(default_factory=dict)
    forwarded: bool = False
    addresses: bool = False
    ports: Ports = field(default_factory=Ports)


def named_parts(log_format: str) -> Parts:
    """A preset, or a format in nginx's or Apache's notation. Raises LogFormatError."""
    if log_format in PRESETS:
        before, scheme, after = PRESETS[log_format].partition("$scheme")
        return _joined(apache_parts(before), nginx_parts(scheme), apache_parts(after))
    if re.search(r"\$\{?[A-Za-z_]", log_format):
        return nginx_parts(log_format)
    if "%" in log_format:
        return apache_parts(log_format)
    raise LogFormatError(
        f"--log-format: {log_format!r:.60} is neither {', '.join(PRESETS)} nor a format as nginx's log_format or "
        "Apache's LogFormat has it"
    )


def recognise(head: bytes, wishes: Wishes) -> LogReader:
    """The reader for a log that begins with these whole lines. Raises LogFormatError."""
    if wishes.log_format is not None:
        return _text(named_parts(wishes.log_format), wishes)
    lines = [line.rstrip(b"\r") for line in head.split(b"\n") if line.strip()]
    if not lines:
        raise LogFormatError("there is no line in it")
    if lines[0].startswith(b"#"):
        return w3c_reader(lines, wishes)
    if lines[0].lstrip().startswith(b"{"):
        first = lines[:_SAMPLED_LINES]
        return json_reader(first, wishes.columns, forwarded=wishes.forwarded, addresses=wishes.addresses)
    return _guess(lines[:_SAMPLED_LINES], wishes)


def w3c_reader(lines: Sequence[bytes], wishes: Wishes) -> TextReader:
    """The reader for what follows the first `#Fields:` line among these. Raises LogFormatError."""
    directive = next((line for line in lines if line.startswith(FIELDS)), None)
    if directive is None:
        raise LogFormatError("it begins with comments, but has no #Fields: line: no W3C extended log")
    after = [line for line in lines if not line.startswith(b"#")]
    separator = "\t" if after and b"\t" in after[0] else " "
    return _text(w3c_parts(directive.decode("utf-8", "replace"), separator), wishes, comments=True)


def w3c_sections(data: bytes, reader: LogReader, wishes: Wishes) -> Iterator[tuple[LogReader, bytes]]:
    """A chunk of a W3C extended log in parts, each with the reader for it: `#Fields:` may change on the way."""
    start = 0
    for found in _FIELDS_LINE.finditer(data):
        if found.start() > start:
            yield reader, data[start : found.start()]
            start = found.start()
        with suppress(LogFormatError):  # then the lines under it are malformed
            reader = w3c_reader([found[0], data[found.end() + 1 :].partition(b"\n")[0]], wishes)
    yield reader, data[start:]


def _text(parts: Parts, wishes: Wishes, *, comments: bool = False) -> TextReader:
    return text_reader(parts, forwarded=wishes.forwarded, addresses=wishes.addresses, comments=comments)


def _guess(lines: Sequence[bytes], wishes: Wishes) -> LogReader:
    """The combined format, with what stands before and behind it."""
    best: tuple[int, TextReader] | None = None
    for parts in _candidates(lines):
        reader = _text(parts, wishes)
        matching = len(reader.read(b"\n".join(lines) + b"\n").rows)
        if matching > (best[0] if best else 0):
            best = matching, reader
    if best is None:
        raise LogFormatError("its first lines are in no format that is known")
    return best[1]


def _candidates(lines: Sequence[bytes]) -> Iterator[Parts]:
    combined = apache_parts(_COMBINED)
    heads = [(), nginx_parts("$scheme "), apache_parts("%v:%p "), apache_parts("%v ")]
    # The tail that most lines have tells what the columns behind the User-Agent are.
    tails = [tokens for line in lines if (tokens := _tail(line)) is not None]
    for count, _ in Counter(map(len, tails)).most_common(2):
        rows = [tokens for tokens in tails if len(tokens) == count]
        tail = _tail_parts(list(zip(*rows, strict=True)))
        for head in heads:
            if not head or head[0] != nginx_parts("$scheme ")[0] or lines[0].startswith(b"http"):
                yield _joined(head, combined, tail)


def _tail(line: bytes) -> list[bytes] | None:
    """What stands behind the third quoted text: request, Referer, User-Agent."""
    quoted = list(re.finditer(rb'"(?:[^"\\]|\\.)*"', line))
    return _TAIL_TOKEN.findall(line[quoted[2].end() :]) if len(quoted) >= 3 else None


def _tail_parts(columns: Sequence[Sequence[bytes]]) -> Parts:
    parts: list[str | Variable] = []
    known = False
    for values in columns:
        quotes = '"' if all(value.startswith(b'"') for value in values) else ""
        column = Column.SKIPPED if known else _column([value.strip(b'"') for value in values])
        known = known or column is not Column.SKIPPED
        parts += [f" {quotes}", Variable(column, "a column"), *([quotes] if quotes else [])]
    return _joined(tuple(parts))


def _column(values: Sequence[bytes]) -> Column:
    """What these values can only be."""
    texts = [value.decode("utf-8", "replace") for value in values]
    if all(scheme_of(Column.SCHEME, text, Ports()) is not Scheme.UNKNOWN for text in texts):
        return Column.SCHEME
    if all(map(_TLS.fullmatch, values)) and any(value not in {b"", b"-"} for value in values):
        return Column.TLS
    return Column.SKIPPED


def _joined(*formats: Parts) -> Parts:
    """One after the other, with literal texts that meet made one."""
    parts: list[str | Variable] = []
    for part in (part for parts_of in formats for part in parts_of):
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif part:
            parts.append(part)
    return tuple(parts)
