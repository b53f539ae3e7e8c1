"""Who a request is from, on which day, and what is no request."""

import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probe.accesslog.lines import BINGBOT, FIREFOX, GOOGLEBOT, combined, count
from tlsaudit.evidence import Crawler, Scheme, SearchEngine
from tlsaudit.policy import crawlers, search_engines
from tlsaudit.probe.accesslog.moment import Clock, moment
from tlsaudit.probe.accesslog.reading import LONGEST_LINE, LogReader
from tlsaudit.probe.accesslog.recognise import Wishes, recognise
from tlsaudit.probe.accesslog.text import TextReader
from tlsaudit.probe.accesslog.who import crawler_by_agent, engine_by_host


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (GOOGLEBOT, "google"),
        ("Googlebot-Image/1.0", "google"),
        ("GOOGLEBOT/2.1", "google"),
        ("Mozilla/5.0 (X11; Linux x86_64; Storebot-Google/1.0) AppleWebKit/537.36", "google"),
        ("AdsBot-Google (+http://www.google.com/adsbot.html)", "google-other"),
        (BINGBOT, "bing"),
        ("Mozilla/5.0 (compatible; Baiduspider-render/2.0; +http://www.baidu.com/search/spider.html)", "baidu"),
        ("Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", "yandex"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 YaBrowser/24.1 Yowser/2.5 Safari/537.36", None),
        ("DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)", "duckduckgo"),
        ("Mozilla/5.0 (Macintosh) Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)", "apple"),
        ("Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)", "yahoo"),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot)",
            "openai-search",
        ),
        ("Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)", "openai"),
        ("facebookexternalhit/1.1 Facebot Twitterbot/1.0", "meta"),
        (FIREFOX, None),
        ("NotGooglebot/1.0", None),
        ("Googlebotanist", None),
        ("x-googlebot", None),
        ("", None),
    ],
)
def test_crawlers_by_user_agent(agent: str, expected: str | None) -> None:
    assert crawler_by_agent(crawlers())(agent.encode()) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("www.google.com", "google"),
        ("google.de", "google"),
        ("www.google.co.uk:443", "google"),
        ("WWW.GOOGLE.COM.AU.", "google"),
        ("com.google.android.googlequicksearchbox", "google"),
        ("mail.google.com", None),
        ("google.evil.com", None),
        ("www.google.com.evil.org", None),
        ("www.google.com@evil.org", None),
        ("user@www.google.com", "google"),
        ("www.bing.com", "bing"),
        ("r.search.yahoo.com", "yahoo"),
        ("de.search.yahoo.com", "yahoo"),
        ("ya.ru", "yandex"),
        ("yandex.com.tr", "yandex"),
        ("duckduckgo.com", "duckduckgo"),
        ("www.example.org", None),
        ("", None),
    ],
)
def test_search_engines_by_referer(host: str, expected: str | None) -> None:
    found = engine_by_host(search_engines())(host.encode())
    assert found == (f"{expected}-readers" if expected else None)


def test_each_of_them_has_a_source() -> None:
    everybody: list[Crawler | SearchEngine] = [*crawlers(), *search_engines()]
    assert len({item.id for item in everybody}) == len(everybody)
    assert all(item.source.startswith("https://") and item.retrieved >= date(2026, 11, 25) for item in everybody)
    assert all(crawler.tokens for crawler in crawlers())


def test_a_crawler_is_no_reader() -> None:
    tally = count(
        combined(referer="https://www.google.com/"),
        combined(FIREFOX, referer="https://www.google.com/search?q=a%22b"),
        combined(FIREFOX, referer="https://www.example.org/https://www.google.com/"),
        combined(FIREFOX, referer="android-app://com.google.android.googlequicksearchbox/"),
    )
    assert {key[1]: number for key, number in tally.counts.items()} == {"google": 1, "google-readers": 2}


