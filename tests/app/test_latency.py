"""`tlsaudit history latency`: by service, site, region and vantage, with outages and how exactly they are known."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup

from tests.app.written import PASS, Written
from tlsaudit.app.outages import merged
from tlsaudit.report.latency import LatencyDocument, as_screen
from tlsaudit.store import BUCKETS_MS, Availability, Outage, Store

TARGETS = """\
version: 1
sites: {east: {region: us-east}, west: {region: us-west}}
vantages: {london: {region: eu-west}}
services:
  wiki: {hosts: [www.example.org, m.example.org], at: {east: 127.0.0.1, west: 127.0.0.2}}
  mail: {hosts: [mx.example.org], at: {east: 127.0.0.3}}
objectives: {pfs: {checks: [pfs-suites], milestones: {2026-12-31: 100%}}}
"""
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
WIKI = [f"{host}.example.org:443@west" for host in ("m", "www")]
NO_TIMES = (0,) * (len(BUCKETS_MS) + 1)


def at(second: int) -> datetime:
    return NOON + timedelta(seconds=second)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Daily audits from the lab, of which one saw a host silent; and looks of an hour from London."""
    made = Written(tmp_path_factory.mktemp("latency"))
    made.targets(TARGETS)
    for day in range(23, 29):
        made.audit(f"2026-11-{day}T02:10", {"mx": None if day == 25 else PASS, "": PASS})
    fast, slow = (60, *NO_TIMES[1:]), (0, 0, 0, 58, *NO_TIMES[4:])
    with Store.open(made.database) as store:
        store.add_availability(
            [
                Availability(
                    name, NOON, timedelta(hours=1), 60, 58, 60, 58, 900.0, slow, fast, slow,
                    {"timed out": 2}, blind=3, vantage="london",
                )
                for name in WIKI
            ],
            [
                Outage("london", WIKI[0], at(0), at(60), at(120), at(180), "timed out", 2),
                Outage("london", WIKI[1], at(30), at(90), at(150), at(210), "connection refused", 2),
                Outage("london", "", at(600), at(660), at(720), None, "network unreachable", 9),
            ],
        )  # fmt: skip
    return made


def shown(history: Written, *arguments: str) -> str:
    return history.shown("history", "latency", "--until", "2026-11-28", *arguments)


def test_as_json_by_service(history: Written) -> None:
    document = json.loads(shown(history, "--format", "json"))
    rows = {(row["vantage"], row["name"]): row for row in document["rows"]}
    london, lab = rows["london", "wiki"], rows["lab", "mail"]
    assert {name: london[name] for name in ("source", "vantage_region", "endpoints", "looks", "answered", "blind")} == {
        "source": "light looks", "vantage_region": "eu-west", "endpoints": 2, "looks": 120, "answered": 116, "blind": 6,
    }  # fmt: skip
    assert [london[name] for name in ("connect_median_ms", "handshake_median_ms", "p95_ms")] == [5, 50, 50]
    assert (lab["source"], lab["looks"], lab["answered"], lab["gap_s"]) == ("audits", 6, 5, 86400)
    assert [period["begins"] for period in lab["periods"]] == ["2026-11-23"]
    (own,) = (each for each in document["outages"] if each["own"])
    (mail,) = (each for each in document["outages"] if each["service"] == "mail")
    (both,) = (each for each in document["outages"] if each["service"] == "wiki")
    assert (both["service"], both["site"], both["region"], both["endpoints"]) == ("wiki", "west", "us-west", WIKI)
    assert (both["after"], both["began"]) == ("2026-11-28T12:00:00Z", "2026-11-28T12:01:00Z")
    assert (both["seen"], both["ended"]) == ("2026-11-28T12:02:30Z", "2026-11-28T12:03:30Z")
    assert both["reasons"] == ["timed out", "connection refused"]
    assert (own["vantage"], own["endpoints"], own["ended"]) == ("london", [], None)
    assert (mail["vantage"], mail["began"], mail["ended"]) == ("lab", "2026-11-25T02:10:00Z", "2026-11-26T02:10:00Z")


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("service", {("lab", "mail"), ("lab", "wiki"), ("london", "wiki")}),
        ("site", {("lab", "east"), ("lab", "west"), ("london", "west")}),
        ("region", {("lab", "us-east"), ("lab", "us-west"), ("london", "us-west")}),
        ("vantage", {("lab", "lab"), ("london", "london")}),
    ],
)
def test_as_csv_by_each(history: Written, by: str, names: set[tuple[str, str]]) -> None:
    rows = list(csv.DictReader(shown(history, "--by", by, "--format", "csv").splitlines()))
    assert {(row["vantage"], row["name"]) for row in rows} == names
    assert sum(int(row["looks"]) for row in rows if row["vantage"] == "lab") == 30


