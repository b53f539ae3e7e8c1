import pytest

from tests.checks.run import Expected, judge
from tests.checks.web import REFUSED, TIMED_OUT, canonical, copy
from tlsaudit.evidence import NotObserved, Page, PageCopy, Reason

GOOD = "https://www.example.org/"
OTHER = "https://m.example.org/"
OLD = "http://www.example.org/"


@pytest.mark.parametrize(
    ("http", "https", "expected"),
    [
        (copy("http", GOOD), copy("https", GOOD), ("pass", "canonical is https://www.example.org/")),
        (copy("http", header=(GOOD,)), copy("https", GOOD), ("pass", None)),
        (copy("http", GOOD, header=(GOOD,)), copy("https", GOOD), ("pass", None)),
        # Where http is not served, only the https copy counts.
        (copy("http", status=301), copy("https", GOOD), ("pass", None)),
        (REFUSED, copy("https", GOOD), ("pass", None)),
        (NotObserved(Reason.NOT_PROBED), copy("https", GOOD), ("pass", None)),
        (copy("http", status=404), copy("https", GOOD), ("pass", None)),
        # https leads to another host whose address the http copy names.
        (copy("http", OTHER), copy("https", status=301), ("pass", "canonical is https://m.example.org/")),
        (copy("http"), copy("https", GOOD), ("fail", "the http copy names no canonical link")),
        (copy("http", status=301), copy("https"), ("fail", "the https copy names no canonical link")),
        (copy("http", status=301), copy("https", OLD), ("fail", "the https copy names http://www.example.org/")),
        (copy("http", status=301), copy("https", "tel:1"), ("fail", "the https copy names tel:1")),
        (
            copy("http", OLD),
            copy("https", GOOD),
            ("fail", f"the http copy names {OLD}, 2 different canonical links: {OLD} and {GOOD}"),
        ),
        (
            copy("http", GOOD),
            copy("https", GOOD, OTHER),
            ("fail", "2 different canonical links: https://www.example.org/ and https://m.example.org/"),
        ),
        (copy("http", GOOD, header=(OTHER,)), copy("https", GOOD), ("fail", None)),
        (copy("http", status=403), copy("https", GOOD), ("unknown", "403 from the server over http")),
        (copy("http", GOOD), copy("https", status=429), ("unknown", "429 from the server over https")),
        (copy("http", GOOD), copy("https", status=500), ("unknown", "500 from the server over https")),
        (TIMED_OUT, copy("https", GOOD), ("unknown", "the http copy: timed out")),
        (copy("http", GOOD), TIMED_OUT, ("unknown", "the https copy: timed out")),
        (copy("http", GOOD), REFUSED, ("unknown", "the https copy: connection refused")),
        # What is wrong with one copy is wrong whatever the other one says.
        (copy("http", OLD), copy("https", status=403), ("fail", "the http copy names http://www.example.org/")),
        (
            copy("http", status=301),
            copy("https", status=404),
            ("unknown", "no page to judge: 301 over http, 404 over https"),
        ),
        (REFUSED, copy("https", status=302), ("unknown", "no page to judge: 302 over https")),
    ],
)
def test_one_page(
    http: PageCopy | NotObserved, https: PageCopy | NotObserved, expected: tuple[str, str | None]
) -> None:
    [(outcome, message)] = judge("canonical-https", canonical(Page("/", http, https)))
    assert outcome == expected[0]
    assert message == (expected[1] or message)


def test_each_of_several_pages_is_named() -> None:
    deep = "https://www.example.org/wiki/Encryption"
    verdicts: list[Expected] = judge(
        "canonical-https",
        canonical(
            Page("/", copy("http", GOOD), copy("https", GOOD)),
            Page("/wiki/Encryption", REFUSED, copy("https", deep)),
            Page("/wiki/Privacy", REFUSED, copy("https")),
        ),
    )
    assert verdicts == [
        ("pass", "/: canonical is https://www.example.org/"),
        ("pass", "/wiki/Encryption: canonical is https://www.example.org/wiki/Encryption"),
        ("fail", "/wiki/Privacy: the https copy names no canonical link"),
    ]
