"""Figures that are recorded instead of being measured by an audit, as rows and back."""

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, select

from tlsaudit.goal import RecordedMeasurement
from tlsaudit.store.bulk import Row, insert_all
from tlsaudit.store.codec import canonical
from tlsaudit.store.schema import measurements

_KEY = ("name", "fact", "first_day", "last_day")


def write_measurements(connection: Connection, items: Sequence[RecordedMeasurement]) -> None:
    """Each in the place of the one that is of the same days."""
    rows = {(item.name, item.fact, item.first_day, item.last_day): _row(item) for item in items}
    for key in rows:
        same = (measurements.c[name] == value for name, value in zip(_KEY, key, strict=True))
        connection.execute(delete(measurements).where(*same))
    insert_all(connection, measurements, list(rows.values()))


def _row(item: RecordedMeasurement) -> Row:
    # A file's name may be no text at all, which no database takes.
    source = item.source.encode("utf-8", "backslashreplace").decode("utf-8")
    return {each.name: getattr(item, each.name) for each in fields(item)} | {
        "source": source,
        "body": canonical(item.body),
    }


def read_measurements(connection: Connection, name: str, fact: str, until: date) -> list[RecordedMeasurement]:
    columns = measurements.c
    statement = (
        select(measurements)
        .where(columns.name == name, columns.fact == fact, columns.last_day <= until)
        .order_by(columns.last_day, columns.measured_at, columns.id)
    )
    return [_measurement(**row) for row in connection.execute(statement).mappings()]


def _measurement(*, id: int, body: str, **columns: Any) -> RecordedMeasurement:  # noqa: A002, ARG001 the column's name
    return RecordedMeasurement(**columns, body=json.loads(body))