def test_short_ranges_are_told_by_the_day_and_never_finer_than_looks_tell(history: Written) -> None:
    text = shown(history, "--since", "2026-11-24")
    assert "2026-11-25  0 of 1    0 to 80%" in text
    assert "all         116 of 120, 6 blind  91 to 99%" in text
    assert "1.0 s" not in text
    outage = (
        "wiki at west from london: from 2026-11-28 12:01:00 (last answer 12:00:00) to 12:03:30 (last silent 12:02:30)"
    )
    assert f"{outage}; timed out, connection refused at 2 endpoints" in text.replace("\n  ", " ")
    assert "london itself, so no service: from 2026-11-28 12:11:00" in text


def test_a_narrow_terminal_has_lines_instead_of_a_table(history: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    document = LatencyDocument.model_validate_json(shown(history, "--format", "json"))
    monkeypatch.setenv("COLUMNS", "60")
    out = io.StringIO()
    as_screen(document, out)
    assert max(map(len, out.getvalue().splitlines())) <= 60
    assert "answered 116 of 120, 6 blind" in " ".join(out.getvalue().split())


def test_one_service(history: Written) -> None:
    document = json.loads(shown(history, "--service", "mail", "--format", "json"))
    assert {row["name"] for row in document["rows"]} == {"mail"}
    assert "no look at it is known: there is mail, wiki" in history.refused("history", "latency", "--service", "shop")


def test_days_the_wrong_way_round(history: Written) -> None:
    assert "that is after" in history.refused("history", "latency", "--since", "2026-11-28", "--until", "2026-11-01")


def test_outages_one_after_another_are_not_one() -> None:
    found = [Outage("x", "a", None, at(0), at(0), at(60), "y", 1), Outage("x", "b", None, at(60), at(60), None, "y", 1)]
    assert len(list(merged(found, {}))) == 2


def test_the_report_tells_of_regions_what_their_sites_say_together(history: Written) -> None:
    found = history.document("report", "--at", "2026-11-28")["availability"]
    regions = {item["region"]: item for item in found if item["of"] == "region"}
    assert {name: (item["looks"], item["answered"], item["endpoints"]) for name, item in regions.items()} == {
        name: tuple(
            sum(item[key] for item in found if item["of"] == "place" and item["region"] == name)
            for key in ("looks", "answered", "endpoints")
        )
        for name in ("us-east", "us-west")
    }
    assert regions["us-east"]["answered"] == regions["us-east"]["looks"] - 1
    assert (regions["us-east"]["service"], regions["us-east"]["site"], regions["us-east"]["outages"]) == (
        None,
        None,
        [],
    )
    markdown = history.shown("report", "--at", "2026-11-28", "--format", "markdown").replace("\\", "")
    assert "| us-east | 17 of 18 looks |" in markdown
    page = BeautifulSoup(history.shown("report", "--at", "2026-11-28", "--format", "html"), "lxml")
    _, table = page.select("section[aria-labelledby=availability] > .scroll > table")
    assert [row.th.get_text() for row in table.select("tbody tr") if row.th] == ["us-east", "us-west"]
