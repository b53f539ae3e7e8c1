from dataclasses import replace

import pytest

from tests.checks.run import judge, registry
from tests.checks.web import HOST, NOW, TIMED_OUT
from tlsaudit.evidence import MixedContent, NotObserved, PageContent, Reference
from tlsaudit.registry import rule

CLEAN = PageContent((), (), (), 0, 0, 0, upgraded=False, complete=True)
SCRIPT = Reference("script src", "http://a.example/x.js")
IMAGE = Reference("img src", "http://a.example/x.png")
FORM = Reference("form action", "http://a.example/login")

BLOCKED = replace(CLEAN, active=(SCRIPT,), active_count=2)
IMAGES = replace(CLEAN, passive=(IMAGE,), passive_count=3)
FORMS = replace(CLEAN, forms=(FORM,), form_count=1)


def content(*pages: PageContent | NotObserved) -> MixedContent:
    return MixedContent(HOST, NOW, tuple((f"/{number}", page) for number, page in enumerate(pages)))


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (content(CLEAN, CLEAN), ("pass", "2 pages: nothing by plain http")),
        (
            content(BLOCKED),
            (
                "fail",
                "1 page: by plain http 2 loads that browsers block, first on /0: script src http://a.example/x.js",
            ),
        ),
        (
            content(IMAGES, FORMS),
            ("fail", "2 pages: by plain http 1 form, first on /1: form action http://a.example/login"),
        ),
        (content(IMAGES), ("pass", "1 page: 3 images, audio or videos by plain http, which browsers ask for by https")),
        (
            content(replace(BLOCKED, upgraded=True)),
            ("pass", "1 page: 2 by plain http, upgraded by upgrade-insecure-requests"),
        ),
        (content(), ("not_applicable", "no page is served over https")),
        (content(CLEAN, TIMED_OUT), ("unknown", "/1: timed out")),
        (
            content(replace(CLEAN, complete=False)),
            ("unknown", "/0: the page is too large to be read to its end"),
        ),
        # What was seen was seen.
        (content(TIMED_OUT, replace(FORMS, complete=False)), ("fail", None)),
    ],
)
def test_one_verdict_for_all_pages(evidence: MixedContent, expected: tuple[str, str | None]) -> None:
    [(outcome, message)] = judge("mixed-content", evidence)
    assert outcome == expected[0]
    assert message == (expected[1] or message)


def test_images_fail_where_that_is_asked_for() -> None:
    [(outcome, message)] = judge("mixed-content", content(IMAGES), options={"passive": True})
    assert outcome == "fail"
    assert message == "1 page: by plain http 3 images, audio or videos, first on /0: img src http://a.example/x.png"


def test_the_facts_are_totals_of_what_is_not_upgraded() -> None:
    evidence = content(
        BLOCKED, replace(FORMS, upgraded=True), replace(IMAGES, active=(SCRIPT,), active_count=1), TIMED_OUT
    )
    [verdict] = rule(registry()["mixed-content"], {}).verdicts([evidence])
    assert verdict.facts == {
        "active": 3,
        "passive": 3,
        "forms": 0,
        "upgraded": 1,
        "pages": 3,
        "first": ["/0: script src http://a.example/x.js", "/2: script src http://a.example/x.js"],
    }
