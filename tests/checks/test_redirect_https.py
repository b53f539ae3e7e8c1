from dataclasses import replace

import pytest

from tests.checks.run import judge, registry
from tests.checks.web import LOOP, TIMED_OUT, canonical, copy, hop, http, visit
from tlsaudit.evidence import CanonicalLinks, Cookie, HttpExchange, NotObserved, Page, Reason, Visit
from tlsaudit.registry import rule

START = "http://www.example.org/"
DEEP = "http://www.example.org/wiki/Encryption?action=view"
END = hop("https://www.example.org/")
SEEN = Cookie("seen", secure=False, http_only=False, same_site=None)
PRIVATE = NotObserved(Reason.NOT_FOLLOWED, "fd00:ec2::254:443 it is not public")
CONTRADICTORY = NotObserved(Reason.NOT_FOLLOWED, "Location fields that contradict one another")


def redirected(
    status: int, location: str | None, *then: str, url: str = START, stop: NotObserved | None = None
) -> Visit:
    """A visit that starts with a redirect and goes on over these URLs."""
    urls = [*then, None]
    further = [hop(here, 301, there) if there else hop(here) for here, there in zip(then, urls[1:], strict=True)]
    return visit(hop(url, status, location), *further, stopped=stop)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (http(refused=True), ("pass", "plain http is closed")),
        (http(dropped=True), ("pass", "plain http is not answered, asked twice, while https is")),
        (http(redirected(301, END.url, END.url)), ("pass", "http -> 301 https://www.example.org/")),
        (http(redirected(308, END.url, END.url)), ("pass", "http -> 308 https://www.example.org/")),
        (http(redirected(301, "https://WWW.Example.Org:443#top", END.url)), ("pass", None)),
        (http(redirected(301, "//www.example.org/")), ("fail", "http -> 301 http://www.example.org/: not https")),
        (http(redirected(301, "/home")), ("fail", "http -> 301 http://www.example.org/home: not https, other path")),
        (
            http(redirected(302, END.url, END.url)),
            ("fail", "http -> 302 https://www.example.org/: not permanent"),
        ),
        (http(redirected(303, END.url, END.url)), ("fail", None)),
        (
            http(visit(replace(hop(START, 301, END.url), contradictory=True), stopped=CONTRADICTORY)),
            ("fail", "http -> 301: redirect not followed: Location fields that contradict one another"),
        ),
        (http(redirected(307, END.url, END.url)), ("fail", None)),
        (
            http(redirected(302, "https://example.org/", "https://example.org/")),
            ("fail", "http -> 302 https://example.org/: other host, not permanent"),
        ),
        (
            http(redirected(301, "https://www.example.org:8443/", "https://www.example.org:8443/")),
            ("fail", "http -> 301 https://www.example.org:8443/: other port"),
        ),
        (http(redirected(301, "https://www.example.org:8443/"), https_port=8443), ("pass", None)),
        (
            http(redirected(301, END.url, END.url, url=DEEP)),
            (
                "fail",
                "http /wiki/Encryption?action=view -> 301 https://www.example.org/: other path",
            ),
        ),
        (http(redirected(301, "https://www.example.org/wiki/Encryption", url=DEEP)), ("fail", None)),
        (http(redirected(301, "https://www.example.org/wiki/%45ncryption?action=view", url=DEEP)), ("pass", None)),
        (
            http(redirected(301, END.url, END.url, "http://m.example.org/", "https://m.example.org/")),
            ("fail", "http -> 301 https://www.example.org/: later back to http://m.example.org/"),
        ),
        # The step back counts although nobody answered there.
        (
            http(visit(hop(START, 301, END.url), hop(END.url, 302, START + "old"), stopped=TIMED_OUT)),
            ("fail", "http -> 301 https://www.example.org/: later back to http://www.example.org/old"),
        ),
        (
            http(visit(hop(START, 301, END.url), hop(END.url, 302, END.url), stopped=LOOP)),
            ("fail", "http -> 301 https://www.example.org/: redirect loop"),
        ),
        # Once over https all the way: www first, then the long way round.
        (
            http(redirected(301, "http://example.org/", "http://example.org/", "https://example.org/")),
            ("fail", "http -> 301 http://example.org/: not https, other host"),
        ),
        # The third redirect leads back.
        (
            http(
                redirected(
                    301, END.url, END.url, END.url + "a", END.url + "b", "http://www.example.org/c", END.url + "c"
                )
            ),
            ("fail", "http -> 301 https://www.example.org/: later back to http://www.example.org/c"),
        ),
        # This client sends no cookies back; others may get out of the circle.
        (
            http(visit(hop(START, 301, END.url), replace(hop(END.url, 302, END.url), cookies=(SEEN,)), stopped=LOOP)),
            ("unknown", "http -> 301 https://www.example.org/: not seen to its end (redirect loop)"),
        ),
        (
            http(visit(hop(START, 301, END.url), hop(END.url, 302, "https://[fd00:ec2::254]/"), stopped=PRIVATE)),
            ("unknown", f"http -> 301 https://www.example.org/: not seen to its end ({PRIVATE})"),
        ),
        (
            http(redirected(301, END.url, stop=TIMED_OUT)),
            ("unknown", "http -> 301 https://www.example.org/: not seen to its end (timed out)"),
        ),
        (http(visit(hop(START, 200))), ("fail", "http -> 200: not a redirect")),
        (http(visit(hop(START, 404))), ("fail", "http -> 404: not a redirect")),
        (http(visit(hop(START, 304))), ("fail", "http -> 304: not a redirect")),
        (http(visit(hop(START, 403))), ("unknown", "http -> 403: nothing to judge")),
        (http(visit(hop(START, 429))), ("unknown", "http -> 429: nothing to judge")),
        (http(visit(hop(START, 503))), ("unknown", "http -> 503: nothing to judge")),
        (http(visit(hop(START, 407))), ("unknown", "http -> 407: nothing to judge")),
        (http(visit(hop(START, 511))), ("unknown", "http -> 511: nothing to judge")),
        (http(visit(hop(START, 401))), ("fail", "http -> 401: not a redirect")),
        (http(visit(hop(START, 500))), ("fail", "http -> 500: not a redirect")),
        (http(visit(hop(START, 502))), ("fail", "http -> 502: not a redirect")),
        (
            http(redirected(301, None, stop=NotObserved(Reason.NOT_FOLLOWED, "no Location field"))),
            ("fail", "http -> 301: redirect not followed: no Location field"),
        ),
        (http(redirected(301, "javascript:alert(1)", stop=NotObserved(Reason.NOT_FOLLOWED))), ("fail", None)),
        (http(visit(url=START, stopped=TIMED_OUT)), ("unknown", "http: timed out")),
    ],
)
def test_one_page(evidence: HttpExchange, expected: tuple[str, str | None]) -> None:
    [(outcome, message)] = judge("redirect-https", evidence, canonical())
    assert outcome == expected[0]
    assert message == (expected[1] or message)


