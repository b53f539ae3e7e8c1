"""How all endpoints answered one audit, in columns: reports of weeks of audits count them anew, and rows of looks take
many times as long. What was finished is kept so for as long as its looks are; the rest is made of them.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from tlsaudit.store import schema
from tlsaudit.store.codec import pack_ids, unpack_ids
from tlsaudit.store.reading import SILENT
from tlsaudit.store.records import PlacePeriod
from tlsaudit.store.schema import BUCKETS, BUCKETS_MS

_BOUNDS_US = [bound * 1000 for bound in BUCKETS_MS]

_NONE = 0xFF
"""In a column: no look, or no such time."""

_COLUMNS = ("answered", "first_bytes", "connects", "handshakes")


def keep_round(connection: Connection, audit: int) -> None:
    """Of an audit that is finished."""
    connection.execute(schema.rounds.insert().values(audit_id=audit, **_round_of(connection, audit)))


def forget_looks(connection: Connection, audits: Sequence[int] | Select[tuple[int]]) -> None:
    """Those of these audits, and the rounds that were made of them."""
    for table in (schema.looks, schema.rounds):
        connection.execute(delete(table).where(table.c.audit_id.in_(audits)))


def _round_of(connection: Connection, audit: int) -> dict[str, bytes]:
    """The columns of a round, made of the looks."""
    looks, states = schema.looks.c, schema.states.c
    seen = (
        select(states.subject_id, SILENT, looks.first_byte_us, looks.connect_us, looks.handshake_us)
        .select_from(schema.looks)
        .join(schema.states)
        .join(schema.endpoints)
        .where(looks.audit_id == audit)
        .order_by(states.subject_id)
    )
    subjects = array("I")
    columns = [bytearray() for _ in _COLUMNS]
    for subject, silent, *times in connection.execute(seen):
        subjects.append(subject)
        columns[0].append(not silent)
        for column, time_us in zip(columns[1:], times, strict=True):
            column.append(bisect_left(_BOUNDS_US, time_us) if time_us else _NONE)
    return {"subjects": pack_ids(subjects), **dict(zip(_COLUMNS, map(bytes, columns), strict=True))}


@dataclass(frozen=True, slots=True)
class _Round:
    """One audit as the endpoints answered it that are asked for, each at its place among them."""

    began: datetime
    columns: Sequence[bytes]


Period = tuple[date, str]
"""When it begins, and the vantage."""


def count_rounds(
    connection: Connection,
    endpoints: Iterable[tuple[str, str, int]],
    audits: Mapping[int, tuple[datetime, Period]],
) -> Iterator[PlacePeriod]:
    """How endpoints answered audits in each place and period. Of the endpoints is told the service, the site and the
    subject, in this order; of the audits when each began and in which period that was."""
    subjects = array("I")
    places: list[tuple[tuple[str, str], int]] = []
    for place, of_place in groupby(endpoints, key=itemgetter(0, 1)):
        subjects.extend(subject for _, _, subject in of_place)
        places.append((place, len(subjects)))
    periods: dict[Period, list[_Round]] = {}
    for period, this in _rounds(connection, subjects, audits):
        periods.setdefault(period, []).append(this)
    in_order = sorted(periods.items())
    first = 0
    for place, last in places:
        for period, rounds in in_order:
            if found := _period(place, period, rounds, first, last):
                yield found
        first = last


def _rounds(
    connection: Connection, subjects: Sequence[int], audits: Mapping[int, tuple[datetime, Period]]
) -> Iterator[tuple[Period, _Round]]:
    """By when they began."""
    where: dict[bytes, Sequence[int]] = {}
    for audit, (began, period) in sorted(audits.items(), key=itemgetter(1)):
        seen = _kept(connection, audit) or _round_of(connection, audit)
        if seen["subjects"] not in where:  # most audits see the same endpoints
            at = {subject: row for row, subject in enumerate(unpack_ids(seen["subjects"]))}
            where[seen["subjects"]] = array("i", (at.get(subject, -1) for subject in subjects))
        # What is nowhere is the last.
        columns = (seen[name] + bytes((_NONE,)) for name in _COLUMNS)
        in_place = where[seen["subjects"]]
        yield period, _Round(began, [bytes(map(column.__getitem__, in_place)) for column in columns])


def _kept(connection: Connection, audit: int) -> dict[str, Any] | None:
    kept = connection.execute(select(schema.rounds).where(schema.rounds.c.audit_id == audit)).mappings().one_or_none()
    return dict(kept) if kept else None


def _period(
    place: tuple[str, str], period: Period, rounds: Sequence[_Round], first: int, last: int
) -> PlacePeriod | None:
    """Of the endpoints from the first up to the last; None where no audit looked at any."""
    looked = [(each.began, [column[first:last] for column in each.columns]) for each in rounds]
    if any(_NONE in columns[0] for _, columns in looked):
        looked = [(began, columns) for began, columns in looked if columns[0].count(_NONE) < last - first]
    if not looked:
        return None
    answered, *times = (b"".join(columns) for columns in zip(*(columns for _, columns in looked), strict=True))
    began = [each for each, _ in looked]
    begins, vantage = period
    service, site = place
    return PlacePeriod(
        vantage=vantage,
        service=service or None,
        site=site or None,
        begins=begins,
        light=False,
        endpoints=_endpoints([columns[0] for _, columns in looked]),
        looks=len(answered) - answered.count(_NONE),
        answered=answered.count(True),
        latencies=_buckets(times[0]),
        span=began[-1] - began[0],
        intervals=len(began) - 1,
        connects=_buckets(times[1]),
        handshakes=_buckets(times[2]),
    )


def _endpoints(answered: Sequence[bytes]) -> int:
    """How many of them were looked at by any audit."""
    return sum(any(each != _NONE for each in of_endpoint) for of_endpoint in zip(*answered, strict=True))


def _buckets(times: bytes) -> tuple[int, ...]:
    return tuple(map(times.count, range(len(BUCKETS))))
