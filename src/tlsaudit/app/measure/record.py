"""The days of a measurement of crawlers, as the history keeps them."""

from collections.abc import Iterator
from datetime import date, datetime

from tlsaudit.evidence import CrawlLog, Requests
from tlsaudit.goal import RecordedMeasurement
from tlsaudit.report.crawlers import Series, search_crawlers, search_readers, series
from tlsaudit.report.text import plural
from tlsaudit.store import Store

_LONGEST_SOURCE = 500


def record(database: str, log: CrawlLog, now: datetime) -> str:
    """Keep the figures of each day that the logs cover whole, in place of earlier ones of the same day. Says what was
    kept. Raises StoreError.
    """
    measured = list(recorded(log, now))
    if not measured:
        return "nothing is recorded: the logs cover no day whole of which the scheme of requests is known"
    with Store.open(database) as store:
        store.record_measurements(measured)
    days = sorted({item.first_day for item in measured})
    names = ", ".join(sorted({f"{item.name}/{item.fact}" for item in measured}))
    return f"recorded {names} of {plural(len(days), 'day')}, {days[0]} to {days[-1]}"


def recorded(log: CrawlLog, now: datetime) -> Iterator[RecordedMeasurement]:
    """A figure for each whole day and each of crawlers and readers. Today is never over."""
    source = f"access logs: {', '.join(log.sources)}"[:_LONGEST_SOURCE]
    each = series(log)
    for item in (search_crawlers(log), search_readers(log)):
        for day in log.complete_days:
            requests = item.days.get(day, Requests())
            if requests.share is None or day >= now.date():
                continue
            yield RecordedMeasurement(
                name=item.id,
                fact="share",
                value=requests.share,
                denominator=requests.total,
                unknown=requests.unknown,
                unit="requests",
                first_day=day,
                last_day=day,
                measured_at=now,
                source=source,
                body={"https": requests.https, "http": requests.http, "series": _parts(each, item.kind, day)},
            )


def _parts(each: list[Series], kind: str, day: date) -> list[dict[str, str | int | None]]:
    """What the figure is made of, and what was left out of it as not from a crawler's addresses."""
    return [
        {"id": item.id, "standing": item.standing, "https": found.https, "http": found.http, "unknown": found.unknown}
        for item in each
        if item.kind == kind and (found := item.days.get(day))
    ]
