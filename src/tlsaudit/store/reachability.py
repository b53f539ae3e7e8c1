"""How the endpoints of each service answered at each site and from each vantage, week by week or day by day: by the
light looks of `watch`, and by audits, each of which is one look."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from heapq import merge
from typing import Self

from sqlalchemy import ColumnElement, Connection, Subquery, case, distinct, exists, func, select

from tlsaudit.store import schema
from tlsaudit.store.outages import blind_audits
from tlsaudit.store.reading import by_letters
from tlsaudit.store.records import PlacePeriod
from tlsaudit.store.rounds import count_rounds
from tlsaudit.store.schema import BUCKETS, CONNECTS, HANDSHAKES
from tlsaudit.store.spans import found_in

WEEK = timedelta(days=7)
_MONDAY_H = 4 * 24
"""1970-01-01 was a Thursday: hours from it to the first Monday."""


@dataclass(frozen=True, slots=True)
class Window:
    """The days or the weeks of the calendar, as the `period` is, in which two moments are, and from where was looked;
    None: from anywhere.
    """

    since: datetime
    until: datetime
    period: timedelta
    vantage: str | None = None

    @classmethod
    def of(cls, first: date, last: date, period: timedelta, vantage: str | None = None) -> Self:
        """To the end of the last day, UTC."""
        back = timedelta(days=first.weekday()) if period == WEEK else timedelta()
        return cls(_midnight(first - back), _midnight(last + timedelta(days=1)), period, vantage)

    def begins(self, moment: datetime) -> date:
        """The day or the week in which a moment is."""
        return (self.since + (moment - self.since) // self.period * self.period).date()

    def holds(self, vantage: ColumnElement[str]) -> list[ColumnElement[bool]]:
        return [] if self.vantage is None else [vantage == self.vantage]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def read_reachability(connection: Connection, audit: int, window: Window) -> Iterator[PlacePeriod]:
    """Of the endpoints that an audit knows, by service, site and period; there may be a hundred thousand places."""
    places = _places(connection, audit)
    blind = blind_audits(connection)
    found = [_light(connection, places, window), _audited(connection, places, window, blind)]
    if window.period == WEEK:
        found.insert(1, _rolled_up(connection, places, window))
    return merge(*found, key=lambda each: (each.service or "", each.site or "", each.begins))


def _named(connection: Connection, *names: ColumnElement[str]) -> Iterator[ColumnElement[str]]:
    """To be sorted as Python does; empty where there is no name."""
    return by_letters(connection, *(func.coalesce(name, "") for name in names))


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


def _light(connection: Connection, places: Subquery, window: Window) -> Iterator[PlacePeriod]:
    seen, place, watches = schema.answers.c, places.c, schema.watches.c
    # What is not asked for a page answers with its handshake; so does a host that lets nobody in without a certificate.
    answered = case((seen.asked == 0, seen.tls), else_=seen.http + seen.looks - seen.asked)
    begins = (seen.hour - (seen.hour - _MONDAY_H) % (window.period // timedelta(hours=1))).label("begins")
    figures = {
        "looks": seen.looks,
        "answered": answered,
        "hours": seen.hours,
        "blind": seen.blind,
        **{name: seen[name] for name in (*BUCKETS, *CONNECTS, *HANDSHAKES)},
    }
    # Added up by endpoint before the places are joined: there may be a row for each endpoint and hour of a week.
    sums = (
        select(seen.watch_id, begins, *(func.sum(column).label(name) for name, column in figures.items()))
        .where(seen.hour >= _hour(window.since), seen.hour < _hour(window.until))
        .group_by(seen.watch_id, begins)
        .subquery("sums")
    )
    apart = (*_named(connection, place.service, place.site), sums.c.begins, watches.vantage)
    statement = (
        select(*apart, func.count(), *(func.sum(sums.c[name]) for name in figures))
        .select_from(sums)
        .join(schema.watches, watches.id == sums.c.watch_id)
        .join(places, place.endpoint == watches.endpoint)
        .where(*window.holds(watches.vantage))
        .group_by(*apart)
        .order_by(*apart)
    )
    for service, site, hour, where, endpoints, *added in connection.execute(statement):
        looks, answers, hours, blind, *times = map(int, added)  # PostgreSQL's sum of a sum is a Decimal
        latencies, connects, handshakes = _three(times)
        yield PlacePeriod(
            where,
            service or None,
            site or None,
            datetime.fromtimestamp(hour * 3600, UTC).date(),
            True,
            endpoints,
            looks,
            answers,
            latencies,
            timedelta(hours=hours),
            looks + blind,
            connects,
            handshakes,
            blind,
        )


def _three(counts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    size = len(BUCKETS)
    return (_one(tuple(counts[start : start + size])) for start in range(0, 3 * size, size))


@lru_cache(maxsize=4096)
def _one(counts: tuple[int, ...]) -> tuple[int, ...]:
    """The same for equal ones: small services have few different ones, and there may be many services."""
    return counts


def _hour(moment: datetime) -> int:
    return int(moment.timestamp()) // 3600


def _audited(connection: Connection, places: Subquery, window: Window, blind: Collection[int]) -> Iterator[PlacePeriod]:
    audits = schema.audits.c
    asked = (
        select(audits.id, audits.started_at, audits.vantage)
        .where(audits.started_at >= window.since, audits.started_at < window.until, audits.id.not_in(blind))
        .where(exists().where(schema.looks.c.audit_id == audits.id), *window.holds(audits.vantage))
    )
    begun = {number: (began, (window.begins(began), vantage)) for number, began, vantage in connection.execute(asked)}
    place = places.c
    apart = [*_named(connection, place.service, place.site), place.subject_id]
    return count_rounds(connection, map(tuple, connection.execute(select(*apart).order_by(*apart))), begun)


def _rolled_up(connection: Connection, places: Subquery, window: Window) -> Iterator[PlacePeriod]:
    """Of old weeks the times of the looks are not kept, and of each endpoint no more than three latencies."""
    weeks, place, tracks = schema.weeks.c, places.c, schema.tracks.c
    known = list(connection.scalars(select(tracks.id)))
    mondays = [window.since.date() + timedelta(days) for days in range(0, (window.until - window.since).days, 7)]
    apart = (*_named(connection, place.service, place.site), weeks.monday, tracks.vantage)
    # All of the key is said: in a range of weeks SQLite goes through every row, and anew for each place.
    statement = (
        select(*apart, func.count(distinct(place.subject_id)), func.sum(weeks.looks), func.sum(weeks.reachable))
        .select_from(schema.weeks)
        .join(schema.tracks)
        .join(places, place.subject_id == weeks.subject_id)
        .where(weeks.track_id.in_(known), weeks.monday.in_(mondays))
        .where(*window.holds(tracks.vantage))
        .group_by(*apart)
        .order_by(*apart)
    )
    for service, site, monday, where, *counted in connection.execute(statement):
        endpoints, looks, answers = counted
        at = where, service or None, site or None
        yield PlacePeriod(*at, monday, False, endpoints, looks, answers, (0,) * len(BUCKETS), None, 0)
