"""How the endpoints of each service answered at each site, week by week: by the light looks of `watch`, and by audits,
each of which is one look."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, Subquery, and_, case, distinct, func, select

from tlsaudit.store import schema
from tlsaudit.store.records import PlaceWeek
from tlsaudit.store.schema import BUCKETS, BUCKETS_MS
from tlsaudit.store.spans import found_in

_WEEK = timedelta(days=7)
_WEEK_H = 7 * 24
_MONDAY_H = 4 * 24
"""1970-01-01 was a Thursday: hours from it to the first Monday."""


def read_reachability(connection: Connection, audit: int, until: datetime, weeks: int) -> list[PlaceWeek]:
    """Of the endpoints that an audit knows, in so many weeks of the calendar up to that of `until`. Audits count where
    they were made from the same vantage."""
    newest = datetime.combine(until.date() - timedelta(days=until.weekday()), time.min, UTC)
    mondays = [newest - _WEEK * back for back in reversed(range(weeks))]
    vantage = connection.scalar(select(schema.audits.c.vantage).where(schema.audits.c.id == audit))
    places = _places(connection, audit)
    found = [*_light(connection, places, mondays[0], until), *_rolled_up(connection, places, mondays[0], vantage)]
    for monday in mondays:
        found += _audited(connection, places, monday, min(monday + _WEEK, until), vantage)
    return found


def _places(connection: Connection, audit: int) -> Subquery:
    """The endpoints of an audit with their services and sites."""
    found, endpoints = found_in(connection, audit), schema.endpoints.c
    return (
        select(schema.states.c.subject_id, endpoints.endpoint, endpoints.service, endpoints.site)
        .select_from(found)
        .join(schema.states, schema.states.c.id == found.c.state_id)
        .join(schema.endpoints)
        .subquery("places")
    )


def _light(connection: Connection, places: Subquery, since: datetime, until: datetime) -> Iterator[PlaceWeek]:
    seen, place = schema.availability.c, places.c
    # What is not asked for a page answers with its handshake; so does a host that lets nobody in without a certificate.
    answered = case((seen.asked == 0, seen.tls), else_=seen.http + seen.looks - seen.asked)
    week = (seen.hour - (seen.hour - _MONDAY_H) % _WEEK_H).label("week")
    figures = {"looks": seen.looks, "answered": answered, "hours": seen.hours, **{name: seen[name] for name in BUCKETS}}
    # Added up by endpoint before the places are joined: there may be a row for each endpoint and hour of a week.
    sums = (
        select(seen.endpoint_id, week, *(func.sum(column).label(name) for name, column in figures.items()))
        .where(seen.hour >= _hour(since), seen.hour < _hour(until))
        .group_by(seen.endpoint_id, week)
        .subquery("sums")
    )
    statement = (
        select(place.service, place.site, sums.c.week, func.count(), *(func.sum(sums.c[name]) for name in figures))
        .select_from(sums)
        .join(schema.watched, schema.watched.c.id == sums.c.endpoint_id)
        .join(places, place.endpoint == schema.watched.c.endpoint)
        .group_by(place.service, place.site, sums.c.week)
    )
    for service, site, hour, endpoints, *added in connection.execute(statement):
        looks, answers, hours, *latencies = map(int, added)  # PostgreSQL's sum of a sum is a Decimal
        monday = datetime.fromtimestamp(hour * 3600, UTC).date()
        span = timedelta(hours=hours)
        yield PlaceWeek(service, site, monday, True, endpoints, looks, answers, tuple(latencies), span, looks)


def _hour(moment: datetime) -> int:
    return int(moment.timestamp()) // 3600


def _audited(
    connection: Connection, places: Subquery, since: datetime, until: datetime, vantage: str | None
) -> Iterator[PlaceWeek]:
    looks, audits, place = schema.looks.c, schema.audits.c, places.c
    reachable = case((schema.endpoints.c.seen.contains(_REACHABLE), 1), else_=0)
    statement = (
        select(
            place.service,
            place.site,
            func.count(distinct(place.subject_id)),
            func.count(),
            func.sum(reachable),
            func.min(audits.started_at),
            func.max(audits.started_at),
            func.count(distinct(audits.id)),
            *map(func.sum, _buckets(looks.first_byte_us)),
        )
        .select_from(schema.looks)
        .join(schema.audits)
        .join(schema.states)
        .join(schema.endpoints)
        .join(places, place.subject_id == schema.states.c.subject_id)
        .where(audits.started_at >= since, audits.started_at < until, audits.vantage == vantage)
        .group_by(place.service, place.site)
    )
    for service, site, endpoints, count, answers, first, last, rounds, *latencies in connection.execute(statement):
        yield PlaceWeek(
            service, site, since.date(), False, endpoints, count, answers, tuple(latencies), last - first, rounds - 1
        )


_REACHABLE = '"reachable":true'
"""As `canonical` writes it. No text within can look so: its quotation marks have a backslash before them."""


def _buckets(microseconds: ColumnElement[int]) -> Iterator[ColumnElement[int]]:
    """1 for the bucket that a time is in, 0 for the others."""
    bounds = [0, *(bound * 1000 for bound in BUCKETS_MS)]
    for low, high in pairwise(bounds):
        yield case((and_(microseconds > low, microseconds <= high), 1), else_=0)
    yield case((microseconds > bounds[-1], 1), else_=0)


def _rolled_up(connection: Connection, places: Subquery, since: datetime, vantage: str | None) -> Iterator[PlaceWeek]:
    """Of old weeks the times of the looks are not kept, and of each endpoint no more than three latencies."""
    weeks, place = schema.weeks.c, places.c
    statement = (
        select(
            place.service,
            place.site,
            weeks.monday,
            func.count(distinct(place.subject_id)),
            func.sum(weeks.looks),
            func.sum(weeks.reachable),
        )
        .select_from(schema.weeks)
        .join(schema.tracks)
        .join(places, place.subject_id == weeks.subject_id)
        .where(weeks.monday >= since.date(), schema.tracks.c.vantage == vantage)
        .group_by(place.service, place.site, weeks.monday)
    )
    for service, site, monday, endpoints, looks, answers in connection.execute(statement):
        yield PlaceWeek(service, site, monday, False, endpoints, looks, answers, (0,) * len(BUCKETS), None, 0)
