"""How endpoints answered the light looks, hour by hour, as rows and back. What is old is merged into days."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, insert, literal, select

from tlsaudit.store.recording import Row, insert_all
from tlsaudit.store.records import Availability
from tlsaudit.store.schema import BUCKETS, availability, watched

_KEY = ("endpoint_id", "hour", "hours")
_FIGURES = ("looks", "tls", "asked", "http", "latency_ms", *BUCKETS)
_PARAMETERS = 500
_HOUR_S = 3600


def add_availability(connection: Connection, items: Sequence[Availability]) -> None:
    """Add the figures to those that are there of the same endpoint and hour."""
    ids = _ids(connection, sorted({item.endpoint for item in items}))
    rows = [_row(item, ids[item.endpoint]) for item in items]
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert  # type: ignore[assignment]
    statement = upsert(availability)
    added = {name: availability.c[name] + statement.excluded[name] for name in _FIGURES}
    if rows:
        connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=added), rows)


def _ids(connection: Connection, endpoints: Sequence[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for start in range(0, len(endpoints), _PARAMETERS):
        part = endpoints[start : start + _PARAMETERS]
        known = _known(connection, part)
        if missing := [{"endpoint": name} for name in part if name not in known]:
            insert_all(connection, watched, missing)
            known = _known(connection, part)
        ids |= known
    return ids


def _known(connection: Connection, endpoints: Sequence[str]) -> dict[str, int]:
    found = connection.execute(select(watched.c.endpoint, watched.c.id).where(watched.c.endpoint.in_(endpoints)))
    return {row.endpoint: row.id for row in found}


def _row(item: Availability, endpoint: int) -> Row:
    return {
        "endpoint_id": endpoint,
        "hour": int(item.begins_at.timestamp()) // _HOUR_S,
        "hours": item.span // timedelta(hours=1),
        "looks": item.looks,
        "tls": item.tls,
        "asked": item.asked,
        "http": item.http,
        "latency_ms": item.latency_ms,
        **dict(zip(BUCKETS, item.latencies, strict=True)),
    }


def read_availability(
    connection: Connection, since: datetime, until: datetime, endpoint: str | None = None
) -> Iterator[Availability]:
    """By endpoint and time: the spans that begin at `since` or later and before `until`."""
    chosen = [
        availability.c.hour >= int(since.timestamp()) / _HOUR_S,
        availability.c.hour < int(until.timestamp()) / _HOUR_S,
        *([watched.c.endpoint == endpoint] if endpoint else []),
    ]
    statement = (
        select(watched.c.endpoint, availability)
        .join(watched)
        .where(*chosen)
        .order_by(watched.c.endpoint, availability.c.hour, availability.c.hours)
    )
    for row in connection.execute(statement).mappings():
        yield Availability(
            endpoint=row["endpoint"],
            begins_at=datetime.fromtimestamp(row["hour"] * _HOUR_S, UTC),
            span=timedelta(hours=row["hours"]),
            looks=row["looks"],
            tls=row["tls"],
            asked=row["asked"],
            http=row["http"],
            latency_ms=row["latency_ms"],
            latencies=tuple(row[name] for name in BUCKETS),
        )


def merge_into_days(connection: Connection, before: datetime) -> None:
    """Make one row a day, UTC, of the hours of each day that is over by then."""
    old: list[ColumnElement[bool]] = [
        availability.c.hours == 1,
        availability.c.hour < int(before.timestamp()) // _HOUR_S // 24 * 24,
    ]
    # Not `//`, which is another function in each database; both cut an integer's quotient.
    day = (availability.c.hour - availability.c.hour % 24).label("hour")
    sums = [func.sum(availability.c[name]).label(name) for name in _FIGURES]
    days = select(availability.c.endpoint_id, day, literal(24).label("hours"), *sums).where(*old)
    connection.execute(
        insert(availability).from_select([*_KEY, *_FIGURES], days.group_by(availability.c.endpoint_id, day))
    )
    connection.execute(delete(availability).where(*old))
