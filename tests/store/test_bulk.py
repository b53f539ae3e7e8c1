"""What is written in bulk is what is read, in each kind of database."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, select

from tlsaudit.store import StoreError
from tlsaudit.store.bulk import Row, ids_of, insert_all, insert_missing
from tlsaudit.store.database import Database, open_database
from tlsaudit.store.schema import endpoints, evidence, measurements

_TEXT = "\\N\t\\.\n\r\\\\x'\"{},%s\x01\x7fé\U0001f512 "

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
digests = st.binary(min_size=16, max_size=16)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
maybe = st.none() | texts
seen_endpoints = st.fixed_dictionaries(
    {
        "digest": digests,
        "endpoint": texts,
        "host": texts,
        "port": st.integers(0, 2**31 - 1),
        "starttls": maybe,
        "service": maybe,
        "site": maybe,
        "owner": maybe,
        "seen": texts,
    }
)
shown_evidence = st.fixed_dictionaries(
    {"digest": digests, "kind": texts, "observed": st.booleans(), "body": st.binary(max_size=50)}
)
measured = st.fixed_dictionaries(
    {
        "name": texts,
        "fact": texts,
        "first_day": st.dates(date(1900, 1, 1)),
        "last_day": st.dates(date(1900, 1, 1)),
        "value": st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False) | st.integers(0, 100),
        "denominator": st.integers(-(2**63), 2**63 - 1),
        "unknown": st.just(0),
        "unit": texts,
        "measured_at": moments,
        "source": texts,
        "body": texts,
    }
)
TRICKY: Row = {
    "digest": b"\0" * 16,
    "endpoint": _TEXT,
    "host": _TEXT,
    "port": 1,
    "seen": _TEXT,
    "starttls": None,
    "service": "",
    "site": "\\N",
    "owner": "NULL",
}


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_database(url, create=True)
    yield opened
    opened.close()


@example([TRICKY], [], [])
@given(
    st.lists(seen_endpoints, unique_by=lambda row: row["digest"], max_size=5),
    st.lists(shown_evidence, unique_by=lambda row: row["digest"], max_size=5),
    st.lists(measured, unique_by=lambda row: row["name"], max_size=5),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_come_back_as_they_were(database: Database, seen: list[Row], shown: list[Row], figures: list[Row]) -> None:
    def work(connection: Connection) -> None:
        ids = insert_missing(connection, endpoints, sorted(seen, key=lambda row: row["digest"]))
        assert ids == ids_of(connection, endpoints, [row["digest"] for row in seen])
        insert_all(connection, evidence, shown)
        insert_all(connection, measurements, figures)
        for table, rows in ((endpoints, seen), (evidence, shown), (measurements, figures)):
            assert _sorted(_read(connection, table)) == _sorted(rows)

    database.rehearse(work)


def _read(connection: Connection, table: Table) -> list[Row]:
    return [{**row, "id": None} for row in connection.execute(select(table)).mappings()]


def _sorted(rows: list[Row]) -> list[Any]:
    return sorted((sorted((row | {"id": None}).items()) for row in rows), key=repr)


def test_what_another_stored_since_is_left_alone(postgresql_url: str) -> None:
    """In PostgreSQL; SQLite lets one writer begin."""
    rows: list[Row] = [
        {"digest": bytes([number] * 16), "kind": "", "observed": True, "body": b""} for number in range(3)
    ]
    database = open_database(postgresql_url, create=True)
    first = database.write(lambda connection: insert_missing(connection, evidence, rows[:2]))
    added = database.write(lambda connection: insert_missing(connection, evidence, rows))
    assert added.keys() == {rows[2]["digest"]}
    with database.read() as connection:
        assert ids_of(connection, evidence, [row["digest"] for row in rows]) == first | added
    database.close()


def test_text_that_a_database_does_not_take_is_one_line(postgresql_url: str) -> None:
    row = {"digest": b"1" * 16, "kind": "with \0", "observed": True, "body": b""}
    database = open_database(postgresql_url, create=True)
    with pytest.raises(StoreError, match=r"^history postgresql[^\n]+$"):
        database.write(lambda connection: insert_all(connection, evidence, [row]))
    with pytest.raises(StoreError, match=r"^history postgresql[^\n]+$"):
        database.write(lambda connection: insert_missing(connection, evidence, [row]))
    database.close()
