"""How services answered, in the document and on the page: never more precisely than the looks can tell."""

import csv
import json
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from tests.app.written import PASS, Written
from tlsaudit.app.availability import interval
from tlsaudit.report.availability import of_the_time
from tlsaudit.report.document import LooksRecord
from tlsaudit.report.json import audit_schema
from tlsaudit.store import BUCKETS_MS, Availability, Store

TARGETS = """\
version: 1
sites: {east: {}, west: {}}
services:
  wiki: {hosts: [www.example.org, m.example.org], at: {east: 127.0.0.1, west: 127.0.0.2}}
  mail: {hosts: [mx.example.org], at: {east: 127.0.0.3}}
objectives: {pfs: {checks: [pfs-suites], milestones: {2026-12-31: 100%}}}
"""
LATER = (0,) * (len(BUCKETS_MS) - 2)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A week of daily audits, of which one saw a host silent; in the last two hours a look a minute at a service."""
    made = Written(tmp_path_factory.mktemp("availability"))
    made.targets(TARGETS)
    for day in range(23, 30):
        made.audit(f"2026-11-{day}T02:10", {"m.example.org:443@west": None if day == 25 else PASS, "": PASS})
    hours = [datetime(2026, 11, 29, hour, tzinfo=UTC) for hour in (3, 4)]
    with Store.open(made.database) as store:
        store.add_availability(
            Availability(
                "mx.example.org:443@east",
                begun,
                timedelta(hours=1),
                60,
                60,
                60,
                59,
                900.0,
                (0, 56, 3, *LATER),
                vantage="lab",
            )
            for begun in hours
        )
    return made


def test_each_service_at_each_site(history: Written) -> None:
    document = history.document("report", "--at", "2026-11-29")
    jsonschema.validate(document, audit_schema())
    found = {(item["service"], item["site"]): item for item in document["availability"]}
    wiki, mail = found["wiki", "west"], found["mail", "east"]
    assert {name: wiki[name] for name in ("source", "endpoints", "looks", "answered", "gap_s", "watched_h")} == {
        "source": "audits", "endpoints": 2, "looks": 14, "answered": 13, "gap_s": 86400.0, "watched_h": None,
    }  # fmt: skip
    assert (wiki["median_ms"], wiki["p95_ms"]) == (20, None)  # 13 times are too few for the other
    assert {name: mail[name] for name in ("source", "looks", "answered", "gap_s", "watched_h")} == {
        "source": "light looks", "looks": 120, "answered": 118, "gap_s": 60.0, "watched_h": 2.0,
    }  # fmt: skip
    assert (mail["median_ms"], mail["p95_ms"]) == (10, 20)
    assert [week["week"] for week in wiki["weeks"]] == ["2026-11-23"]
    assert (found["wiki", "east"]["answered"], found["wiki", "east"]["high"]) == (14, 1.0)


def test_the_page_claims_no_more_than_the_looks_can_tell(history: Written) -> None:
    page = BeautifulSoup(history.shown("report", "--at", "2026-11-29", "--format", "html"), "lxml")
    rows = [
        [" ".join(cell.get_text().split()) for cell in row.select("th, td")]
        for row in page.select("section[aria-labelledby=availability] > .scroll > table tbody tr")
    ]
    assert rows == [
        [
            "wiki",
            "west",
            "13 of 14 looks",
            "68 to 99%",
            "5 / -",
            "-",
            "20 ms",
            "-",
            "audits of 2 endpoints, one every 24 h",
        ],
        [
            "mail",
            "east",
            "118 of 120 looks",
            "94 to 100%",
            "-",
            "-",
            "10 ms",
            "20 ms",
            "light looks at 1 endpoint, one every 1 min, in 2 h",
        ],
        [
            "wiki",
            "east",
            "14 of 14 looks",
            "78 to 100%",
            "5 / -",
            "-",
            "20 ms",
            "-",
            "audits of 2 endpoints, one every 24 h",
        ],
    ]


def test_outages_are_told_with_how_exactly_they_are_known(history: Written) -> None:
    outage = "wiki at west from lab: from 2026-11-25 02:10:00 (last answer 2026-11-24 02:10:00) to 2026-11-26 02:10:00"
    page = BeautifulSoup(history.shown("report", "--at", "2026-11-29", "--format", "html"), "lxml")
    (told,) = page.select("section[aria-labelledby=availability] > ul > li")
    assert told.get_text().startswith(outage)
    markdown = history.shown("report", "--at", "2026-11-29", "--format", "markdown").replace("\\", "")
    assert f"- {outage}" in markdown
    assert "| wiki | west | 13 of 14 looks | 68 to 99% |" in markdown
    places = history.document("report", "--at", "2026-11-29")["availability"]
    assert {(item["service"], item["site"]): [each["endpoints"] for each in item["outages"]] for item in places} == {
        ("wiki", "west"): [["m.example.org:443@west"]], ("wiki", "east"): [], ("mail", "east"): [],
    }  # fmt: skip


def test_the_terminal_says_it_where_asked_to_be_verbose(history: Written) -> None:
    line = (
        "wiki at west: 13 of 14 looks, 68 to 99% of the time (audits of 2 endpoints, one every 24 h); half within 20 ms"
    )
    assert line in history.shown("goals", "--at", "2026-11-29", "-v")
    assert line not in history.shown("goals", "--at", "2026-11-29")


def test_the_light_looks_are_exported_by_the_hour(history: Written) -> None:
    rows = list(csv.DictReader(history.shown("history", "export", "--availability").splitlines()))
    assert [(row["endpoint"], row["service"], row["site"], row["begins_at"], row["hours"]) for row in rows] == [
        ("mx.example.org:443@east", "mail", "east", f"2026-11-29T0{hour}:00:00Z", "1") for hour in (3, 4)
    ]
    assert {name: rows[0][name] for name in ("looks", "tls", "asked", "http", "up_to_10_ms", "up_to_20_ms")} == {
        "looks": "60", "tls": "60", "asked": "60", "http": "59", "up_to_10_ms": "56", "up_to_20_ms": "3",
    }  # fmt: skip
    lines = history.shown("history", "export", "--availability", "--format", "jsonl").splitlines()
    exported = [json.loads(line) for line in lines]
    assert [{name: str(value) for name, value in row.items()} for row in exported] == [
        row | {"owner": "None"} for row in rows
    ]
    assert "not more than one" in history.refused("history", "export", "--availability", "--all")


@given(st.integers(1, 2_000_000).flatmap(lambda looks: st.tuples(st.integers(0, looks), st.just(looks))))
def test_what_is_shown_holds_what_was_seen(counted: tuple[int, int]) -> None:
    answered, looks = counted
    low, high = interval(answered, looks)
    assert 0 <= low <= answered / looks <= high <= 1
    assert (low == 0, high == 1) == (answered == 0, answered == looks)
    item = LooksRecord(
        looks=looks, answered=answered, low=low, high=high, gap_s=None, watched_h=None, median_ms=None, p95_ms=None
    )
    shown = [float(number) / 100 for number in of_the_time(item).rstrip("%").split(" to ")]
    assert shown[0] <= low + 1e-9
    assert high - 1e-9 <= shown[1] <= 1


@pytest.mark.parametrize(
    ("answered", "looks", "low", "high"),
    # Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_that_of_wilson(answered: int, looks: int, low: float, high: float) -> None:
    assert interval(answered, looks) == pytest.approx((low, high), abs=5e-5)
