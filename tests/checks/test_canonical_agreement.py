from dataclasses import replace

import pytest

from tests.checks.run import Expected, judge
from tests.checks.web import REFUSED, TIMED_OUT, canonical, copy
from tlsaudit.evidence import Alternate, NotObserved, Page, PageCopy

GOOD = "https://www.example.org/"
OLD = "http://www.example.org/"
GERMAN = Alternate("de", "https://www.example.org/de")

PLAIN = copy("https", GOOD)


def hinted(og_url: str | None = None, *alternates: Alternate, page: PageCopy = PLAIN) -> PageCopy:
    return replace(page, og_url=og_url, alternates=alternates)


@pytest.mark.parametrize(
    ("http", "https", "expected"),
    [
        (REFUSED, hinted(GOOD), ("pass", "og:url: no contradiction to the canonical address")),
        (
            REFUSED,
            hinted(GOOD, GERMAN, Alternate("en", GOOD)),
            ("pass", "og:url and hreflang: no contradiction to the canonical address"),
        ),
        (REFUSED, PLAIN, ("not_applicable", "no og:url and no hreflang links")),
        (REFUSED, copy("https", status=404), ("not_applicable", "no og:url and no hreflang links")),
        (REFUSED, hinted(OLD), ("fail", f"og:url is {OLD}")),
        (REFUSED, hinted("tel:1"), ("fail", "og:url is tel:1")),
        (REFUSED, hinted(f"{GOOD}x"), ("fail", f"og:url is {GOOD}x, not {GOOD}")),
        # Without a canonical link there is nothing to contradict but https itself.
        (REFUSED, hinted(f"{GOOD}x", page=copy("https")), ("pass", None)),
        (REFUSED, hinted(OLD, page=copy("https")), ("fail", None)),
        (
            REFUSED,
            hinted(None, GERMAN, Alternate("en", OLD), Alternate("fr", f"{OLD}fr")),
            ("fail", f"2 of 3 hreflang links not to https: en {OLD}"),
        ),
        (REFUSED, hinted(None, GERMAN), ("fail", "the hreflang links leave out the page itself")),
        (REFUSED, hinted(None, GERMAN, Alternate("en", GOOD), page=copy("https", f"{GOOD}x")), ("pass", None)),
        (hinted(None, GERMAN, Alternate("en", GOOD), page=copy("http")), PLAIN, ("pass", None)),
        # The http copy is the one that is to fade: it must not say otherwise.
        (hinted(OLD, page=copy("http", GOOD)), hinted(GOOD), ("fail", f"og:url is {OLD}")),
        (hinted(OLD, page=copy("http", GOOD)), TIMED_OUT, ("fail", f"og:url is {OLD}")),
        (hinted(OLD, page=copy("http", status=404)), hinted(GOOD), ("pass", None)),
        (hinted(GOOD, page=copy("http", GOOD)), TIMED_OUT, ("unknown", "the https copy: timed out")),
    ],
)
def test_one_page(
    http: PageCopy | NotObserved, https: PageCopy | NotObserved, expected: tuple[str, str | None]
) -> None:
    [(outcome, message)] = judge("canonical-agreement", canonical(Page("/", http, https)))
    assert outcome == expected[0]
    assert message == (expected[1] or message)


def test_several_pages_are_named() -> None:
    verdicts: list[Expected] = judge(
        "canonical-agreement", canonical(Page("/", REFUSED, hinted(GOOD)), Page("/x", REFUSED, hinted(OLD)))
    )
    assert verdicts == [
        ("pass", "/: og:url: no contradiction to the canonical address"),
        ("fail", f"/x: og:url is {OLD}"),
    ]
