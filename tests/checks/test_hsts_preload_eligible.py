from collections.abc import Sequence

import pytest

from tests.checks.run import registry
from tests.checks.web import LOOP, NOW, TIMED_OUT, hop, visit
from tlsaudit.check import Outcome
from tlsaudit.evidence import Hop, HttpExchange, HttpsExchange, NotObserved, Reason, Visit
from tlsaudit.registry import rule

HOST = "example.org"
HTTP, HTTPS = f"http://{HOST}/", f"https://{HOST}/"
GOOD = "max-age=31536000; includeSubDomains; preload"
NOWHERE = NotObserved(Reason.NOT_FOLLOWED, "the URL is malformed")


def secure(*fields: str, status: int = 200, location: str | None = None, url: str = HTTPS) -> Hop:
    return hop(url, status, location, fields)


def https(
    *hops: Hop, stopped: NotObserved | None = None, chain_error: str | None = None, host: str = HOST
) -> HttpsExchange:
    return HttpsExchange(host, NOW, 10.0, chain_error, (visit(*hops, stopped=stopped, url=f"https://{host}/"),))


def http(*hops: Hop, stopped: NotObserved | None = None, host: str = HOST) -> HttpExchange:
    """What http answers; the port is closed where there is neither an answer nor a reason."""
    visits: tuple[Visit, ...] = (visit(*hops, stopped=stopped, url=f"http://{host}/"),) if hops or stopped else ()
    return HttpExchange(host, NOW, not visits, visits)


def redirect(location: str, *then: Hop, status: int = 301, stopped: NotObserved | None = None) -> HttpExchange:
    return http(hop(HTTP, status, location), *then, stopped=stopped)


ELIGIBLE = redirect(HTTPS, secure(GOOD))


def judged(over_https: HttpsExchange, over_http: HttpExchange) -> tuple[str, list[str] | None]:
    """The outcome and the issue codes."""
    (verdict,) = rule(registry()["hsts-preload-eligible"], {}).verdicts([over_https, over_http])
    issues = verdict.facts.get("issues")
    assert issues is None or isinstance(issues, list)
    return verdict.outcome.value, issues


PASS: tuple[str, list[str]] = ("pass", [])


def fails(*codes: str) -> tuple[str, list[str]]:
    return "fail", list(codes)


@pytest.mark.parametrize(
    ("field", "codes"),
    [
        (GOOD, ()),
        ("preload; INCLUDESUBDOMAINS ; Max-Age=63072000", ()),
        ("max-age=31536000; includeSubDomains; preload;", ()),
        ("max-age=31536000; includeSubDomains; preload; other=thing", ()),
        ("max-age=3153600000; includeSubDomains; preload", ()),
        ("max-age=031536000; includeSubDomains; preload", ()),
        ("max-age=31535999; includeSubDomains; preload", ("header.preloadable.max_age.below_1_year",)),
        ("max-age=10886400; includeSubDomains; preload", ("header.preloadable.max_age.below_1_year",)),
        ("max-age=0; includeSubDomains; preload", ("header.preloadable.max_age.zero",)),
        ("max-age=31536000; preload", ("header.preloadable.include_sub_domains.missing",)),
        ("max-age=31536000; includeSubDomains", ("header.preloadable.preload.missing",)),
        ("max-age=31536000; includeSubDomains; preload=yes", ("header.preloadable.preload.missing",)),
        (
            "max-age=300",
            (
                "header.preloadable.max_age.below_1_year",
                "header.preloadable.include_sub_domains.missing",
                "header.preloadable.preload.missing",
            ),
        ),
        # Right by the RFC, but not read by the scanner of the list's site.
        ('max-age="31536000"; includeSubDomains; preload', ("header.parse.max_age.non_digit_characters",)),
        ("max-age = 31536000; includeSubDomains; preload", ("header.parse.max_age.non_digit_characters",)),
        # The other way round: the scanner only warns, browsers ignore it.
        ("max-age=31536000; includeSubDomains; preload; preload", ("header.void",)),
        ("includeSubDomains; preload", ("header.void",)),
        ("", ("header.void",)),
    ],
)
def test_the_header(field: str, codes: Sequence[str]) -> None:
    # The same header behind the redirect is not complained of twice.
    over_http = redirect(HTTPS, secure(field))
    assert judged(https(secure(field)), over_http) == (fails(*codes) if codes else PASS)
    if codes:
        told = judged(https(secure(GOOD)), over_http)
        assert told == fails("redirects.http.first_redirect.no_hsts")


