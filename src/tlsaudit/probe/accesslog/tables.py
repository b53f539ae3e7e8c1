"""Logs as tables: Parquet, and JSON documents that are one list, read by DuckDB.

DuckDB groups the rows that may be of interest; who they are from is decided as for every other log. It reads this one
file, downloads no extension, and spills to a temporary folder what exceeds its memory.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlsaudit.evidence import Scheme
from tlsaudit.probe.accesslog.files import EXTRA, LogFile, LogFileError
from tlsaudit.probe.accesslog.moment import Clock
from tlsaudit.probe.accesslog.names import named_columns
from tlsaudit.probe.accesslog.notation import Column, LogFormatError
from tlsaudit.probe.accesslog.reading import Row, Shape
from tlsaudit.probe.accesslog.recognise import Wishes
from tlsaudit.probe.accesslog.scheme import best
from tlsaudit.probe.accesslog.tally import Counter, Rules, Tally
from tlsaudit.probe.accesslog.who import Known

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from duckdb.sqltypes import DuckDBPyType

_MEMORY = "160MB"
_FETCHED = 10_000
_SAMPLED = 50
_DEPTH = 4
_LIST = re.compile(rb"\s*\[\s*[{\]]")
_TEXT_CLOCKS = (Clock.ISO, Clock.CLF, Clock.EPOCH)
_HOST = r"^(?:https?|android-app)://([^/?#\\ ]*)"


def is_table(file: LogFile) -> bool:
    """Whether a log is Parquet or a list in JSON."""
    return file.packing == "parquet" or bool(_LIST.match(file.head))


@dataclass(frozen=True, slots=True)
class _Table:
    """A table, and the SQL expression that gives each column as text; for the time, two."""

    source: str
    time: tuple[str, str]
    clock: Clock
    columns: Mapping[Column, str]
    scheme: Column | None
    address: Column | None

    def sql(self, column: Column | None) -> str:
        return self.columns.get(column, "''") if column else "''"


def count_table(file: LogFile, wishes: Wishes, rules: Rules, fallback: Scheme) -> Tally:
    """What a table holds. Raises LogFileError."""
    if not EXTRA.installed:
        raise LogFileError(f"{file.name}: to read it: pip install 'tlsaudit[{EXTRA.name}]'")
    if file.path is None:
        raise LogFileError("-: Parquet and JSON documents are read from files, not from standard input")
    import duckdb

    try:
        with tempfile.TemporaryDirectory(prefix="tlsaudit-") as folder:
            # By a name in which DuckDB sees no pattern.
            path = Path(folder) / "log"
            path.symlink_to(file.path.resolve())
            with _connect(path) as connection:
                table = _table(connection, path, file.packing == "parquet", wishes, rules)
                return _count(connection, table, rules, fallback)
    except LogFormatError as error:
        raise LogFileError(f"{file.name}: {error}") from error
    except duckdb.Error as error:
        raise LogFileError(f"{file.name}: cannot be read: {str(error).splitlines()[0]:.200}") from error


def _connect(path: Path) -> "DuckDBPyConnection":
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": _MEMORY,
            "threads": "2",
            "temp_directory": str(path.parent / "spill"),
            "preserve_insertion_order": "false",
        },
    )
    connection.execute("SET enable_progress_bar = false")  # it would go to standard output, between the results
    connection.execute(f"SET allowed_paths = [{_quoted(str(path))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _table(connection: "DuckDBPyConnection", path: Path, parquet: bool, wishes: Wishes, rules: Rules) -> _Table:
    source = f"read_parquet({_quoted(str(path))})" if parquet else f"read_json({_quoted(str(path))}, format = 'array')"
    found = connection.sql(f"FROM {source}")
    leaves = _leaves([(name, _quoted_name(name), kind) for name, kind in zip(found.columns, found.types, strict=True)])
    types = {name: (expression, kind) for name, expression, kind in leaves}
    named = named_columns(types, wishes.columns)
    unknown = [name for name in named.values() if name not in types]
    if unknown:
        raise LogFormatError(f"there is no column {unknown[0]!r:.60}: there is {', '.join(types):.200}")
    columns = {column: _text(*types[name]) for column, name in named.items()}
    time, kind = types[named[Column.TIME_ISO]]
    first = _first_values(connection, source, columns[Column.TIME_ISO])
    clock, expressions = _time(time, kind.id, columns[Column.TIME_ISO], first)
    forwarded = wishes.forwarded and Column.FORWARDED_FOR in columns
    address = (Column.FORWARDED_FOR if forwarded else Column.ADDRESS) if rules.addresses else None
    return _Table(source, expressions, clock, columns, best(columns, forwarded=wishes.forwarded), address)


_Leaf = tuple[str, str, "DuckDBPyType"]


def _leaves(columns: Iterable[_Leaf], depth: int = _DEPTH) -> Iterator[_Leaf]:
    """The columns by name, expression and type, and the fields of structures, with dots between the names."""
    for name, expression, kind in columns:
        if kind.id != "struct":
            yield name, expression, kind
        elif depth > 1:
            fields = ((field, inner) for field, inner in kind.children if not isinstance(inner, int | list))
            inside = ((f"{name}.{field}", f"{expression}.{_quoted_name(field)}", inner) for field, inner in fields)
            yield from _leaves(inside, depth - 1)


def _quoted_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(expression: str, kind: "DuckDBPyType") -> str:
    if kind.id == "boolean":
        return f"CASE WHEN {expression} THEN 'on' ELSE '' END"
    return f"coalesce(CAST({expression}{'[1]' if kind.id == 'list' else ''} AS VARCHAR), '')"


def _first_values(connection: "DuckDBPyConnection", source: str, expression: str) -> list[str]:
    query = f"SELECT {expression} FROM {source} WHERE {expression} <> '' LIMIT {_SAMPLED}"  # noqa: S608 names are quoted
    return [row[0] for row in connection.execute(query).fetchall()]


def _time(expression: str, kind: str, text: str, first: Sequence[str]) -> tuple[Clock, tuple[str, str]]:
    """The spelling, and the two texts that it consists of. Where there is no offset, UTC."""
    if kind.startswith("timestamp") or kind == "date":
        seconds = f"CAST(floor(epoch({expression}) / 60) * 60 AS BIGINT)"
        return Clock.EPOCH, (f"coalesce(CAST({seconds} AS VARCHAR), '')", "''")
    if kind == "varchar":
        for clock in _TEXT_CLOCKS:
            if any(re.fullmatch(clock, value) for value in first):
                pattern = _quoted(f"^{clock}$")
                return clock, (f"regexp_extract({text}, {pattern}, 1)", f"regexp_extract({text}, {pattern}, 2)")
        raise LogFormatError("its time is neither RFC 3339, nor as in access logs, nor a number")
    whole = f"coalesce(CAST(TRY_CAST({expression} AS HUGEINT) AS VARCHAR), '')"
    return Clock.EPOCH, (f"regexp_extract({whole}, '^\\d{{9,19}}$')", "''")


def _count(connection: "DuckDBPyConnection", table: _Table, rules: Rules, fallback: Scheme) -> Tally:
    shape = Shape(0, 1, 2, 3, 4, 5, table.clock, table.scheme or Column.SKIPPED)
    counter = Counter(rules)
    tally = Tally()
    for (first, second), number in _fetch(connection, table, f"{table.time[0]}, {table.time[1]}", "true", {}):
        tally.lines += number
        if counter.moment(tally, shape, first, second):
            tally.read += number
        else:
            tally.malformed += number
    host = f"regexp_extract({table.sql(Column.REFERER)}, {_quoted(_HOST)}, 1)"
    wanted = ", ".join((*table.time, table.sql(table.scheme), host, table.sql(Column.AGENT), table.sql(table.address)))
    interesting = (
        f"{table.time[0]} <> '' AND (regexp_matches(lower({table.sql(Column.AGENT)}), $agents) OR {host} <> '')"
    )
    rows = _fetch(connection, table, wanted, interesting, {"agents": _agents(rules.known)})
    counter.weighted(tally, shape, rows, fallback)
    return tally


def _fetch(
    connection: "DuckDBPyConnection", table: _Table, wanted: str, interesting: str, values: Mapping[str, Any]
) -> Iterator[tuple[Row, int]]:
    """Each distinct row and how often it is there."""
    query = f"SELECT {wanted}, count(*) FROM {table.source} WHERE {interesting} GROUP BY ALL"  # noqa: S608 names are quoted
    found = connection.execute(query, values)
    while rows := found.fetchmany(_FETCHED):
        for *texts, number in rows:
            yield [text.encode("utf-8", "replace") for text in texts], number


def _agents(known: Known) -> str:
    """A pattern that finds whatever may be a crawler's User-Agent, in lower case."""
    return "|".join(re.escape(token.lower()) for crawler in known.crawlers for token in crawler.tokens)
