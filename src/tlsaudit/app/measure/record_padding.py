"""What page sizes gave away on a day, as the history keeps it."""

from collections.abc import Iterator
from datetime import datetime

from tlsaudit.goal import RecordedMeasurement
from tlsaudit.report.padding import PaddingReport
from tlsaudit.report.text import plural
from tlsaudit.store import Store

NAME = "page-size-exposure"


def record(database: str, report: PaddingReport, now: datetime) -> str:
    """Keep the figures of today, in place of earlier ones of the same day. Says what was kept. Raises StoreError."""
    figures = list(recorded(report, now))
    if not figures:
        return "nothing is recorded: no page could be measured"
    with Store.open(database) as store:
        store.record_measurements(figures)
    return f"recorded {', '.join(f'{NAME}/{item.fact}' for item in figures)} of {plural(len(report.pages), 'page')}"


def recorded(report: PaddingReport, now: datetime) -> Iterator[RecordedMeasurement]:
    """As browsers ask for pages: the share that is recognisable, the same after Padmé, and the entropy."""
    if not report.measured:
        return
    found = {scheme.id: each for scheme, each in report.exposures(next(iter(report.series)))}
    hosts = sorted({page.host for page in report.measured})
    values = {
        "recognisable": found["none"].recognisable,
        "entropy": found["none"].entropy,
        "recognisable-padme": found["padme"].recognisable,
    }
    for fact, value in values.items():
        yield RecordedMeasurement(
            name=NAME,
            fact=fact,
            value=value,
            denominator=len(report.pages),
            unknown=len(report.missing),
            unit="pages",
            first_day=now.date(),
            last_day=now.date(),
            measured_at=now,
            source=f"pages of {', '.join(hosts)}"[:500],
            body={"loads": report.loads, "hosts": hosts[:100], "whole_page_loads": report.har},
        )
