from dataclasses import replace

import pytest

from tests.checks.run import Expected, judge
from tests.checks.web import HOST, LOOP, REFUSED, TIMED_OUT, canonical, copy, hop, visit
from tlsaudit.evidence import CanonicalTarget, Hop, NotObserved, Page, PageCopy, Reason

GOOD = "https://www.example.org/"
OTHER = "https://m.example.org/"
OLD = "http://www.example.org/"


def redirect(scheme: str, to: str) -> PageCopy:
    return PageCopy(f"{scheme}://{HOST}/", 301, (), (), redirect=to)


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
            ("not_applicable", "nothing to index: 301 over http, 404 over https"),
        ),
        # What redirects or is missing is not indexed.
        (REFUSED, copy("https", status=302), ("not_applicable", "nothing to index: 302 over https")),
        (REFUSED, redirect("https", OTHER), ("not_applicable", f"nothing to index: 301 over https to {OTHER}")),
        (REFUSED, copy("https", status=410), ("not_applicable", None)),
        (REFUSED, copy("https", status=401), ("not_applicable", None)),
        (copy("http", status=403), redirect("https", OTHER), ("unknown", "403 from the server over http")),
        (redirect("http", GOOD), redirect("https", OLD), ("fail", f"https leads back to {OLD}")),
        (copy("http", GOOD), redirect("https", OLD), ("fail", f"https leads back to {OLD}")),
    ],
)
def test_one_page(
    http: PageCopy | NotObserved, https: PageCopy | NotObserved, expected: tuple[str, str | None]
) -> None:
    [(outcome, message)] = judge("canonical-https", canonical(Page("/", http, https)))
    assert outcome == expected[0]
    assert message == (expected[1] or message)


MOVED = "https://www.example.org/moved"


def answering(*hops: Hop, names: tuple[str, ...] = (), stopped: NotObserved | None = None) -> CanonicalTarget:
    return CanonicalTarget(OTHER, visit(*hops, stopped=stopped, url=OTHER), names)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (answering(hop(OTHER), names=(OTHER,)), ("pass", f"canonical is {OTHER}")),
        (answering(hop(OTHER)), ("pass", f"canonical is {OTHER}")),
        (answering(hop(OTHER), names=(GOOD,)), ("pass", f"canonical is {OTHER}, which in turn names {GOOD}")),
        (answering(hop(OTHER), names=(OTHER, GOOD)), ("pass", f"canonical is {OTHER}, which in turn names {GOOD}")),
        (answering(hop(OTHER), names=(OLD,)), ("fail", f"{OTHER} is named, which in turn names {OLD}")),
        (answering(hop(OTHER), names=("tel:1",)), ("fail", f"{OTHER} is named, which in turn names tel:1")),
        (
            answering(hop(OTHER, 301, MOVED), hop(MOVED), names=(MOVED,)),
            ("pass", f"canonical is {OTHER}, which redirects to {MOVED}"),
        ),
        (
            answering(hop(OTHER, 301, OLD), hop(OLD, 301, MOVED), hop(MOVED), names=(MOVED,)),
            ("fail", f"{OTHER} is named, which leads through {OLD}"),
        ),
        # Where http is on the way, it does not matter whether it answers.
        (answering(hop(OTHER, 301, OLD), stopped=TIMED_OUT), ("fail", f"{OTHER} is named, which leads through {OLD}")),
        (answering(hop(OTHER, 301, OTHER), stopped=LOOP), ("fail", f"{OTHER} is named: redirect loop")),
        (answering(hop(OTHER, 404)), ("fail", f"{OTHER} is named, which answers 404")),
        (answering(hop(OTHER, 302, MOVED), hop(MOVED, 410)), ("fail", f"{OTHER} is named, which answers 410")),
        (answering(hop(OTHER, 401)), ("fail", f"{OTHER} is named, which answers 401")),
        (answering(hop(OTHER, 403)), ("unknown", f"{OTHER} is named: 403 from the server")),
        (answering(hop(OTHER, 503)), ("unknown", f"{OTHER} is named: 503 from the server")),
        (answering(stopped=REFUSED), ("unknown", f"{OTHER} is named: connection refused")),
        (answering(hop(OTHER, 301, MOVED), stopped=TIMED_OUT), ("unknown", f"{OTHER} is named: timed out")),
        (answering(hop(OTHER, 301, "tel:1"), stopped=REFUSED), ("unknown", f"{OTHER} is named: connection refused")),
    ],
)
def test_what_the_address_that_is_named_answers(target: CanonicalTarget, expected: Expected) -> None:
    links = canonical(Page("/", REFUSED, copy("https", OTHER)))
    assert judge("canonical-https", replace(links, targets=(target,))) == [expected]


def test_a_fault_of_the_page_is_not_drowned_by_those_of_the_address_that_it_names() -> None:
    links = canonical(Page("/", copy("http"), copy("https", OTHER)))
    [(outcome, message)] = judge("canonical-https", replace(links, targets=(answering(hop(OTHER, 404)),)))
    assert (outcome, message) == ("fail", "the http copy names no canonical link")


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
