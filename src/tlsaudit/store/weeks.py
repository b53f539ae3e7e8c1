"""Old looks are rolled up: of each endpoint and week there remain how often it was looked at and reached, and the
least, the median and the most of its latencies.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from statistics import median_low
from typing import Any

from sqlalchemy import Connection, exists, select

from tlsaudit.store import schema
from tlsaudit.store.bulk import Row, insert_all
from tlsaudit.store.outages import blind_audits
from tlsaudit.store.past import MOST, spread
from tlsaudit.store.rounds import forget_looks

KEPT = timedelta(days=14)
"""How far the looks of daily audits reach back at least: two weeks side by side, and more than a check is told of the
past. What is seldom audited is kept for as long as a check is told of it.
"""

_WEEK = timedelta(days=7)


def roll_up(connection: Connection) -> None:
    """Roll up the looks of the oldest week, by ISO 8601, if all of it is old enough: one week for each finished audit
    is more than there is to do, and never long. Looks of a week that was rolled up before are dropped.
    """
    horizon = _horizon(connection)
    audits = schema.audits.c
    kept = exists().where(schema.looks.c.audit_id == audits.id)
    oldest: datetime | None = connection.scalar(
        select(audits.started_at).where(kept).order_by(audits.started_at).limit(1)
    )
    if horizon is None or oldest is None:
        return
    monday = oldest.date() - timedelta(days=oldest.weekday())
    end = datetime.combine(monday, time.min, UTC) + _WEEK
    if end > horizon:
        return
    of_the_week = list(connection.scalars(select(audits.id).where(kept, audits.started_at < end)))
    known = set(connection.scalars(select(schema.weeks.c.track_id).where(schema.weeks.c.monday == monday).distinct()))
    telling = [audit for audit in of_the_week if audit not in blind_audits(connection)]
    rows = [row for row in _weeks(connection, telling, monday) if row["track_id"] not in known]
    insert_all(connection, schema.weeks, rows)
    forget_looks(connection, of_the_week)


def _horizon(connection: Connection) -> datetime | None:
    """What began before that is old; None where there is too little to tell."""
    audits = schema.audits.c
    finished = (
        select(audits.id, audits.started_at)
        .where(audits.finished_at.is_not(None))
        .order_by(audits.started_at.desc(), audits.id.desc())
    )
    starts = {row.id: row.started_at for row in connection.execute(finished)}
    told = list(spread(starts.items()))
    if len(told) < MOST:
        return None
    horizon: datetime = min(starts[told[0]] - KEPT, starts[told[-1]])
    return horizon


def _weeks(connection: Connection, audits: Sequence[int], monday: date) -> Iterator[Row]:
    looks, states = schema.looks.c, schema.states.c
    statement = (
        select(
            schema.audits.c.track_id,
            states.subject_id,
            looks.connect_us,
            looks.first_byte_us,
            schema.endpoints.c.seen,
        )
        .select_from(schema.looks)
        .join(schema.audits)
        .join(schema.states)
        .join(schema.endpoints)
        .where(looks.audit_id.in_(audits))
        .order_by(schema.audits.c.track_id, states.subject_id)
    )
    rows = connection.execute(statement)
    for (track, subject), group in groupby(rows, key=lambda row: (row.track_id, row.subject_id)):
        seen = list(group)
        yield {
            "track_id": track,
            "monday": monday,
            "subject_id": subject,
            "looks": len(seen),
            "reachable": sum(json.loads(row.seen)["reachable"] for row in seen),
            **_spread("connect_us", (row.connect_us for row in seen)),
            **_spread("first_byte_us", (row.first_byte_us for row in seen)),
        }


def _spread(name: str, times: Iterable[int | None]) -> dict[str, Any]:
    known = [each for each in times if each is not None]
    figures = (min(known), median_low(known), max(known)) if known else (None, None, None)
    return dict(zip((f"{name}_least", f"{name}_median", f"{name}_most"), figures, strict=True))
