"""Logs that DuckDB reads: Parquet, and lists in JSON."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.probe.accesslog.lines import BINGBOT, FIREFOX, GOOGLEBOT, schemes
from tlsaudit.evidence import Scheme, Standing
from tlsaudit.policy import crawlers, search_engines
from tlsaudit.probe.accesslog.files import LogFileError
from tlsaudit.probe.accesslog.logs import look_into
from tlsaudit.probe.accesslog.notation import Column
from tlsaudit.probe.accesslog.ranges import Ranges, parse_ranges
from tlsaudit.probe.accesslog.recognise import Wishes
from tlsaudit.probe.accesslog.tables import count_table
from tlsaudit.probe.accesslog.tally import Rules, Tally
from tlsaudit.probe.accesslog.who import Known

HTTP, HTTPS, UNKNOWN = Scheme.HTTP, Scheme.HTTPS, Scheme.UNKNOWN


def count(path: Path, wishes: Wishes | None = None, ranges: dict[str, Ranges] | None = None) -> Tally:
    wishes = wishes or Wishes()
    log = look_into(str(path), wishes, UNKNOWN)
    assert log is not None
    assert log.reader is None
    return count_table(log.file, wishes, Rules(Known(crawlers(), search_engines()), ranges=ranges or {}), UNKNOWN)


def parquet(path: Path, select: str) -> Path:
    duckdb.sql(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("TIMESTAMP '2026-11-25 12:00:00' AS time, 'https' AS scheme", HTTPS),
        ("TIMESTAMP_NS '2026-11-25 12:00:00' AS time, 'http' AS scheme", HTTP),
        ("TIMESTAMPTZ '2026-11-25 23:00:00-00' AS \"@timestamp\", 443 AS server_port", HTTPS),
        ("1795608000 AS ts, TRUE AS https", HTTPS),
        ("1795608000123::BIGINT AS ts, FALSE AS https", HTTP),
        ("1795608000.5::DOUBLE AS ts, 'TLSv1.3' AS ssl_protocol", HTTPS),
        ("'2026-11-25T12:00:00+01:00' AS time_iso8601, NULL::VARCHAR AS ssl_protocol", HTTP),
        ("'25/Nov/2026:12:00:00 +0100' AS time_local, 'https' AS x_forwarded_proto", UNKNOWN),
        ("DATE '2026-11-25' AS time, {'scheme': 'https'} AS url", HTTPS),
    ],
)
def test_parquet(tmp_path: Path, columns: str, expected: Scheme) -> None:
    tally = count(parquet(tmp_path / "log[1].parquet", f"SELECT '{GOOGLEBOT}' AS user_agent, {columns}"))
    assert (tally.lines, tally.read, tally.malformed, schemes(tally)) == (1, 1, 0, {expected: 1})
    assert [key[0].isoformat() for key in tally.counts] == ["2026-11-25"]


def test_rows_are_added_up(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "log.parquet",
        f"""SELECT '{GOOGLEBOT}' AS ua, '-' AS referer, '192.0.2.' || (i % 2) AS ip, 'https' AS scheme,
                   TIMESTAMP '2026-11-24 00:00:00' + INTERVAL (i) MINUTE AS time FROM range(2880) AS t(i)
            UNION ALL SELECT '{FIREFOX}', 'https://google.de/', '198.51.100.1', 'http', TIMESTAMP '2026-11-24'
            UNION ALL SELECT '{BINGBOT}', NULL, NULL, 'http', NULL""",
    )
    tally = count(path, ranges={"google": Ranges.of(parse_ranges("192.0.2.1"))})
    assert (tally.lines, tally.read, tally.malformed) == (2882, 2881, 1)
    assert {(key[0].day, key[1], key[2], key[3]): number for key, number in tally.counts.items()} == {
        (24, "google", HTTPS, Standing.VERIFIED): 720,
        (24, "google", HTTPS, Standing.REFUTED): 720,
        (25, "google", HTTPS, Standing.VERIFIED): 720,
        (25, "google", HTTPS, Standing.REFUTED): 720,
        (24, "google-readers", HTTP, Standing.CLAIMED): 1,
    }
    assert str(tally.first) == "2026-11-24 00:00:00+00:00"
    assert str(tally.last) == "2026-11-25 23:59:00+00:00"


def test_a_list_in_json(tmp_path: Path) -> None:
    entry: dict[str, Any] = {
        "ts": 1795608000.25,
        "request": {"proto": "HTTP/2.0", "headers": {"User-Agent": [GOOGLEBOT]}},
        "url": {"scheme": "https"},
    }
    path = tmp_path / "log.json"
    path.write_text(json.dumps([entry, {**entry, "ts": None}], indent=2), "utf-8")
    tally = count(path)
    assert (tally.read, tally.malformed, schemes(tally)) == (1, 1, {HTTPS: 1})


def test_columns_that_are_named(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "log.parquet", f'SELECT 1795608000 AS "when", \'{GOOGLEBOT}\' AS "a""b", \'https\' AS "how\'"'
    )
    columns = {Column.TIME_ISO: "when", Column.AGENT: 'a"b', Column.SCHEME: "how'"}
    assert schemes(count(path, Wishes(columns=columns))) == {HTTPS: 1}


@pytest.mark.parametrize(
    ("text", "columns", "complaint"),
    [
        (b"PAR1 and no more", {}, "cannot be read: "),
        (b'[{"a": 1}]', {}, "no column is known as the time: name it with --column time=NAME"),
        (b'[{"a": 1}]', {Column.TIME_ISO: "x", Column.AGENT: "a"}, "there is no column 'x': there is a"),
        (b'[{"time": "noon", "ua": "x"}]', {}, "its time is neither"),
        (b'[{"time": ', {}, "cannot be read: "),
    ],
)
def test_tables_that_are_none(tmp_path: Path, text: bytes, columns: dict[Column, str], complaint: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(text)
    with pytest.raises(LogFileError, match=complaint) as caught:
        count(path, Wishes(columns=columns))
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
