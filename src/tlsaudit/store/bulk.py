"""Many rows at once, without SQLAlchemy's work for each: by executemany in SQLite and COPY in PostgreSQL, or by arrays
where a row may be there already, which COPY does not pass over."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, LargeBinary, Table
from sqlalchemy.exc import DBAPIError

Row = dict[str, Any]

PARAMETERS = 500
"""In one statement; every database takes so many."""

T = TypeVar("T")


def in_parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at a time as one statement takes."""
    return (values[start : start + PARAMETERS] for start in range(0, len(values), PARAMETERS))


def insert_all(connection: Connection, into: Table, rows: Sequence[Row]) -> None:
    """Rows with the same columns, none of which is there yet."""
    if not rows:
        return
    to, values = _named(connection, into, rows[0]), _values(connection.dialect, into, rows)
    if _is_postgresql(connection):
        _copy(connection, f"COPY {to} FROM STDIN", values)
    else:
        marks = ", ".join("?" * len(rows[0]))
        connection.exec_driver_sql(f"INSERT INTO {to} VALUES ({marks})", [*values])  # noqa: S608 our own names


def insert_missing(connection: Connection, into: Table, rows: Sequence[Row]) -> dict[bytes, int]:
    """Rows with a digest, sorted by it, so that two writers that store the same never wait for one another. What
    another has stored since it was looked for is left alone. The answer is the ids of the others, by their digests.
    """
    if not rows:
        return {}
    if not _is_postgresql(connection):  # SQLite lets one writer begin
        insert_all(connection, into, rows)
        return ids_of(connection, into, [row["digest"] for row in rows])
    to, columns = _named(connection, into, rows[0]), zip(*_values(connection.dialect, into, rows), strict=True)
    # Binary, since psycopg takes three times as long to write an array as text.
    arrays = ", ".join(f"%b::{into.c[name].type.compile(connection.dialect)}[]" for name in rows[0])
    added = f"INSERT INTO {to} SELECT * FROM unnest({arrays})"  # noqa: S608 our own names
    return _pairs(connection, f"{added} ON CONFLICT DO NOTHING RETURNING digest, id", tuple(map(list, columns)))


def ids_of(connection: Connection, stored: Table, digests: Sequence[bytes]) -> dict[bytes, int]:
    """The ids of those that are there, by their digests."""
    if not digests:
        return {}
    statement = f"SELECT digest, id FROM {stored.name} WHERE digest "  # noqa: S608 our own name
    if _is_postgresql(connection):
        return _pairs(connection, statement + "= ANY(%b)", ([*digests],))
    ids: dict[bytes, int] = {}
    for part in in_parts(digests):
        ids |= _pairs(connection, f"{statement} IN ({', '.join('?' * len(part))})", tuple(part))
    return ids


def _pairs(connection: Connection, statement: str, values: tuple[Any, ...]) -> dict[bytes, int]:
    return {row.digest: row.id for row in connection.exec_driver_sql(statement, values)}


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _named(connection: Connection, table: Table, row: Row) -> str:
    """The table and the columns of a row, as a statement names them."""
    quote = connection.dialect.identifier_preparer.quote
    return f"{quote(table.name)} ({', '.join(map(quote, row))})"


def _values(dialect: Dialect, into: Table, rows: Sequence[Row]) -> Iterator[tuple[Any, ...]]:
    """In the order of the first row's columns, as the driver takes them."""
    columns = [(name, _processor(dialect, into, name)) for name in rows[0]]
    for row in rows:
        yield tuple([process(row[name]) if process else row[name] for name, process in columns])


def _processor(dialect: Dialect, table: Table, name: str) -> Callable[[Any], Any] | None:
    kind = table.c[name].type
    # Bytes are taken as they are, without SQLAlchemy's wrapping, which COPY does not know.
    return None if isinstance(kind, LargeBinary) else kind.dialect_impl(dialect).bind_processor(dialect)


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """By psycopg itself; its errors become those of SQLAlchemy."""
    from psycopg import Error

    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except Error as error:
        raise DBAPIError.instance(statement, None, error, Error, dialect=connection.dialect) from error
