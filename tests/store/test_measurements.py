"""Figures that are recorded instead of being measured by an audit."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from tlsaudit.goal import RecordedMeasurement
from tlsaudit.store import Store, StoreError
from tlsaudit.store.schema import HEAD, VERSION_TABLE

FIRST = RecordedMeasurement(
    name="crawler-https",
    fact="share",
    value=0.1 + 0.2,
    denominator=5_000_000_000,
    unit="requests",
    unknown=3,
    first_day=date(2015, 3, 1),
    last_day=date(2015, 3, 1),
    measured_at=datetime(2015, 3, 2, 4, 0, tzinfo=UTC),
    source="access logs: access.log\N{SNOWMAN}",
    body={"https": 95, "crawlers": {"Google": {"https": 90}}, "list": [1, None, "\N{GRINNING FACE}"]},
)
LATER = replace(FIRST, first_day=date(2015, 3, 2), last_day=date(2015, 3, 2), value=0.5)


def test_what_was_recorded_is_read_back_oldest_first(url: str) -> None:
    week = replace(LATER, first_day=date(2015, 2, 24), measured_at=datetime(2015, 3, 3, 4, 0, tzinfo=UTC))
    with Store.open(url) as store:
        store.record_measurements([week, LATER, FIRST])
        store.record_measurements([replace(FIRST, fact="google"), replace(FIRST, name="search-readers-https")])
    with Store.open(url, create=False) as store:
        assert store.measurements("crawler-https", "share", date(2015, 3, 31)) == [FIRST, LATER, week]
        assert store.measurements("crawler-https", "share", date(2015, 3, 1)) == [FIRST]
        assert store.measurements("crawler-https", "share", date(2015, 2, 28)) == []
        assert store.measurements("crawler-https", "bing", date(2015, 3, 31)) == []
        assert store.audits() == []


def test_what_is_recorded_again_takes_the_place_of_the_first(url: str) -> None:
    again = replace(FIRST, value=0.9, measured_at=datetime(2015, 3, 5, tzinfo=UTC))
    with Store.open(url) as store:
        store.record_measurements([FIRST, LATER])
        store.record_measurements(iter([again]))
        store.record_measurements([])
        assert store.measurements("crawler-https", "share", date(2015, 3, 31)) == [again, LATER]
        store.record_measurements([FIRST, again])  # the later one of a call counts
        assert store.measurements("crawler-https", "share", date(2015, 3, 31)) == [again, LATER]


def test_a_file_name_that_is_no_text_is_kept_readable(url: str) -> None:
    with Store.open(url) as store:
        store.record_measurements([replace(FIRST, source="access logs: \udcff.log")])
        (found,) = store.measurements("crawler-https", "share", date(2015, 3, 31))
    assert found.source == "access logs: \\udcff.log"


def test_all_of_a_call_or_none(url: str) -> None:
    with Store.open(url) as store:
        store.record_measurements([LATER])
        with pytest.raises(StoreError, match=r"(?i)not.null"):
            store.record_measurements([replace(LATER, value=0.9), replace(FIRST, unit=None)])  # type: ignore[arg-type]
        assert store.measurements("crawler-https", "share", date(2015, 3, 31)) == [LATER]


def test_a_history_from_before_has_none_and_takes_some(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "tlsaudit.store:migrations")
        command.upgrade(config, "0003")
    engine.dispose()
    with Store.open(url) as store:
        assert store.measurements("crawler-https", "share", date(2015, 3, 31)) == []
        store.record_measurements([FIRST])
        assert store.measurements("crawler-https", "share", date(2015, 3, 31)) == [FIRST]
    with engine.connect() as connection:
        assert connection.scalars(text(f"SELECT version_num FROM {VERSION_TABLE}")).all() == [HEAD]
    engine.dispose()