@pytest.mark.parametrize(
    ("clock", "first", "second", "expected"),
    [
        (Clock.CLF, "25/Nov/2026:00:33", "+0000", "2026-11-25T00:33"),
        (Clock.CLF, "25/Nov/2026:00:33", "+0100", "2026-11-24T23:33"),
        (Clock.CLF, "31/Dec/2026:22:33", "-0330", "2027-01-01T02:03"),
        (Clock.ISO, "2026-11-25T00:33", "Z", "2026-11-25T00:33"),
        (Clock.ISO, "2026-11-25T00:33", "+05:30", "2026-11-24T19:03"),
        (Clock.EPOCH, "1795566839", "", "2026-11-25T00:33"),
        (Clock.EPOCH, "1795566839000", "", "2026-11-25T00:33"),
        (Clock.EPOCH, "1795566839000000", "", "2026-11-25T00:33"),
        (Clock.EPOCH, "1795566839000000000", "", "2026-11-25T00:33"),
        (Clock.W3C, "2026-11-25", "00:33", "2026-11-25T00:33"),
    ],
)
def test_moments(clock: Clock, first: str, second: str, expected: str) -> None:
    assert moment(clock, first, second) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_line_counts_for_the_day_in_utc() -> None:
    tally = count(combined(time="25/Nov/2026:00:30:00 +0100"), combined(time="25/Nov/2026:01:30:00 +0100"))
    assert sorted(key[0] for key in tally.counts) == [date(2026, 11, 24), date(2026, 11, 25)]
    assert (tally.first, tally.last) == (
        datetime(2026, 11, 24, 23, 30, tzinfo=UTC),
        datetime(2026, 11, 25, 0, 30, tzinfo=UTC),
    )


def test_malformed_lines_are_counted_and_named() -> None:
    bad = [
        "nonsense",
        combined()[:50],
        combined(time="25/Nov/2026"),
        "\x1b[31m",
        combined(time="99/Nov/2026:25:00:00 +0000"),
    ]
    tally = count(combined(), *bad, "", combined())
    assert (tally.read, tally.malformed, tally.lines) == (2, 5, 8)
    assert [number for number, _ in tally.shown] == [1, 2, 3, 4]


@pytest.mark.parametrize(("length", "read"), [(LONGEST_LINE, 2), (LONGEST_LINE + 1, 1)])
def test_a_line_that_is_too_long_is_malformed(length: int, read: int) -> None:
    long = combined(request="x" * (length - len(combined(request=""))))
    assert len(long) == length
    tally = count(combined(), long)
    assert (tally.read, tally.malformed) == (read, 2 - read)


HOSTILE = [
    '"' * LONGEST_LINE,
    '\\"' * (LONGEST_LINE // 2),
    "a " * (LONGEST_LINE // 2),
    combined(request="\\" * 60_000),
    combined(request='" "' * 20_000),
    combined(referer="https://" * 8_000),
    combined(tail=" , " * 20_000),
    combined(head="a:" * 30_000),
    "[" * LONGEST_LINE,
    "192.0.2.1 - - " + "[25/Nov/2026:12:00:00 +0000] " * 2_000,
]


@pytest.mark.parametrize(
    "log_format",
    [None, "$remote_addr:$remote_port $http_x_forwarded_for $upstream_addr $request $msec $http_user_agent $scheme"],
)
def test_no_line_takes_long(log_format: str | None) -> None:
    """Time that grows with the square of a line's length would be hours here."""
    reader: LogReader = recognise(f"{combined(tail=' https')}\n".encode(), Wishes(log_format))
    assert isinstance(reader, TextReader)
    lines = [reader.read(f"{line}\n".encode()) for line in HOSTILE]
    started = time.process_time()
    for line in HOSTILE:
        reader.read(f"{line}\n".encode())
    assert time.process_time() - started < 30
    assert all(found.lines == 1 for found in lines)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters='"\\\r\n'), max_size=30)


@given(
    agent=TEXT,
    referer=TEXT,
    request=TEXT,
    scheme=st.sampled_from(["http", "https"]),
    at=st.datetimes(datetime(1990, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 the offset is written beside it
)
def test_what_a_server_writes_is_read(agent: str, referer: str, request: str, scheme: str, at: datetime) -> None:
    line = combined(
        f"Googlebot {agent}", referer=referer, request=request, tail=f" {scheme}", time=f"{at:%d/%b/%Y:%H:%M:%S} +0000"
    )
    tally = count(line, wishes=Wishes("combined-scheme"))
    assert (tally.read, tally.malformed) == (1, 0)
    assert [(key[0], key[1], key[2]) for key in tally.counts] == [(at.date(), "google", Scheme(scheme))]


@given(
    st.binary(max_size=300),
    st.sampled_from(["", '{"time":"2026-11-25T12:00:00Z","ua":"x"}', "#Fields: date time cs(User-Agent)"]),
)
def test_whatever_a_log_holds_is_counted(junk: bytes, first: str) -> None:
    head = (first or combined(tail=" https")).encode() + b"\n"
    reader = recognise(head, Wishes())
    chunk = head + junk.replace(b"\r", b"") + b"\n"
    found = reader.read(chunk)
    blank = sum(not line.strip() or line.startswith(b"#") for line in chunk.split(b"\n")[:-1])
    assert found.lines == chunk.count(b"\n")
    assert found.lines - blank <= len(found.rows) + found.malformed <= found.lines
