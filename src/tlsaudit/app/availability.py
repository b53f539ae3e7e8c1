"""How services answered at their sites in the last weeks, never more precisely than the looks can tell."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from math import ceil, sqrt
from operator import attrgetter
from typing import Any, Literal

from tlsaudit.report.document import AvailabilityRecord, LooksRecord, WeekRecord
from tlsaudit.report.view import Answers
from tlsaudit.store import BUCKETS_MS, WEEK, Audit, PlacePeriod, Store, Window
from tlsaudit.target import Targets

WEEKS = 5
"""Of the calendar, with the present one."""

_Z = 1.959964
"""Of the normal distribution, for 95 %."""

_ENOUGH_FOR_P95 = 20

_MANY = 256
"""Places of a region that are kept until they are added up."""


def answers(store: Store, audit: Audit, day: date, targets: Targets | None = None) -> Iterator[Answers]:
    """Of the services and sites of an audit as its vantage saw them, up to the end of a day, UTC; then of the regions
    that sites have, all their services together.
    """
    of_regions: dict[tuple[str, bool, date], list[PlacePeriod]] = {}
    weeks = store.reachability(audit.id, weeks_of(audit, day))
    for (service, site), group in groupby(weeks, key=lambda each: (each.service, each.site)):
        counted, region = by_one_source(group), region_of(targets, site)
        for each in counted if region else ():
            places = of_regions.setdefault((str(region), each.light, each.begins), [])
            places.append(each)
            if len(places) == _MANY:
                places[:] = [together(places)]
        yield _answers(counted, "place", service, site, region)
    for (region, _), found in groupby(sorted(of_regions), key=lambda each: each[:2]):
        yield _answers([together(of_regions[each]) for each in found], "region", None, None, region)


def _answers(
    periods: Sequence[PlacePeriod],
    of: Literal["place", "region"],
    service: str | None,
    site: str | None,
    region: str | None,
) -> Answers:
    looks, answered = sum(each.looks for each in periods), sum(each.answered for each in periods)
    return Answers(of, service, site, looks, answered, (), lambda: _record(periods, of, service, site, region))


def _record(
    periods: Sequence[PlacePeriod],
    of: Literal["place", "region"],
    service: str | None,
    site: str | None,
    region: str | None,
) -> AvailabilityRecord:
    of_weeks = [(monday, _figures(list(of_week))) for monday, of_week in groupby(periods, key=attrgetter("begins"))]
    of_all = of_weeks[0][1] if len(of_weeks) == 1 else _figures(periods)
    return AvailabilityRecord(
        **of_all,
        of=of,
        service=service,
        site=site,
        region=region,
        source=source(periods),
        endpoints=max(each.endpoints for each in periods),
        weeks=[WeekRecord(**counted, week=monday) for monday, counted in of_weeks],
    )


def weeks_of(audit: Audit, day: date) -> Window:
    """Those that a report of a day tells of, as the audit's vantage saw them."""
    return Window.of(day - WEEK * (WEEKS - 1), day, WEEK, audit.vantage)


def by_one_source(found: Iterable[PlacePeriod]) -> list[PlacePeriod]:
    """The light looks, or, where there are none, the audits: both together would have no sampling interval."""
    periods = list(found)
    light = any(each.light for each in periods)
    return [each for each in periods if each.light is light]


def source(periods: Sequence[PlacePeriod]) -> Literal["light looks", "audits"]:
    return "light looks" if periods[0].light else "audits"


def region_of(targets: Targets | None, site: str | None) -> str | None:
    """Of a site, as the targets file has it."""
    return targets.sites[site].region if targets and site and site in targets.sites else None


def looks(periods: Sequence[PlacePeriod]) -> LooksRecord:
    """All of them together."""
    return LooksRecord(**_figures(periods))


def _figures(periods: Sequence[PlacePeriod]) -> dict[str, Any]:
    """The fields of a LooksRecord."""
    taken, answered = sum(each.looks for each in periods), sum(each.answered for each in periods)
    low, high = interval(answered, taken)
    median, p95 = _quantiles(_added(each.latencies for each in periods))
    connect_median, connect_p95 = _quantiles(_added(each.connects for each in periods))
    handshake_median, handshake_p95 = _quantiles(_added(each.handshakes for each in periods))
    spans = [(each.span, each.intervals) for each in periods if each.span is not None and each.intervals]
    watched = [each.span / each.endpoints for each in periods if each.light and each.span]
    return {
        "looks": taken,
        "answered": answered,
        "low": low,
        "high": high,
        "gap_s": _seconds(spans),
        "watched_h": round(sum(watched, timedelta()) / timedelta(hours=1), 1) if watched else None,
        "median_ms": median,
        "p95_ms": p95,
        "connect_median_ms": connect_median,
        "connect_p95_ms": connect_p95,
        "handshake_median_ms": handshake_median,
        "handshake_p95_ms": handshake_p95,
        "blind": sum(each.blind for each in periods),
    }


@lru_cache(maxsize=4096)  # most of a large fleet's services are alike
def _quantiles(counts: tuple[int, ...]) -> tuple[int | None, int | None]:
    """The median and the 95th percentile, where there are enough for it."""
    return _bound(counts, 0.5), _bound(counts, 0.95) if sum(counts) >= _ENOUGH_FOR_P95 else None


@lru_cache(maxsize=4096)
def interval(answered: int, looks: int) -> tuple[float, float]:
    """The interval of a share by so many looks at random moments, at 95 %: E. B. Wilson, Probable Inference, 1927.
    Without a look it is everything."""
    if not looks:
        return 0.0, 1.0
    share, spread = answered / looks, _Z**2 / looks
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    return (0.0 if not answered else middle - half), (1.0 if answered == looks else middle + half)


def _seconds(spans: Iterable[tuple[timedelta, int]]) -> float | None:
    known = list(spans)
    total = sum((span for span, _ in known), timedelta())
    return round(total.total_seconds() / sum(intervals for _, intervals in known), 1) if known else None


def _bound(latencies: Sequence[int], share: float) -> int | None:
    """The bound that so many of the times do not exceed."""
    wanted = ceil(sum(latencies) * share)
    for bound, counted in zip(BUCKETS_MS, latencies, strict=False):
        wanted -= counted
        if wanted <= 0:
            return bound if counted else None
    return None


def together(places: list[PlacePeriod]) -> PlacePeriod:
    """What was seen of several places in one period. Light looks are taken at each; an audit looks at all at once."""
    first = places[0]
    spans = [each.span for each in places if each.span is not None]
    intervals = [each.intervals for each in places]
    return PlacePeriod(
        vantage=first.vantage,
        service=None,
        site=None,
        begins=first.begins,
        light=first.light,
        endpoints=sum(each.endpoints for each in places),
        looks=sum(each.looks for each in places),
        answered=sum(each.answered for each in places),
        latencies=_added(each.latencies for each in places),
        span=None if not spans else sum(spans, timedelta()) if first.light else max(spans),
        intervals=sum(intervals) if first.light else max(intervals),
        connects=_added(each.connects for each in places),
        handshakes=_added(each.handshakes for each in places),
        blind=sum(each.blind for each in places),
    )


def _added(counts: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    several = list(counts)
    return several[0] if len(several) == 1 else tuple(map(sum, zip(*several, strict=True)))
