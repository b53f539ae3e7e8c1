"""Lines of text whose columns a notation describes: one compiled pattern, linear in the length of the line.

Every column is a class of bytes that excludes the byte which ends it, so that no line makes the pattern try twice.
"""

import re
from dataclasses import dataclass

from tlsaudit.probe.accesslog.moment import CLOCK_OF_DAY, Clock
from tlsaudit.probe.accesslog.notation import Column, LogFormatError, Parts, Variable
from tlsaudit.probe.accesslog.reading import LONGEST_LINE, Row, Rows, Shape, each_line, has_long_line
from tlsaudit.probe.accesslog.scheme import best

# The host of a Referer is all that is asked of it.
_REFERER = r"(?:(?:https?|android-app)://([^/?#\"\\ \t\n]*))?"
_CLOCKS = {
    Column.TIME_CLF: Clock.CLF,
    Column.TIME_CLF_BRACKETS: Clock.CLF,
    Column.TIME_ISO: Clock.ISO,
    Column.TIME_EPOCH: Clock.EPOCH,
    Column.DATE: Clock.W3C,
}
_UNESCAPED = r"[^\"\\\n]*"
_QUOTED = r"[^\"\\\n]*(?:\\.[^\"\\\n]*)*"


@dataclass(frozen=True, slots=True)
class TextReader:
    """`comments` are lines that begin with #, as in W3C extended logs."""

    pattern: re.Pattern[bytes]
    shape: Shape
    comments: bool = False

    def read(self, chunk: bytes) -> Rows:
        """At a stroke where every line is what it should be, else line by line."""
        lines = chunk.count(b"\n")
        rows: list[Row] = self.pattern.findall(chunk)
        if len(rows) == lines and not has_long_line(chunk):
            return Rows(rows, lines)
        return self._slowly(chunk)

    def _slowly(self, chunk: bytes) -> Rows:
        rows: list[Row] = []
        found = Rows(rows)
        for number, line in enumerate(each_line(chunk)):
            found.lines += 1
            match = self.pattern.fullmatch(line) if len(line) <= LONGEST_LINE else None
            if match:
                rows.append(match.groups(b""))
            elif line and not (self.comments and line.startswith(b"#")):
                found.complain(number, line)
        return found


def text_reader(
    parts: Parts, *, forwarded: bool, addresses: bool, comments: bool = False, escapes: bool = True
) -> TextReader:
    """The reader of a format. `forwarded`: what a proxy says in X-Forwarded-Proto and X-Forwarded-For is trusted.
    `addresses`: they are wanted. Without `escapes`, a line with a backslash in what is wanted is none. Raises
    LogFormatError.
    """
    columns = [part.column for part in parts if isinstance(part, Variable)]
    time = next((column for column in columns if column in _CLOCKS), None)
    if time is None or (time is Column.DATE and Column.CLOCK not in columns):
        raise LogFormatError("the log format has no time that can be read: without days there is no trend")
    if Column.AGENT not in columns:
        raise LogFormatError("the log format has no User-Agent: crawlers cannot be told from other clients")
    scheme = best(columns, forwarded=forwarded)
    address = Column.FORWARDED_FOR if forwarded and Column.FORWARDED_FOR in columns else Column.ADDRESS
    wanted = {time, Column.CLOCK, scheme, Column.REFERER, Column.AGENT, *([address] if addresses else ())}
    pattern, order = _compile(parts, wanted, escapes=escapes)
    # What the format does not have is an empty group at the end.
    at = {
        column: order.index(column) if column in order else len(order) for column in (scheme, Column.REFERER, address)
    }
    shape = Shape(
        time=order.index(time),
        zone=order.index(Column.CLOCK) if time is Column.DATE else order.index(time) + 1,
        scheme=at[scheme],
        referer=at[Column.REFERER],
        agent=order.index(Column.AGENT),
        address=at[address],
        clock=_CLOCKS[time],
        scheme_column=scheme or Column.SKIPPED,
        untrusted=Column.FORWARDED_PROTO in columns and not forwarded,
    )
    return TextReader(re.compile(pattern.encode("utf-8"), re.MULTILINE), shape, comments)


def _compile(parts: Parts, wanted: set[Column | None], *, escapes: bool) -> tuple[str, list[Column]]:
    """The pattern, and the column that each of its groups is of."""
    pattern = "^"
    order: list[Column] = []
    for index, part in enumerate(parts):
        if isinstance(part, str):
            pattern += re.escape(part)
            continue
        follows = parts[index + 1] if index + 1 < len(parts) else ""
        if isinstance(follows, Variable):
            raise LogFormatError(f"the log format: nothing stands between {part.name} and {follows.name}")
        first = part.column in wanted and part.column not in order
        pattern += _variable(part.column, follows[:1], captured=first, escapes=escapes)
        if first:
            two_groups = part.column in _CLOCKS and part.column is not Column.DATE
            order += [part.column] * (2 if two_groups else 1)
    return rf"{pattern}()\r?$", order


def _variable(column: Column, end: str, *, captured: bool, escapes: bool) -> str:
    until = _UNESCAPED if captured and end == '"' and not escapes else _until(column, end)
    if not captured:
        return _SKIPPED.get(column, until)
    if column in _CLOCKS:
        return rf"\[{_CLOCKS[column]}\]" if column is Column.TIME_CLF_BRACKETS else _CLOCKS[column]
    if column is Column.CLOCK:
        return CLOCK_OF_DAY
    return _REFERER + until if column is Column.REFERER else f"({until})"


_SKIPPED = {
    Column.TIME_CLF: r"[^ \n]+ [+-]\d{4}",
    Column.TIME_CLF_BRACKETS: r"\[[^\]\n]+\]",
}


def _until(column: Column, end: str) -> str:
    """Anything up to the byte that ends the column. Within quotation marks what is escaped by a backslash counts."""
    if end == '"':
        return _QUOTED
    if not end:
        return r"[^\n\r]*"
    if column is Column.REQUEST and end == " ":
        return r"[^ \n]*(?: [^ \n]*){0,2}"
    if column in {Column.LIST, Column.FORWARDED_FOR} and end == " ":
        return r"[^ ,\n]*(?:(?:, ?| : )[^ ,\n]*){0,31}"  # where a list ends is tried at each comma: not at any number
    if column in {Column.ADDRESS, Column.FORWARDED_FOR} and end == ":":
        return r"[0-9A-Fa-f.:]{0,45}"
    return rf"[^{re.escape(end)}\n]*"
