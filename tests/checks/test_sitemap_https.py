from dataclasses import replace

import pytest

from tests.checks.run import judge
from tests.checks.web import HOST, NOW, REFUSED, TIMED_OUT, canonical, copy
from tlsaudit.evidence import NotObserved, Page, PageCopy, Reason, SiteIndex, Sitemap
from tlsaudit.registry import Registry

ROOT = f"https://{HOST}"
MAP = f"{ROOT}/sitemap.xml"


def sitemap(count: int = 50, url: str = MAP, *, insecure: int = 0, elsewhere: int = 0, **more: object) -> Sitemap:
    plain = tuple(f"http://{HOST}/{number}" for number in range(min(insecure, 10)))
    others = tuple(f"https://other.example/{number}" for number in range(min(elsewhere, 10)))
    made = Sitemap(url, False, count, plain, insecure, others, elsewhere, None)
    return replace(made, **more)  # type: ignore[arg-type]


def index(
    *sitemaps: Sitemap,
    robots: tuple[str, ...] | NotObserved = (MAP,),
    sampled: tuple[str, ...] = (),
    left: int = 0,
) -> SiteIndex:
    return SiteIndex(HOST, NOW, robots, sitemaps, sampled, left)


def page(path: str, *links: str, header: tuple[str, ...] = (), status: int = 200) -> Page:
    return Page(path, REFUSED, copy("https", *links, header=header, status=status, path=path))


def moved(status: int, to: str | None) -> Page:
    return Page("/a", REFUSED, PageCopy(f"{ROOT}/a", status, (), (), redirect=to))


PLAIN_LINE = f"http://{HOST}/sitemap.xml"
ALL_OF_IT = (
    f"robots.txt names {PLAIN_LINE}, 3 locations by http, such as http://{HOST}/0, "
    "1 location on another host, such as https://other.example/0"
)
UNREADABLE = NotObserved(Reason.NOT_A_SITEMAP, "not XML")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (index(sitemap()), ("pass", "50 locations in 1 sitemap")),
        (index(sitemap(), sitemap(3)), ("pass", "53 locations in 2 sitemaps")),
        (index(sitemap(2, index=True), sitemap(3), left=91), ("pass", "3 locations in 2 of 93 sitemaps")),
        (index(sitemap(), robots=()), ("pass", "50 locations in 1 sitemap")),
        (index(sitemap(0)), ("not_applicable", "no locations in 1 sitemap")),
        (index(sitemap(0, index=True), left=3), ("pass", "0 locations in 1 of 4 sitemaps")),
        (index(robots=()), ("not_applicable", "no sitemap")),
        (index(sitemap(), robots=("https://cdn.example/map.xml",)), ("pass", None)),
        (index(sitemap(), robots=(MAP, PLAIN_LINE)), ("fail", f"robots.txt names {PLAIN_LINE}")),
        (index(robots=("ftp://a/",)), ("fail", "robots.txt names ftp://a/")),
        (index(sitemap(insecure=12)), ("fail", f"12 locations by http, such as http://{HOST}/0")),
        (index(sitemap(2, index=True, insecure=1)), ("fail", f"1 location by http, such as http://{HOST}/0")),
        (index(sitemap(elsewhere=3)), ("fail", "3 locations on another host, such as https://other.example/0")),
        (index(sitemap(insecure=1), sitemap(insecure=2, elsewhere=1), robots=(PLAIN_LINE,)), ("fail", ALL_OF_IT)),
        (index(sitemap(missing=UNREADABLE)), ("unknown", f"{MAP}: the answer is not a sitemap: not XML")),
        (index(sitemap(), sitemap(missing=TIMED_OUT)), ("unknown", f"{MAP}: timed out")),
        (index(robots=TIMED_OUT), ("unknown", "robots.txt: timed out")),
        (index(sitemap(), robots=TIMED_OUT), ("unknown", "robots.txt: timed out")),
        # What was seen was seen.
        (index(sitemap(insecure=1, missing=UNREADABLE), robots=TIMED_OUT), ("fail", None)),
        (index(sitemap(insecure=1, url="https://{0}/{curly}")), ("fail", None)),
    ],
)
def test_the_sitemaps(seen: SiteIndex, expected: tuple[str, str | None]) -> None:
    [(outcome, message)] = judge("sitemap-https", seen, canonical())
    assert outcome == expected[0]
    assert message == (expected[1] or message)


def test_other_hosts_may_be_allowed() -> None:
    seen = index(sitemap(elsewhere=3))
    assert judge("sitemap-https", seen, canonical(), options={"other_hosts": True})[0][0] == "pass"


@pytest.mark.parametrize(
    ("sampled", "outcome"),
    [
        (page("/a", f"{ROOT}/a"), "pass"),
        (page("/a", header=(f"{ROOT}/a",)), "pass"),
        (page("/caf%C3%A9?b=%2f", f"{ROOT}/caf%c3%a9?b=/"), "pass"),
        # Other checks judge these: no link, two of them, one by http; and what is no page names nothing.
        (page("/a"), "pass"),
        (page("/a", f"{ROOT}/a", f"{ROOT}/b"), "pass"),
        (page("/a", f"http://{HOST}/a"), "pass"),
        (page("/a", f"{ROOT}/b", status=404), "pass"),
        (moved(301, f"http://{HOST}/a"), "pass"),
        (moved(302, f"{ROOT}/login"), "pass"),
        (moved(308, None), "pass"),
        (moved(301, f"{ROOT}/b"), "fail"),
        (moved(308, f"{ROOT}/a/"), "fail"),
        (Page("/a", REFUSED, TIMED_OUT), "pass"),
        (page("/other", f"{ROOT}/b"), "pass"),
        (page("/a", f"{ROOT}/b"), "fail"),
        (page("/a", header=(f"{ROOT}/a/",)), "fail"),
        (page("/a", f"{ROOT}/a?b"), "fail"),
        (page("/a", "https://m.example.org/a"), "fail"),
        (page("/a", "https://[broken"), "fail"),
    ],
)
def test_what_the_pages_of_the_sample_say(sampled: Page, outcome: str) -> None:
    seen = index(sitemap(), sampled=("/a", "/caf%C3%A9?b=%2f"))
    [(found, message)] = judge("sitemap-https", seen, canonical(page("/", f"{ROOT}/elsewhere"), sampled))
    assert found == outcome
    if outcome == "fail":
        assert isinstance(sampled.https, PageCopy)
        [named] = sampled.https.links or (sampled.https.redirect,)
        assert message == f"1 of 2 pages name another URL, such as {sampled.path} -> {named}"


def test_the_figures_are_facts() -> None:
    seen = index(sitemap(1, index=True), sitemap(7, insecure=2, elsewhere=1), sampled=("/a",), left=4)
    [verdict] = Registry.load()["sitemap-https"].function(seen, canonical(page("/a", f"{ROOT}/b")))
    assert verdict.facts == {
        "sitemaps": 2,
        "sitemaps_left": 4,
        "locations": 7,
        "http_locations": 2,
        "other_host_locations": 1,
        "sampled_pages": 1,
        "contradictions": 1,
    }
