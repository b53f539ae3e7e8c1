"""What light looks saw, kept by the hour."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsaudit.store import BUCKETS_MS, Availability, Store, StoreError
from tlsaudit.store.claim import claim

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
BUCKETS = len(BUCKETS_MS) + 1
ALWAYS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))

ONE = Availability("www.example.org:443@east", NOON, HOUR, 60, 59, 60, 57, 1234.5, (57, *[0] * (BUCKETS - 1)))


def _sum(items: Sequence[Availability], begins_at: datetime, span: timedelta) -> Availability:
    return replace(
        items[0],
        begins_at=begins_at,
        span=span,
        looks=sum(item.looks for item in items),
        tls=sum(item.tls for item in items),
        asked=sum(item.asked for item in items),
        http=sum(item.http for item in items),
        latency_ms=sum(item.latency_ms for item in items),
        latencies=tuple(map(sum, zip(*(item.latencies for item in items), strict=True))),
    )


def test_what_was_seen_is_read_back_by_endpoint_and_time(url: str) -> None:
    later, other = replace(ONE, begins_at=NOON + HOUR), replace(ONE, endpoint="smtp://mx.example.org:25")
    with Store.open(url) as store:
        store.add_availability([later, other, ONE])
        store.add_availability([])
    with Store.open(url, create=False) as store:
        assert list(store.availability(*ALWAYS)) == [other, ONE, later]
        assert list(store.availability(*ALWAYS, endpoint=ONE.endpoint)) == [ONE, later]
        assert list(store.availability(NOON, NOON + HOUR)) == [other, ONE]
        assert list(store.availability(NOON + timedelta(minutes=1), NOON + DAY)) == [later]
        assert list(store.availability(*ALWAYS, endpoint="other.example.org:443")) == []


def test_what_is_seen_of_the_same_hour_is_added(url: str) -> None:
    more = replace(ONE, looks=2, tls=1, asked=0, http=0, latency_ms=0.5, latencies=(*[0] * (BUCKETS - 1), 1))
    with Store.open(url) as store:
        store.add_availability([ONE])
        store.add_availability([more, replace(ONE, begins_at=NOON + HOUR)])
        assert list(store.availability(*ALWAYS)) == [
            _sum([ONE, more], NOON, HOUR),
            replace(ONE, begins_at=NOON + HOUR),
        ]


def test_more_endpoints_than_a_statement_takes(url: str) -> None:
    many = [replace(ONE, endpoint=f"host-{number}.example.org:443") for number in range(1203)]
    with Store.open(url) as store:
        store.add_availability(many[:700])
        store.add_availability(many)
        found = {item.endpoint: item.looks for item in store.availability(*ALWAYS)}
    assert found == {item.endpoint: 120 if number < 700 else 60 for number, item in enumerate(many)}


HOURS = st.lists(st.integers(-80, 80), min_size=1, max_size=12, unique=True)


@settings(max_examples=30)
@given(hours=HOURS, before=st.integers(-90, 90))
def test_hours_of_days_that_are_over_become_days_and_no_look_is_lost(hours: list[int], before: int) -> None:
    items = [
        replace(ONE, begins_at=NOON + number * HOUR, looks=60 + number, latencies=(number + 80, *[1] * (BUCKETS - 1)))
        for number in sorted(hours)
    ]
    moment = NOON + before * HOUR
    with Store.open("sqlite://") as store:
        store.add_availability(items)
        store.merge_availability(moment, "")
        once = list(store.availability(*ALWAYS))
        store.merge_availability(moment, "")
        assert list(store.availability(*ALWAYS)) == once
    midnight = moment.replace(hour=0)
    by_day: dict[datetime, list[Availability]] = {}
    for item in items:
        if item.begins_at < midnight:
            by_day.setdefault(item.begins_at.replace(hour=0), []).append(item)
    assert once == [
        *(_sum(of_day, day, DAY) for day, of_day in by_day.items()),
        *(item for item in items if item.begins_at >= midnight),
    ]


def test_the_claim_is_one_process_s(url: str) -> None:
    with Store.open(url):
        pass
    with claim(url), pytest.raises(StoreError, match="another tlsaudit watch records there already"), claim(url):
        pass
    with claim(url):
        pass


def test_a_claim_where_nothing_can_be_written(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"history\.db\.watch: cannot be written"),
        claim(f"sqlite:///{tmp_path}/missing/history.db"),
    ):
        pass
