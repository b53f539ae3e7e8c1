"""How the endpoints of each service answered at each site and from each vantage, week by week or day by day: by the
light looks of `watch`, and by audits, each of which is one look."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, Select, String, Subquery, case, cast, distinct, func, select

from tlsaudit.store import schema
from tlsaudit.store.outages import blind_audits
from tlsaudit.store.reading import by_letters
from tlsaudit.store.records import PlacePeriod
from tlsaudit.store.schema import BUCKETS, BUCKETS_MS, CONNECTS, HANDSHAKES
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
    """The database gathers the looks at an endpoint, and they are counted here: it takes longer to count them."""
    audits = schema.audits.c
    asked = (
        select(audits.id, audits.started_at, audits.vantage)
        .where(audits.started_at >= window.since, audits.started_at < window.until, audits.id.not_in(blind))
        .where(*window.holds(audits.vantage))
    )
    begun = {
        str(number): (began, (window.begins(began), vantage)) for number, began, vantage in connection.execute(asked)
    }

    @lru_cache(maxsize=256)  # most of a fleet was looked at by the same audits
    def periods(numbers: str) -> list[tuple[tuple[date, str], dict[str, datetime], list[int]]]:
        """The audits with these numbers, by period and vantage: when each began, and where it stands among them."""
        found: dict[tuple[date, str], tuple[dict[str, datetime], list[int]]] = {}
        for place, number in enumerate(numbers.split(" ")):
            began, of = begun[number]
            rounds, at = found.setdefault(of, ({}, []))
            rounds[number] = began
            at.append(place)
        return [(of, *each) for of, each in found.items()]

    rows = connection.execute(
        _gathered(connection, places, asked.with_only_columns(audits.id)), execution_options={"yield_per": _ENDPOINTS}
    )
    for (service, site), endpoints in groupby(rows, key=itemgetter(0, 1)):
        found: defaultdict[tuple[date, str], _Seen] = defaultdict(_Seen)
        for _, _, subject, reachable, numbers, *figures in endpoints:
            times = [each.split(" ") for each in figures]
            for of, rounds, at in periods(numbers):
                found[of].add(subject, reachable, rounds, [[each[place] for place in at] for each in times])
        for (begins, vantage), seen in sorted(found.items(), key=itemgetter(0)):
            yield seen.period(vantage, service or None, site or None, begins)


def _gathered(connection: Connection, places: Subquery, audits: Select[tuple[int]]) -> Select[Any]:
    """Of each state of an endpoint its service and site, its subject, whether it answered, the audits that saw it so,
    and to each of these three times in microseconds, 0 where there is none; by service, site and subject."""
    looks, states, place = schema.looks.c, schema.states.c, places.c
    # The text of a state is looked into once, and not for each of its looks.
    known = (
        select(
            *(states.id, states.subject_id, place.service, place.site),
            schema.endpoints.c.seen.contains(_REACHABLE).label("reachable"),
        )
        .select_from(places)
        .join(schema.states, states.subject_id == place.subject_id)
        .join(schema.endpoints)
        .cte("known")
        .prefix_with("MATERIALIZED")
    )
    times = (func.coalesce(each, 0) for each in (looks.first_byte_us, looks.connect_us, looks.handshake_us))
    # All aggregates of a state go through its looks in one order. They are sorted by names only then.
    gathered = (
        select(looks.state_id, *(func.aggregate_strings(cast(each, String), " ") for each in (looks.audit_id, *times)))
        .where(looks.audit_id.in_(audits))
        .group_by(looks.state_id)
        .cte("gathered")
        .prefix_with("MATERIALIZED")
    )
    apart = [*_named(connection, known.c.service, known.c.site)]
    return (
        select(*apart)
        .add_columns(known.c.subject_id, known.c.reachable, *gathered.c[1:])
        .select_from(gathered)
        .join(known, known.c.id == gathered.c.state_id)
        .order_by(*apart, known.c.subject_id)
    )


_REACHABLE = '"reachable":true'
"""As `canonical` writes it. No text within can look so: its quotation marks have a backslash before them."""

_ENDPOINTS = 64
"""Whose looks are in memory at once."""

_BOUNDS_US = [bound * 1000 for bound in BUCKETS_MS]


class _Seen:
    """What audits saw of a place in a period."""

    def __init__(self) -> None:
        self._rounds: dict[str, datetime] = {}
        self._last: int | None = None
        self._endpoints = self._looks = self._answered = 0
        self._times = [[0] * len(BUCKETS) for _ in range(3)]

    def add(
        self, endpoint: int, answered: bool, rounds: Mapping[str, datetime], times: Sequence[Sequence[str]]
    ) -> None:
        """A look by each of these audits; `times` as in `_gathered`. All looks at one endpoint come together."""
        self._endpoints += endpoint != self._last
        self._last = endpoint
        self._rounds |= rounds
        self._looks += len(rounds)
        self._answered += len(rounds) * answered
        for counts, of_looks in zip(self._times, times, strict=True):
            for time_us in map(int, of_looks):
                if time_us:
                    counts[bisect_left(_BOUNDS_US, time_us)] += 1

    def period(self, vantage: str, service: str | None, site: str | None, begins: date) -> PlacePeriod:
        latencies, connects, handshakes = (_one(tuple(counts)) for counts in self._times)
        began = self._rounds.values()
        return PlacePeriod(
            *(vantage, service, site, begins, False, self._endpoints, self._looks, self._answered, latencies),
            *(max(began) - min(began), len(began) - 1, connects, handshakes),
        )


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
