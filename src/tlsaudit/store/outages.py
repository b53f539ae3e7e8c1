"""When endpoints did not answer: by light looks, as `watch` wrote it down, and by audits, as their spans tell."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, case, or_, select

from tlsaudit.store import schema
from tlsaudit.store.bulk import PARAMETERS, in_parts
from tlsaudit.store.reading import SILENT
from tlsaudit.store.records import Outage
from tlsaudit.store.schema import outages
from tlsaudit.store.spans import found_in
from tlsaudit.store.upsert import upsert

_KEY = ("vantage", "endpoint", "began")
_OTHERS = ("after", "seen", "ended", "reason", "looks")

MANY = 3
"""Endpoints that fail at once, from which on the vantage is to blame and not they."""


def write_outages(connection: Connection, items: Sequence[Outage]) -> None:
    """Each in the place of what was known of it before."""
    statement = upsert(connection, outages)
    rows = [{name: getattr(item, name) for name in (*_KEY, *_OTHERS)} for item in items]
    if rows:
        latest = {name: statement.excluded[name] for name in _OTHERS}
        connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=latest), rows)


def read_open(connection: Connection, vantage: str) -> list[Outage]:
    """Those that light looks from a vantage have not seen the end of."""
    statement = select(outages).where(outages.c.vantage == vantage, outages.c.ended.is_(None))
    return [Outage(**row) for row in connection.execute(statement).mappings()]


def read_outages(connection: Connection, since: datetime, until: datetime) -> list[Outage]:
    """Those that began before `until` and were not over at `since`, by when they began. What light looks from a
    vantage watch is told by them alone.
    """
    at = outages.c
    recorded = select(outages).where(at.began < until, or_(at.ended.is_(None), at.ended >= since))
    found = [Outage(**row) for row in connection.execute(recorded).mappings()]
    watched = {
        (row.vantage, row.endpoint)
        for row in connection.execute(select(schema.watches.c.vantage, schema.watches.c.endpoint))
    }
    found += (
        each
        for each in _of_audits(connection, since, until)
        if (each.vantage, each.endpoint) not in watched
        and each.began < until
        and (each.ended is None or each.ended >= since)
    )
    return sorted(found, key=lambda each: (each.began, each.vantage, each.endpoint))


def read_places(
    connection: Connection, audit: int, endpoints: Collection[str]
) -> dict[str, tuple[str | None, str | None]]:
    """The services and sites of those of these endpoints that an audit knows."""
    found, columns = found_in(connection, audit), schema.endpoints.c
    statement = (
        select(columns.endpoint, columns.service, columns.site)
        .select_from(found)
        .join(schema.states, schema.states.c.id == found.c.state_id)
        .join(schema.endpoints)
    )
    if len(endpoints) <= PARAMETERS:
        statement = statement.where(columns.endpoint.in_(endpoints))
    return {name: (service, site) for name, service, site in connection.execute(statement) if name in endpoints}


def blind_audits(connection: Connection) -> set[int]:
    """Those that saw none of many endpoints."""
    audits = schema.audits.c
    rows = connection.execute(select(audits.id, audits.summary).where(audits.summary.contains('"reachable":0')))
    found = {row.id: json.loads(row.summary) for row in rows}
    return {number for number, summary in found.items() if not summary["reachable"] and summary["endpoints"] >= MANY}


def _of_audits(connection: Connection, since: datetime, until: datetime) -> Iterator[Outage]:
    """Those that may have lasted between these moments, each whole."""
    audits, blind = schema.audits.c, blind_audits(connection)
    statement = (
        select(audits.id, audits.track_id, audits.ordinal, audits.started_at, audits.vantage)
        .where(audits.ordinal.is_not(None))
        .order_by(audits.track_id, audits.ordinal)
    )
    for track, rows in groupby(connection.execute(statement), key=lambda row: row.track_id):
        runs = list(rows)
        vantage = runs[0].vantage
        nowhere = {row.ordinal: "nothing answered" for row in runs if row.id in blind}
        starts = {row.ordinal: row.started_at for row in runs}
        yield from _stretches(vantage, "", starts, nowhere)
        seeing = {ordinal: at for ordinal, at in starts.items() if ordinal not in nowhere}
        # How it stood at `since` was last seen by the audit before.
        first = max((ordinal for ordinal, at in seeing.items() if at < since), default=0)
        last = max((ordinal for ordinal, at in seeing.items() if at < until), default=0)
        order = list(seeing)
        for endpoint, down, known in _down(connection, track, first, last):
            near = _near(order, down, known, first, last)
            yield from _stretches(vantage, endpoint, {ordinal: seeing[ordinal] for ordinal in near}, down)


def _near(order: Sequence[int], down: Container[int], known: Container[int], first: int, last: int) -> list[int]:
    """Those known between two ordinals, and beyond them for as long as it is down, with one more at either side."""
    begin, end = bisect_left(order, first), bisect_right(order, last)

    def beyond(ordinals: Iterable[int]) -> Iterator[int]:
        for ordinal in ordinals:
            if ordinal in known:
                yield ordinal
                if ordinal not in down:
                    return

    earlier = [*beyond(reversed(order[:begin]))]
    within = [ordinal for ordinal in order[begin:end] if ordinal in known]
    return [*reversed(earlier), *within, *beyond(order[end:])]


def _down(connection: Connection, track: int, first: int, last: int) -> Iterator[tuple[str, dict[int, str], set[int]]]:
    """Of each endpoint that was silent at some time between two ordinals: the ordinals of all audits that it did not
    answer, with the reason, and of all that looked at it.
    """
    spans, endpoints, states = schema.spans.c, schema.endpoints.c, schema.states.c
    silent = case((SILENT, endpoints.seen))
    seen = (
        select(states.subject_id, endpoints.endpoint, silent, spans.first, spans.last)
        .select_from(schema.spans)
        .join(schema.states)
        .join(schema.endpoints)
    )
    here = seen.with_only_columns(states.subject_id).where(spans.track_id == track)
    subjects = sorted({*connection.scalars(here.where(spans.last >= first, spans.first <= last, SILENT))})
    for some in in_parts(subjects):
        # By the bare track SQLite would find all spans that there are, and not those of the subjects.
        of_some = seen.where(spans.track_id + 0 == track, states.subject_id.in_(some))
        yield from _of_some(connection.execute(of_some.order_by(states.subject_id, spans.first)))


def _of_some(rows: Iterable[Any]) -> Iterator[tuple[str, dict[int, str], set[int]]]:
    """By subject."""
    for (_, endpoint), group in groupby(rows, key=itemgetter(0, 1)):
        down: dict[int, str] = {}
        known: set[int] = set()
        for _, _, silent, first, last in group:
            span = range(first, last + 1)
            known.update(span)
            if silent is not None:
                down |= dict.fromkeys(span, str(json.loads(silent)["reason"]))
        yield endpoint, down, known


def _stretches(vantage: str, endpoint: str, starts: dict[int, datetime], down: dict[int, str]) -> Iterator[Outage]:
    """`starts` are of the audits that tell, by their ordinals, in order."""
    after = None
    for silent, group in groupby(starts.items(), key=lambda item: item[0] in down):
        looks = list(group)
        if silent:
            following = (at for ordinal, at in starts.items() if ordinal > looks[-1][0])
            yield Outage(
                vantage,
                endpoint,
                after,
                looks[0][1],
                looks[-1][1],
                next(following, None),
                down[looks[0][0]],
                len(looks),
            )
        after = looks[-1][1]
