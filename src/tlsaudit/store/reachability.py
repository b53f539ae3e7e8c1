"""How the endpoints of each service answered at each site and from each vantage, week by week or day by day: by the
light looks of `watch`, and by audits, each of which is one look."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Self

from sqlalchemy import ColumnElement, Connection, Subquery, case, exists, func, select

from tlsaudit.store import schema
from tlsaudit.store.outages import blind_audits
from tlsaudit.store.reading import by_letters
from tlsaudit.store.records import PlacePeriod
from tlsaudit.store.rounds import Period, Rounds, read_rounds
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
    found = _light(connection, places, window), _audited(connection, places, window)
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
    if connection.scalar(select(watches.id).where(*window.holds(watches.vantage)).limit(1)) is None:
        return  # else SQLite would make all of `places` first
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


def _audited(connection: Connection, places: Subquery, window: Window) -> Iterator[PlacePeriod]:
    subjects, extents = array("I"), []
    apart = [*_named(connection, places.c.service, places.c.site), places.c.subject_id]
    for place, endpoints in groupby(connection.execute(select(*apart).order_by(*apart)), key=itemgetter(0, 1)):
        first = len(subjects)
        subjects.extend(subject for _, _, subject in endpoints)
        extents.append((*place, first, len(subjects)))
    weeks = _rolled_up(connection, subjects, window) if window.period == WEEK else {}
    rounds = read_rounds(connection, subjects, _audits_in(connection, window))
    counted: list[tuple[Period, Rounds | _Week]] = [*weeks.items(), *rounds.items()]
    periods = sorted(counted, key=itemgetter(0))
    for service, site, first, last in extents:
        for period, looks in periods:
            if found := looks.of(service, site, period, first, last):
                yield found


def _audits_in(connection: Connection, window: Window) -> dict[int, tuple[datetime, Period]]:
    """Those of which the looks are kept, without the blind ones."""
    audits = schema.audits.c
    asked = (
        select(audits.id, audits.started_at, audits.vantage)
        .where(audits.started_at >= window.since, audits.started_at < window.until)
        .where(audits.id.not_in(blind_audits(connection)), exists().where(schema.looks.c.audit_id == audits.id))
        .where(*window.holds(audits.vantage))
    )
    return {number: (began, (window.begins(began), vantage)) for number, began, vantage in connection.execute(asked)}


@dataclass(slots=True)
class _Week:
    """How often all endpoints were looked at in a week, and how often they answered."""

    looks: "array[int]"
    answered: "array[int]"

    def of(self, service: str, site: str, period: Period, first: int, last: int) -> PlacePeriod | None:
        """As that of Rounds. Of old weeks the times of the looks are not kept, and of each endpoint no more than three
        latencies."""
        looks, (monday, vantage) = self.looks[first:last], period
        endpoints = last - first - looks.count(0)
        if not endpoints:
            return None
        at, counted = (vantage, service or None, site or None), (sum(looks), sum(self.answered[first:last]))
        return PlacePeriod(*at, monday, False, endpoints, *counted, (0,) * len(BUCKETS), None, 0)


def _rolled_up(connection: Connection, subjects: Sequence[int], window: Window) -> dict[Period, _Week]:
    weeks, tracks = schema.weeks.c, schema.tracks.c
    vantages = {
        number: vantage
        for number, vantage in connection.execute(select(tracks.id, tracks.vantage))
        if window.vantage in (None, vantage)
    }
    mondays = [window.since.date() + timedelta(days) for days in range(0, (window.until - window.since).days, 7)]
    # All of the key is said: in a range of weeks SQLite goes through every row.
    seen = select(weeks.track_id, weeks.monday, weeks.subject_id, weeks.looks, weeks.reachable).where(
        weeks.track_id.in_(vantages), weeks.monday.in_(mondays)
    )
    at = {subject: number for number, subject in enumerate(subjects)}
    nothing = array("I", [0]) * len(subjects)
    found: dict[Period, _Week] = {}
    rows_of_each = groupby(connection.execute(seen.order_by(weeks.track_id, weeks.monday)), key=itemgetter(0, 1))
    for (track, monday), rows in rows_of_each:
        week = found.setdefault((monday, vantages[track]), _Week(nothing[:], nothing[:]))
        for _, _, subject, looks, answered in rows:
            if (number := at.get(subject)) is not None:
                week.looks[number] += looks
                week.answered[number] += answered
    return found
