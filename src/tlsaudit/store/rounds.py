"""How all endpoints answered one audit, in columns: reports of weeks of audits count them anew, and rows of looks take
many times as long. What was finished is kept so for as long as its looks are; the rest is made of them.
"""

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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


Period = tuple[date, str]
"""When it begins, and the vantage."""


@dataclass(slots=True)
class Rounds:
    """The audits of a period as all endpoints answered them; what one of these did stands together in each column."""

    began: list[datetime]
    columns: list[bytes]

    def of(self, service: str, site: str, period: Period, first: int, last: int) -> PlacePeriod | None:
        """Of a place with the endpoints from the first up to the last; None where no audit looked at any."""
        began, audits = self.began, len(self.began)
        answered, *times = (column[first * audits : last * audits] for column in self.columns)
        endpoints, missed = last - first, answered.count(_NONE)
        if missed == len(answered):
            return None
        if missed:
            began = [at for number, at in enumerate(began) if answered[number::audits].count(_NONE) < endpoints]
            each = (answered[start : start + audits] for start in range(0, len(answered), audits))
            endpoints = sum(looks.count(_NONE) < audits for looks in each)
        begins, vantage = period
        return PlacePeriod(
            vantage=vantage,
            service=service or None,
            site=site or None,
            begins=begins,
            light=False,
            endpoints=endpoints,
            looks=len(answered) - missed,
            answered=answered.count(True),
            latencies=_buckets(times[0]),
            span=began[-1] - began[0],
            intervals=len(began) - 1,
            connects=_buckets(times[1]),
            handshakes=_buckets(times[2]),
        )


def read_rounds(
    connection: Connection, subjects: Sequence[int], audits: Mapping[int, tuple[datetime, Period]]
) -> dict[Period, Rounds]:
    """How these endpoints answered audits, of which is told when each began and in which period that was."""
    periods: dict[Period, list[tuple[datetime, list[bytes]]]] = {}
    where: dict[bytes, Sequence[int]] = {}
    for audit, (began, period) in sorted(audits.items(), key=itemgetter(1)):
        seen = _kept(connection, audit) or _round_of(connection, audit)
        if seen["subjects"] not in where:  # most audits see the same endpoints
            at = {subject: row for row, subject in enumerate(unpack_ids(seen["subjects"]))}
            where[seen["subjects"]] = array("i", (at.get(subject, -1) for subject in subjects))
        # What is nowhere is the last.
        columns = (seen[name] + bytes((_NONE,)) for name in _COLUMNS)
        in_place = where[seen["subjects"]]
        looks = [bytes(map(column.__getitem__, in_place)) for column in columns]
        periods.setdefault(period, []).append((began, looks))
    return {period: _together(some) for period, some in periods.items()}


def _together(audits: Sequence[tuple[datetime, Sequence[bytes]]]) -> Rounds:
    began, looks = zip(*audits, strict=True)
    return Rounds(list(began), [_side_by_side(columns) for columns in zip(*looks, strict=True)])


def _side_by_side(columns: Sequence[bytes]) -> bytes:
    """The first of each, then the second of each."""
    mixed = bytearray(len(columns) * len(columns[0]))
    for number, column in enumerate(columns):
        mixed[number :: len(columns)] = column
    return bytes(mixed)


def _kept(connection: Connection, audit: int) -> dict[str, Any] | None:
    kept = connection.execute(select(schema.rounds).where(schema.rounds.c.audit_id == audit)).mappings().one_or_none()
    return dict(kept) if kept else None


def _buckets(times: bytes) -> tuple[int, ...]:
    return tuple(map(times.count, range(len(BUCKETS))))