@pytest.mark.parametrize(
    ("over_https", "expected"),
    [
        (https(secure()), fails("response.no_header")),
        (https(secure(status=404)), fails("response.no_header")),
        (https(secure(GOOD, status=404)), PASS),
        (https(secure(GOOD, GOOD)), fails("response.multiple_headers")),
        (https(secure(GOOD), chain_error="self-signed"), fails("domain.tls.invalid_cert_chain")),
        # A redirect must carry the header itself, and must stay on https.
        (https(secure(GOOD, status=301, location="https://www.example.org/"), secure()), PASS),
        (
            https(secure(status=301, location="https://www.example.org/"), secure(GOOD)),
            fails("response.no_header"),
        ),
        (
            https(secure(GOOD, status=301, location="http://www.example.org/"), hop("http://www.example.org/")),
            fails("redirects.insecure.initial"),
        ),
        (
            https(
                secure(GOOD, status=301, location="/a"),
                secure(status=301, location="http://example.org/b"),
                hop("http://example.org/b"),
            ),
            fails("redirects.insecure.subsequent"),
        ),
        (
            https(*(secure(GOOD, status=302, location=f"/{number}") for number in range(3)), secure(GOOD)),
            PASS,
        ),
        (
            https(*(secure(GOOD, status=302, location=f"/{number}") for number in range(4)), secure(GOOD)),
            fails("redirects.too_many"),
        ),
        (https(secure(GOOD, status=302, location="/"), stopped=LOOP), fails("redirects.too_many")),
        (
            https(secure(GOOD, status=302, location="ftp://example.org/"), stopped=NOWHERE),
            fails("redirects.follow_error"),
        ),
        (https(secure(GOOD, status=302, location="/b"), stopped=TIMED_OUT), ("unknown", None)),
        (https(stopped=TIMED_OUT), ("unknown", None)),
        (https(secure(status=503)), ("unknown", None)),
        (https(secure(GOOD, status=403)), PASS),
    ],
)
def test_https(over_https: HttpsExchange, expected: tuple[str, list[str] | None]) -> None:
    assert judged(over_https, http()) == expected


@pytest.mark.parametrize(
    ("over_http", "expected"),
    [
        (http(), PASS),
        (HttpExchange(HOST, NOW, False, (), dropped=True), PASS),
        (ELIGIBLE, PASS),
        (redirect(HTTPS, secure(GOOD), status=302), PASS),
        (redirect("https://example.org/home", secure(GOOD, url="https://example.org/home")), PASS),
        (redirect("https://EXAMPLE.org:443", secure(GOOD)), PASS),
        (redirect(HTTPS, secure()), fails("redirects.http.first_redirect.no_hsts")),
        (redirect(HTTPS, secure(GOOD, GOOD)), fails("redirects.http.first_redirect.no_hsts")),
        (http(hop(HTTP)), fails("redirects.http.no_redirect")),
        (http(hop(HTTP, 404)), fails("redirects.http.no_redirect")),
        (http(hop(HTTP, 301), stopped=NOWHERE), fails("redirects.http.no_redirect")),
        (redirect("http://www.example.org/"), fails("redirects.http.www_first")),
        (redirect("https://www.example.org/"), fails("redirects.http.www_first")),
        (redirect("/home"), fails("redirects.http.first_redirect.insecure")),
        (redirect("https://example.net/"), fails("redirects.http.first_redirect.insecure")),
        (
            redirect(HTTPS, secure(GOOD, status=301, location="http://example.org/x"), hop("http://example.org/x")),
            fails("redirects.insecure.subsequent"),
        ),
        (
            redirect(HTTPS, *(secure(GOOD, status=302, location=f"/{one}") for one in "abc")),
            fails("redirects.too_many"),
        ),
        (redirect(HTTPS, *(secure(GOOD, status=302, location=f"/{one}") for one in "ab"), secure(GOOD)), PASS),
        (redirect(HTTPS, stopped=TIMED_OUT), ("unknown", None)),
        (http(stopped=TIMED_OUT), ("unknown", None)),
        (http(hop(HTTP, 429)), ("unknown", None)),
    ],
)
def test_http(over_http: HttpExchange, expected: tuple[str, list[str] | None]) -> None:
    assert judged(https(secure(GOOD)), over_http) == expected


def test_what_was_seen_to_be_wrong_is_wrong_whatever_was_not_seen() -> None:
    assert judged(https(secure("max-age=0")), http(stopped=TIMED_OUT))[0] == "fail"
    assert judged(https(stopped=TIMED_OUT), http(hop(HTTP))) == fails("redirects.http.no_redirect")


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("www.example.org", "a subdomain: what can be preloaded is example.org"),
        ("a.b.example.co.uk", "a subdomain: what can be preloaded is example.co.uk"),
        ("co.uk", "neither an IP address nor a public suffix can be submitted"),
        ("localhost", "neither an IP address nor a public suffix can be submitted"),
        ("github.io", "neither an IP address nor a public suffix can be submitted"),
        ("192.0.2.10", "neither an IP address nor a public suffix can be submitted"),
        ("2001:db8::1", "neither an IP address nor a public suffix can be submitted"),
    ],
)
def test_only_a_registered_domain_is_judged(host: str, message: str) -> None:
    (verdict,) = rule(registry()["hsts-preload-eligible"], {}).verdicts([https(secure(), host=host), http(host=host)])
    assert (verdict.outcome, verdict.message) == (Outcome.NOT_APPLICABLE, message)


@pytest.mark.parametrize("host", ["example.co.uk", "user.github.io", "xn--bcher-kva.example", "example.unknowntld"])
def test_what_is_registered_below_a_public_suffix(host: str) -> None:
    assert judged(https(secure(GOOD, url=f"https://{host}/"), host=host), http(host=host)) == PASS


def test_the_message_names_all_that_stands_in_the_way() -> None:
    (verdict,) = rule(registry()["hsts-preload-eligible"], {}).verdicts([https(secure("max-age=300")), http(hop(HTTP))])
    assert verdict.message == (
        "not eligible for preloading: max-age=300 is less than 31536000; no includeSubDomains; no preload directive; "
        "http -> 200: not a redirect that leads anywhere"
    )
