"""What a Set-Cookie field means, by the algorithms of RFC 6265 section 5."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsaudit.evidence import Cookie, parse_set_cookie
from tlsaudit.evidence.cookie import MAX_NAME, parse_date

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOST = "www.example.org"
PLAIN = Cookie("a", secure=False, http_only=False, same_site=None)
SECURE = Cookie("a", secure=True, http_only=False, same_site=None)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("a=b", PLAIN),
        (" \t a \t = b ", PLAIN),
        ("a=", PLAIN),
        ("a=b=c", PLAIN),
        ('a="b; Secure"', PLAIN),  # quotes mean nothing, so that is no Secure
        ("a=b; Secure", SECURE),
        ("a=b;SECURE", SECURE),
        ("a=b; ;; secure = no ; x", SECURE),
        ("a=Secure", PLAIN),
        ("a=b, c=d; Secure", SECURE),  # a comma does not part two cookies
        ("a=b; HttpOnly", Cookie("a", False, True, None)),
        ("a=b; SameSite=Lax", Cookie("a", False, False, "lax")),
        ("a=b; SAMESITE=NONE; Secure", Cookie("a", True, False, "none")),
        ("a=b; SameSite=Lax; SameSite=Strict", Cookie("a", False, False, "strict")),
        ("a=b; SameSite=whatever", PLAIN),
        ("a=b; Path=/", Cookie("a", False, False, None, root_path=True)),
        ("a=b; Path=/; Path=/wiki", PLAIN),
        ("a=b; Domain=example.org", Cookie("a", False, False, None, host_only=False)),
        ("a=b; Domain=.WWW.example.org", Cookie("a", False, False, None, host_only=False)),
        ("a=b; Domain=", PLAIN),
        ("a=b; Domain=.", PLAIN),
        ("a=b; Domain=m.example.org; Domain=", PLAIN),
        ("x" * 4095 + "=b", Cookie("x" * MAX_NAME, False, False, None)),
        # Without a name; browsers keep it, and send the value alone.
        ("a", Cookie("", False, False, None)),
        ("a; Secure=b", Cookie("", True, False, None)),
        ("=b", Cookie("", False, False, None)),
        (" =b=c; Secure", Cookie("", True, False, None)),
        # No cookie.
        ("", None),
        (";", None),
        (" = ; Secure", None),
        ("=__Host-a", None),
        ("__secure-a; Secure", None),
        ("x" * 4096 + "=b", None),
        ("a=" + "x" * 4096, None),
        ("a\x01b=1", None),
        ("a=b; Path=/\x02", None),
        ("a=b; Domain=example.com", None),
        ("a=b; Domain=m.example.org", None),
        ("a=b; Domain=xample.org", None),
        # A cookie that is deleted.
        ("a=b; Max-Age=0", None),
        ("a=b; max-age=-1", None),
        ("a=b; Max-Age=000", None),
        ("a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("a=; expires=Thu, 01-Jan-70 00:00:01 GMT; path=/", None),
        ("a=; Expires=Wed, 25 Nov 2026 12:00:00 GMT", None),
        ("a=; Expires=Wed, 25 Nov 2026 12:00:01 GMT", PLAIN),
        # Max-Age is stronger than Expires, the last of several counts, and what cannot be read does not.
        ("a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", PLAIN),
        ("a=b; Max-Age=0; Expires=Thu, 01 Jan 2099 00:00:00 GMT", None),
        ("a=b; Max-Age=0; Max-Age=60", PLAIN),
        ("a=b; Max-Age=60; Max-Age=0", None),
        ("a=b; Max-Age=0; Max-Age=soon", None),
        ("a=b; Max-Age=", PLAIN),
        ("a=b; Max-Age=1e9", PLAIN),
        ("a=b; Max-Age=\u0660", PLAIN),
        ("a=b; Expires=never", PLAIN),
    ],
)
def test_one_field(field: str, expected: Cookie | None) -> None:
    assert parse_set_cookie(field, HOST, NOW) == expected


def test_an_address_is_in_no_domain() -> None:
    assert parse_set_cookie("a=b; Domain=0.0.1", "127.0.0.1", NOW) is None
    assert parse_set_cookie("a=b; Domain=127.0.0.1", "127.0.0.1", NOW) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sun Nov  6 08:49:37 1994", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("8:9:7 6november69", None),  # `6november69` is one token: a day, and the rest of it nothing
        ("8:9:7 6 november 69", datetime(2069, 11, 6, 8, 9, 7, tzinfo=UTC)),
        ("1 jan 70 0:0:0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1 Jan 1601 00:00:00", datetime(1601, 1, 1, tzinfo=UTC)),
        ("1 Jan 1600 00:00:00", None),
        ("30 Feb 2026 00:00:00", None),
        ("1 Jan 2026 24:00:00", None),
        ("1 Jan 20260 00:00:00", None),
        ("1 Jan 2026", None),
        ("", None),
    ],
)
def test_dates(text: str, expected: datetime | None) -> None:
    assert parse_date(text) == expected


@given(st.text(max_size=200))
def test_whatever_a_server_says_is_read(text: str) -> None:
    cookie = parse_set_cookie(text, HOST, NOW)
    assert cookie is None or len(cookie.name) <= MAX_NAME


ATTRIBUTES = st.sampled_from(["Path=/", "Domain=example.org", "HttpOnly", "SameSite=Lax", "Max-Age=9", "x", "secured"])


@given(st.lists(ATTRIBUTES), st.integers(min_value=0), st.sampled_from([" ", "", "\t"]))
def test_secure_counts_wherever_it_stands_and_nothing_else_is_it(items: list[str], place: int, space: str) -> None:
    bare = parse_set_cookie(";".join(["a=b", *items]), HOST, NOW)
    items.insert(place % (len(items) + 1), f"{space}sEcUrE{space}")
    with_it = parse_set_cookie(";".join(["a=b", *items]), HOST, NOW)
    assert (bare is not None and bare.secure, with_it is not None and with_it.secure) == (False, True)


@given(st.datetimes(min_value=datetime(1601, 1, 2), timezones=st.just(UTC)))  # noqa: DTZ001  as hypothesis wants it
def test_a_cookie_lives_until_it_expires(when: datetime) -> None:
    moment = when.replace(microsecond=0)
    field = f"a=b; Expires={moment.day} {moment:%b} {moment.year} {moment:%H:%M:%S} GMT"
    assert parse_set_cookie(field, HOST, moment) is None
    assert parse_set_cookie(field, HOST, moment - timedelta(seconds=1)) == PLAIN
