"""How services answered over time, by what the user asks for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Literal

from tlsaudit.app.availability import WEEKS, by_one_source, looks, region_of, source, together
from tlsaudit.app.outages import outages
from tlsaudit.app.series import files_of
from tlsaudit.errors import UserError
from tlsaudit.report.latency import LatencyDocument, LatencyRecord, PeriodRecord
from tlsaudit.store import WEEK, PlacePeriod, Store, Window
from tlsaudit.target import Targets

By = Literal["service", "site", "region", "vantage"]

_DAY = timedelta(days=1)
_SHORT = timedelta(days=14)
"""Up to which a line is a day, not a week."""


@dataclass(frozen=True, slots=True)
class LatencyQuestion:
    """`since` and `until` are days, both included; where there is no `since`, the last five weeks."""

    by: By
    since: date | None
    until: date
    service: str | None = None


def latency(database: str, targets: Targets, asked: LatencyQuestion) -> LatencyDocument:
    """Raises UserError: no audit was finished, nobody has such a service, or the days are the wrong way round."""
    since = asked.since or asked.until - WEEK * (WEEKS - 1)
    if since > asked.until:
        raise UserError(f"history latency --since {since}: that is after {asked.until}: take an earlier day")
    window = Window.of(since, asked.until, _DAY if asked.until - since < _SHORT else WEEK)
    with Store.open(database, create=False) as store:
        audit = store.audit("latest", files_of(store, targets))
        found = [*store.reachability(audit.id, window)]
        stretches = outages(store, audit.id, window.since, window.until, targets)
    if asked.service:
        known = sorted({each.service for each in found if each.service})
        if asked.service not in known:
            raise UserError(f"--service {asked.service}: no look at it is known: there is {', '.join(known) or 'none'}")
        found = [each for each in found if each.service == asked.service]
        stretches = [each for each in stretches if each.own or each.service == asked.service]
    return LatencyDocument(
        by=asked.by,
        since=window.since,
        until=window.until,
        period="week" if window.period == WEEK else "day",
        rows=list(_rows(found, targets, asked.by)),
        outages=stretches,
    )


def _rows(found: list[PlacePeriod], targets: Targets, by: By) -> Iterator[LatencyRecord]:
    """Of each vantage apart, since another one takes another way; looks of one source at a time."""
    names: dict[By, Callable[[PlacePeriod], str | None]] = {
        "service": lambda each: each.service,
        "site": lambda each: each.site,
        "region": lambda each: region_of(targets, each.site),
        "vantage": lambda each: each.vantage,
    }
    told: list[PlacePeriod] = []
    found.sort(key=lambda each: (each.vantage, each.service or "", each.site or ""))
    for _, of_place in groupby(found, key=lambda each: (each.vantage, each.service, each.site)):
        told += by_one_source(of_place)

    def row(each: PlacePeriod) -> tuple[str, str, bool]:
        return each.vantage, names[by](each) or "", each.light

    told.sort(key=lambda each: (row(each), each.begins))
    for (vantage, name, _), group in groupby(told, key=row):
        periods = [together(list(each)) for _, each in groupby(group, key=lambda each: each.begins)]
        yield LatencyRecord(
            **looks(periods).model_dump(),
            vantage=vantage,
            vantage_region=targets.region_of(vantage),
            name=name or None,
            source=source(periods),
            endpoints=max(each.endpoints for each in periods),
            periods=[PeriodRecord(**looks([each]).model_dump(), begins=each.begins) for each in periods],
        )
