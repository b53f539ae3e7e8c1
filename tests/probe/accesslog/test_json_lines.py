"""Lines of JSON: what is read at a stroke is what is read by a look at each."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probe.accesslog.lines import FIREFOX, GOOGLEBOT
from tlsaudit.evidence import Scheme
from tlsaudit.policy import crawlers, search_engines
from tlsaudit.probe.accesslog.json_lines import JsonReader, json_reader
from tlsaudit.probe.accesslog.ranges import Ranges
from tlsaudit.probe.accesslog.tally import Counter, Rules, Tally
from tlsaudit.probe.accesslog.who import Known

FIRST = {
    "time": "2026-11-25T12:00:00+00:00",
    "remote_addr": "192.0.2.1",
    "request": "GET / HTTP/1.1",
    "status": 200,
    "http_referer": "-",
    "http_user_agent": FIREFOX,
    "scheme": "https",
    "request_time": 0.003,
}
RULES = Rules(Known(crawlers(), search_engines()), ranges={"google": Ranges.of([])})


def reader_of(first: Mapping[str, Any], separators: tuple[str, str] = (",", ":")) -> JsonReader:
    line = json.dumps(first, separators=separators).encode()
    return json_reader([line], {}, forwarded=False, addresses=True)


def counted(reader: JsonReader, *lines: str) -> Tally:
    return Counter(RULES).chunk(reader, "".join(f"{line}\n" for line in lines).encode())


@pytest.mark.parametrize(
    ("first", "alike"),
    [
        (FIRST, True),
        ({**FIRST, "time": 1795608000.123}, True),
        ({"ts": 1795608000, "ua": "x"}, True),
        ({**FIRST, "request": 'a "quoted" \\ one'}, True),
        ({**FIRST, "server": {"name": "a"}}, False),
        ({**FIRST, "list": [1]}, False),
        ({"ts": 1795608000, "ua": "x", "server_port": 443}, False),
        ({"ts": 1795608000, "ua": "x", "https": True}, False),
        ({"ts": 1795608000, "ua": ["x"]}, False),
    ],
)
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_which_are_read_at_a_stroke(first: Mapping[str, Any], alike: bool, separators: tuple[str, str]) -> None:
    reader = reader_of(first, separators)
    assert (reader.alike is not None) is alike
    line = json.dumps(first, separators=separators)
    assert counted(reader, line).read == 1
    if reader.alike:
        assert len(reader.alike.read(f"{line}\n".encode()).rows) == 1


TEXT = st.text(max_size=20)
AGENTS = st.sampled_from([GOOGLEBOT, f'{GOOGLEBOT} "\\', "bingbot", FIREFOX]) | TEXT
REFERERS = st.sampled_from(["https://www.google.com/x?y", "https://duckduckgo.com", "-", ""]) | TEXT
ENTRIES = st.fixed_dictionaries(
    {
        "time": st.sampled_from(["2026-11-25T12:00:00+00:00", "2026-11-26T00:30:00+01:00", "yesterday"]),
        "remote_addr": TEXT,
        "request": TEXT,
        "status": st.sampled_from([200, None, "x", {"a": [1]}]),
        "http_referer": REFERERS,
        "http_user_agent": AGENTS,
        "scheme": st.sampled_from(["http", "https", "", None, "wss"]),
        "request_time": st.floats(allow_nan=False, allow_infinity=False),
    }
)


@given(st.lists(ENTRIES, max_size=5), st.booleans(), st.booleans())
def test_both_ways_give_the_same(entries: list[dict[str, Any]], ascii_only: bool, shuffled: bool) -> None:
    reader = reader_of(FIRST)
    assert reader.alike is not None
    if shuffled:
        entries = [dict(reversed(entry.items())) for entry in entries]
    lines = [json.dumps(entry, separators=(",", ":"), ensure_ascii=ascii_only) for entry in [FIRST, *entries]]
    assert counted(reader, *lines) == counted(replace(reader, alike=None), *lines)


def test_caddy_over_http_and_without_referer() -> None:
    request = {"remote_ip": "192.0.2.1", "proto": "HTTP/1.1", "headers": {"User-Agent": [FIREFOX]}}
    reader = reader_of({"ts": 1795608000.1, "request": request})
    lines = [
        {"ts": 1795608000.1, "request": {**request, "headers": {"User-Agent": [GOOGLEBOT]}}},
        {"ts": 1795608000.1, "request": {**request, "headers": {"User-Agent": [GOOGLEBOT]}, "tls": {"version": 772}}},
        {
            "ts": 1795608000.1,
            "request": {**request, "headers": {"User-Agent": [FIREFOX], "Referer": ["https://www.bing.com/"]}},
        },
    ]
    tally = counted(reader, *map(json.dumps, lines))
    assert {key[1:3]: number for key, number in tally.counts.items()} == {
        ("google", Scheme.HTTP): 1,
        ("google", Scheme.HTTPS): 1,
        ("bing-readers", Scheme.HTTP): 1,
    }
