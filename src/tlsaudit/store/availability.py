"""How endpoints answered the light looks, hour by hour, as rows and back. What is old is merged into days."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, literal, select

from tlsaudit.store.bulk import Row, in_parts, insert_all
from tlsaudit.store.reading import by_letters
from tlsaudit.store.records import Availability
from tlsaudit.store.schema import BUCKETS, CONNECTS, HANDSHAKES, answers, failures, watches
from tlsaudit.store.upsert import upsert

_HOUR = ("watch_id", "hour", "hours")
_FIGURES = ("looks", "tls", "asked", "http", "latency_ms", "blind", *BUCKETS, *CONNECTS, *HANDSHAKES)
_SUMMED: tuple[tuple[Table, tuple[str, ...], tuple[str, ...]], ...] = (
    (answers, _HOUR, _FIGURES),
    (failures, (*_HOUR, "reason"), ("looks",)),
)
"""The tables, what each row is of, and what is added up."""

_HOUR_S = 3600


def add_availability(connection: Connection, items: Sequence[Availability]) -> None:
    """Add the figures to those that are there of the same endpoint, vantage and hour."""
    ids = {
        (vantage, endpoint): number
        for vantage in sorted({item.vantage for item in items})
        for endpoint, number in _ids(
            connection, vantage, sorted({item.endpoint for item in items if item.vantage == vantage})
        ).items()
    }
    hours = [(item, _hour(item, ids[item.vantage, item.endpoint])) for item in items]
    rows = {
        answers.name: [hour | _figures(item) for item, hour in hours],
        failures.name: [
            hour | {"reason": reason, "looks": looks}
            for item, hour in hours
            for reason, looks in sorted(item.failures.items())
        ],
    }
    for table, key, figures in _SUMMED:
        statement = upsert(connection, table)
        added = {name: table.c[name] + statement.excluded[name] for name in figures}
        if rows[table.name]:
            connection.execute(statement.on_conflict_do_update(index_elements=key, set_=added), rows[table.name])


def _ids(connection: Connection, vantage: str, endpoints: Sequence[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for part in in_parts(endpoints):
        known = _known(connection, vantage, part)
        if missing := [{"vantage": vantage, "endpoint": name} for name in part if name not in known]:
            insert_all(connection, watches, missing)
            known = _known(connection, vantage, part)
        ids |= known
    return ids


def _known(connection: Connection, vantage: str, endpoints: Sequence[str]) -> dict[str, int]:
    wanted = (watches.c.vantage == vantage, watches.c.endpoint.in_(endpoints))
    found = connection.execute(select(watches.c.endpoint, watches.c.id).where(*wanted))
    return {row.endpoint: row.id for row in found}


def _hour(item: Availability, watch: int) -> Row:
    return {
        "watch_id": watch,
        "hour": int(item.begins_at.timestamp()) // _HOUR_S,
        "hours": item.span // timedelta(hours=1),
    }


def _figures(item: Availability) -> Row:
    return {
        "looks": item.looks,
        "tls": item.tls,
        "asked": item.asked,
        "http": item.http,
        "latency_ms": item.latency_ms,
        "blind": item.blind,
        **dict(zip(BUCKETS, item.latencies, strict=True)),
        **dict(zip(CONNECTS, item.connects, strict=True)),
        **dict(zip(HANDSHAKES, item.handshakes, strict=True)),
    }


def read_availability(
    connection: Connection, since: datetime, until: datetime, endpoint: str | None = None
) -> Iterator[Availability]:
    """By vantage, endpoint and time: the spans that begin at `since` or later and before `until`."""
    first, end = int(since.timestamp()) / _HOUR_S, int(until.timestamp()) / _HOUR_S
    of_one = [watches.c.endpoint == endpoint] if endpoint else []
    reasons: dict[tuple[int, int, int], dict[str, int]] = {}
    why = select(failures).join(watches).where(failures.c.hour >= first, failures.c.hour < end, *of_one)
    for watch, hour, hours, reason, looks in connection.execute(why):
        reasons.setdefault((watch, hour, hours), {})[reason] = looks
    statement = (
        select(watches.c.vantage, watches.c.endpoint, answers)
        .join(watches)
        .where(answers.c.hour >= first, answers.c.hour < end, *of_one)
        .order_by(*by_letters(connection, watches.c.vantage, watches.c.endpoint), answers.c.hour, answers.c.hours)
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
            connects=tuple(row[name] for name in CONNECTS),
            handshakes=tuple(row[name] for name in HANDSHAKES),
            failures=reasons.get((row["watch_id"], row["hour"], row["hours"]), {}),
            blind=row["blind"],
            vantage=row["vantage"],
        )


def merge_into_days(connection: Connection, before: datetime, vantage: str) -> None:
    """Make one row a day, UTC, of the hours of each day that is over by then, of what was seen from a vantage."""
    from_there = select(watches.c.id).where(watches.c.vantage == vantage)
    for table, key, figures in _SUMMED:
        old: list[ColumnElement[bool]] = [
            table.c.hours == 1,
            table.c.hour < int(before.timestamp()) // _HOUR_S // 24 * 24,
            table.c.watch_id.in_(from_there),
        ]
        # Not `//`, which is another function in each database; both cut an integer's quotient.
        day = table.c.hour - table.c.hour % 24
        of_whom = {"hour": day, "hours": literal(24)}
        kept = [of_whom.get(name, table.c[name]) for name in key]
        days = select(*kept, *(func.sum(table.c[name]) for name in figures)).where(*old)
        apart = [kept[position] for position, name in enumerate(key) if name != "hours"]
        connection.execute(insert(table).from_select([*key, *figures], days.group_by(*apart)))
        connection.execute(delete(table).where(*old))
