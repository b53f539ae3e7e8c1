"""Outages as they are told: those of a service at a site that overlap are one."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import groupby

from tlsaudit.app.availability import answers, region_of, weeks_of
from tlsaudit.report.document import OutageRecord
from tlsaudit.report.view import Answers
from tlsaudit.store import Audit, Outage, Store
from tlsaudit.target import Targets

Place = tuple[str | None, str | None]


def answered(store: Store, audit: Audit, day: date, targets: Targets | None = None) -> Iterator[Answers]:
    """How services answered in the last weeks, with what was out then, as the audit's vantage saw it."""
    window = weeks_of(audit, day)
    found = outages(store, audit.id, window.since, window.until, targets)
    places: dict[Place | None, list[OutageRecord]] = {}
    for each in found:
        if each.vantage == audit.vantage:
            places.setdefault(None if each.own else (each.service, each.site), []).append(each)
    for item in answers(store, audit, day, targets):
        here = [*places.get(None, ()), *places.get((item.service, item.site), ())]
        yield _with_outages(item, sorted(here, key=lambda each: each.began)) if here and item.of == "place" else item


def _with_outages(item: Answers, here: list[OutageRecord]) -> Answers:
    return item._replace(outages=here, record=lambda: item.record().model_copy(update={"outages": here}))


def outages(
    store: Store, audit: int, since: datetime, until: datetime, targets: Targets | None = None
) -> list[OutageRecord]:
    """Between two moments, of the endpoints that an audit knows, by when they began."""
    found = store.outages(since, until)
    if not found:
        return []
    places = store.places(audit, {each.endpoint for each in found})
    known = (each for each in found if not each.endpoint or each.endpoint in places)
    return sorted(merged(known, places, targets), key=lambda each: each.began)


def merged(
    found: Iterable[Outage], places: Mapping[str, Place], targets: Targets | None = None
) -> Iterator[OutageRecord]:
    """In any order."""

    def place(each: Outage) -> tuple[str, bool, str, str]:
        service, site = places.get(each.endpoint, (None, None))
        return each.vantage, not each.endpoint, service or "", site or ""

    for (vantage, own, service, site), group in groupby(
        sorted(found, key=lambda each: (place(each), each.began)), key=place
    ):
        for together in _overlapping(group):
            first, last = together[0], max(together, key=_end)
            yield OutageRecord(
                vantage=vantage,
                own=own,
                service=service or None,
                site=site or None,
                region=region_of(targets, site),
                endpoints=sorted({each.endpoint for each in together if each.endpoint}),
                after=first.after,
                began=first.began,
                seen=last.seen,
                ended=last.ended,
                reasons=list(dict.fromkeys(each.reason for each in together)),
            )


def _overlapping(found: Iterable[Outage]) -> Iterator[list[Outage]]:
    """By when they began."""
    together: list[Outage] = []
    for each in found:
        if together and each.began >= max(map(_end, together)):
            yield together
            together = []
        together.append(each)
    if together:
        yield together


def _end(each: Outage) -> datetime:
    """One that lasts ends after all others."""
    return each.ended or each.seen + timedelta(days=36500)
