"""How services answered at their sites in the last weeks, never more precisely than the looks can tell."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from math import ceil, sqrt
from operator import attrgetter

from tlsaudit.report.document import AvailabilityRecord, LooksRecord, WeekRecord
from tlsaudit.store import BUCKETS_MS, Audit, PlaceWeek, Store

WEEKS = 5
"""Of the calendar, with the present one."""

_Z = 1.959964
"""Of the normal distribution, for 95 %."""

_ENOUGH_FOR_P95 = 20


def availability(store: Store, audit: Audit, day: date) -> Iterator[AvailabilityRecord]:
    """Of the services and sites of an audit, up to the end of a day, UTC."""
    until = datetime.combine(day, time.min, UTC) + timedelta(days=1)
    weeks = store.reachability(audit.id, until, WEEKS)
    weeks.sort(key=lambda each: (*_place(each), each.monday))
    for (service, site), group in groupby(weeks, key=_place):
        found = list(group)
        light = any(each.light for each in found)
        counted = [each for each in found if each.light is light]
        yield AvailabilityRecord(
            **_looks(counted).model_dump(),
            service=service or None,
            site=site or None,
            source="light looks" if light else "audits",
            endpoints=max(each.endpoints for each in counted),
            weeks=[
                WeekRecord(**_looks(list(of_week)).model_dump(), week=monday)
                for monday, of_week in groupby(counted, key=attrgetter("monday"))
            ],
        )


def _place(each: PlaceWeek) -> tuple[str, str]:
    return each.service or "", each.site or ""


def _looks(weeks: Sequence[PlaceWeek]) -> LooksRecord:
    looks, answered = (sum(getattr(each, name) for each in weeks) for name in ("looks", "answered"))
    low, high = interval(answered, looks)
    latencies = [sum(counted) for counted in zip(*(each.latencies for each in weeks), strict=True)]
    spans = [(each.span, each.intervals) for each in weeks if each.span is not None and each.intervals]
    watched = [each.span / each.endpoints for each in weeks if each.light and each.span]
    return LooksRecord(
        looks=looks,
        answered=answered,
        low=low,
        high=high,
        gap_s=_seconds(spans),
        watched_h=round(sum(watched, timedelta()) / timedelta(hours=1), 1) if watched else None,
        median_ms=_bound(latencies, 0.5),
        p95_ms=_bound(latencies, 0.95) if sum(latencies) >= _ENOUGH_FOR_P95 else None,
    )


def interval(answered: int, looks: int) -> tuple[float, float]:
    """The interval of a share by so many looks at random moments, at 95 %: E. B. Wilson, Probable Inference, 1927."""
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