def test_a_refresh_is_no_redirect() -> None:
    page = Page("/", replace(copy("http"), refresh=END.url), TIMED_OUT)
    assert judge("redirect-https", http(visit(hop(START))), canonical(page)) == [
        ("fail", "http -> 200: not a redirect (a refresh to https://www.example.org/ does not count)")
    ]


@pytest.mark.parametrize(
    ("refresh", "expected"),
    [
        ("http://www.example.org/plain", "http -> 301 https://www.example.org/: later back to {} by a refresh"),
        ("https://www.example.org/more", "http -> 301 https://www.example.org/"),
    ],
)
def test_a_refresh_back_to_http_undoes_a_redirect(refresh: str, expected: str) -> None:
    page = Page("/", copy("http"), replace(copy("https"), refresh=refresh))
    [(outcome, message)] = judge("redirect-https", http(redirected(301, END.url, END.url)), canonical(page))
    assert message == expected.format(refresh)
    assert outcome == ("pass" if refresh.startswith("https") else "fail")


def test_a_closed_port_is_as_good_as_a_redirect_where_no_page_can_be_read() -> None:
    wanted = NotObserved(Reason.CLIENT_CERTIFICATE)
    assert "redirect-https" in {check.id for check in registry().values() if CanonicalLinks in check.optional}
    assert judge("redirect-https", http(refused=True), wanted) == [("pass", "plain http is closed")]


@pytest.mark.parametrize(("status", "kept"), [(301, False), (302, False), (307, True), (308, True)])
def test_whether_a_post_stays_one_is_a_fact(status: int, kept: bool) -> None:
    evidence = http(redirected(status, END.url, END.url)), canonical()
    [verdict] = rule(registry()["redirect-https"], {}).verdicts(evidence)
    assert verdict.facts["keeps_method"] is kept


def test_every_page_is_judged() -> None:
    evidence = http(redirected(301, END.url, END.url), visit(hop(DEEP, 200)))
    assert judge("redirect-https", evidence, canonical()) == [
        ("pass", "http -> 301 https://www.example.org/"),
        ("fail", "http /wiki/Encryption?action=view -> 200: not a redirect"),
    ]


def test_what_is_true_of_every_page_is_said_once() -> None:
    deep = redirected(302, DEEP.replace("http:", "https:"), url=DEEP)
    assert judge("redirect-https", http(redirected(302, END.url, END.url), deep), canonical()) == [
        ("fail", "http -> 302 https://www.example.org/: not permanent")
    ]
