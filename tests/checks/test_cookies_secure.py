from dataclasses import replace

import pytest

from tests.checks.run import judge
from tests.checks.web import LOOP, TIMED_OUT, hop, http, https, visit
from tlsaudit.evidence import Cookie, Hop, HttpExchange, HttpsExchange

ROOT = "https://www.example.org/"
PLAIN = "http://www.example.org/"

BARE = Cookie("session", secure=False, http_only=True, same_site="lax")
SECURE = replace(BARE, secure=True)
HOST = Cookie("__Host-id", True, True, None, host_only=True, root_path=True)
PREFIX = "not what the prefix of the name promises"


def sets(url: str, *cookies: Cookie, status: int = 200, location: str | None = None) -> Hop:
    return replace(hop(url, status, location), cookies=cookies)


def named(*names: str) -> tuple[Cookie, ...]:
    return tuple(replace(BARE, name=name) for name in names)


@pytest.mark.parametrize(
    ("plain", "secure", "expected"),
    [
        (http(refused=True), https(visit(hop(ROOT))), ("not_applicable", "no cookies are set")),
        (http(visit(hop(PLAIN))), https(visit(hop(ROOT))), ("not_applicable", "no cookies are set")),
        (http(dropped=True), https(visit(sets(ROOT, SECURE))), ("pass", "over https and with Secure: session")),
        (http(refused=True), https(visit(sets(ROOT, BARE))), ("fail", "without Secure: session")),
        (http(visit(sets(PLAIN, BARE))), https(visit(hop(ROOT))), ("fail", "set over plain http: session")),
        (
            http(refused=True),
            https(visit(sets(ROOT, *named("", "a")))),
            ("fail", "without Secure: one without a name, a"),
        ),
        # Browsers do not take it, but it was sent, and read by all on the path.
        (http(visit(sets(PLAIN, SECURE))), https(visit(hop(ROOT))), ("fail", "set over plain http: session")),
        # A redirect may set one as well.
        (
            http(visit(sets(PLAIN, BARE, status=301, location=ROOT), sets(ROOT, SECURE))),
            https(visit(sets(ROOT, SECURE))),
            ("fail", "set over plain http: session"),
        ),
        (
            http(visit(sets(PLAIN, *named("a", "b"), status=301, location=ROOT), hop(ROOT))),
            https(visit(sets(ROOT, BARE, *named("b")))),
            ("fail", "set over plain http: a, b; without Secure: session, b"),
        ),
        # What a page further on sets counts, another host's does not.
        (http(refused=True), https(visit(hop(ROOT), sets(ROOT + "home", BARE))), ("fail", "without Secure: session")),
        (
            http(visit(hop(PLAIN, 301, "http://m.example.org/"), sets("http://m.example.org/", BARE))),
            https(visit(hop(ROOT), sets("https://example.org/", BARE))),
            ("not_applicable", "no cookies are set"),
        ),
        (http(refused=True), https(visit(hop(ROOT)), visit(sets(ROOT + "x", BARE))), ("fail", None)),
        (
            http(refused=True),
            https(visit(hop(ROOT)), visit(url=ROOT + "x", stopped=TIMED_OUT)),
            ("not_applicable", None),
        ),
        (
            http(refused=True),
            https(visit(sets(ROOT, BARE, status=302, location=ROOT), stopped=LOOP)),
            ("fail", "without Secure: session"),
        ),
        # Promises of names.
        (http(refused=True), https(visit(sets(ROOT, HOST))), ("pass", "over https and with Secure: __Host-id")),
        (
            http(refused=True),
            https(visit(sets(ROOT, replace(HOST, root_path=False)))),
            ("fail", f"{PREFIX}: __Host-id"),
        ),
        (
            http(refused=True),
            https(visit(sets(ROOT, replace(HOST, host_only=False)))),
            ("fail", f"{PREFIX}: __Host-id"),
        ),
        (
            http(refused=True),
            https(visit(sets(ROOT, replace(BARE, name="__SECURE-id")))),
            ("fail", f"without Secure: __SECURE-id; {PREFIX}: __SECURE-id"),
        ),
        (http(refused=True), https(visit(sets(ROOT, replace(SECURE, name="__Secure-id")))), ("pass", None)),
        # Many names, long names.
        (
            http(refused=True),
            https(visit(sets(ROOT, *named(*"abcdefg")))),
            ("fail", "without Secure: a, b, c, d, e and 2 more"),
        ),
        (
            http(refused=True),
            https(visit(sets(ROOT, *named("x" * 200)))),
            ("fail", f"without Secure: {'x' * 60}"),
        ),
        # Turned away, nothing is known of the cookies of others.
        (
            http(refused=True),
            https(visit(hop(ROOT, 403))),
            ("unknown", "403 from the server: no cookies to judge"),
        ),
        (http(refused=True), https(visit(sets(ROOT, BARE, status=403))), ("fail", "without Secure: session")),
        (http(refused=True), https(visit(hop(ROOT)), visit(hop(ROOT + "deep", 403))), ("not_applicable", None)),
    ],
)
def test_cookies(plain: HttpExchange, secure: HttpsExchange, expected: tuple[str, str | None]) -> None:
    [(outcome, message)] = judge("cookies-secure", plain, secure)
    assert (outcome, message) == (expected[0], expected[1] or message)
