"""How many keep a guideline, and what stands in the way of the others."""

import io
from collections.abc import Sequence
from typing import Any

import pytest

from tests.report import views
from tlsaudit.report import markdown
from tlsaudit.report.compliance import compliance
from tlsaudit.report.document import FindingRecord, ProfileRecord
from tlsaudit.report.renderer import Options
from tlsaudit.report.view import DocumentView

CHECK = views.CHECKS[0].model_copy(
    update={
        "id": "house-good",
        "fixes": {},
        "profile": ProfileRecord(tier="good", title="House rules", version="1.2", url="https://www.example.org/rules"),
    }
)
HSTS = {
    "rule": "hsts",
    "found": "no HSTS header",
    "fix": "send it",
    "lines": {"nginx": ["add_header ..."]},
    "source": "p1",
}
OLD = {"rule": "versions", "found": "TLS 1.0 is served", "fix": "serve no other", "lines": {}, "source": "p2"}
LATER = {**OLD, "rule": "groups", "from": "2027-01-01", "standing": "not met"}


def judged(outcomes: str, **facts: Any) -> DocumentView:
    """One endpoint for each letter: passes, fails with these facts, is unknown, is excused."""
    words = {"p": "pass", "f": "fail", "u": "unknown", "w": "fail"}
    endpoints = [views.endpoint(f"h{number}.example.org") for number in range(len(outcomes))]
    findings: Sequence[FindingRecord] = [
        views.finding(
            "house-good",
            endpoint.id,
            words[letter],
            "as it is",
            facts=facts if letter in "fw" else {},
            waiver="soon" if letter == "w" else None,
        )
        for endpoint, letter in zip(endpoints, outcomes, strict=True)
    ]
    return views.view(endpoints, findings, checks=[CHECK])


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ("p", "reached"),
        ("f", "not reached (2 gaps)"),
        ("u", "unknown"),
        ("pppf", "reached by 3 of 4 endpoints"),
        ("pfuuw", "reached by 1 of 5 endpoints, 1 excused, 2 unknown"),
    ],
)
def test_by_how_many_of_how_many(outcomes: str, sentence: str) -> None:
    [item] = compliance(judged(outcomes, gaps=[HSTS, OLD]))
    assert (item.name, item.sentence()) == ("house-good 1.2", sentence)


def test_what_is_announced_is_no_gap() -> None:
    [item] = compliance(judged("ff", gaps=[HSTS], announced=[LATER, {**LATER, "rule": "dh", "standing": "met"}]))
    assert [(gap.rule, gap.count) for gap in item.gaps] == [("hsts", 2)]
    assert [(gap.rule, gap.since) for gap in item.announced] == [("groups", "2027-01-01")]


def test_a_fact_of_that_name_in_another_check_is_not_taken_for_a_guideline() -> None:
    [item] = compliance(judged("f", gaps=["something else"]))
    assert item.gaps == []


def test_the_gap_its_fix_and_its_source_stand_together() -> None:
    out = io.StringIO()
    markdown.render(judged("pf", gaps=[HSTS], announced=[LATER]), out, Options())
    section = out.getvalue().partition("## House rules 1.2, good\n")[2].partition("\n## ")[0].splitlines()
    assert section[1].startswith("`house-good` reached by 1 of 2 endpoints")
    assert section[3].startswith("- `hsts` no HSTS header: h1")
    assert section[4:6] == ["  - to do: send it (source: p1)", "  - nginx: `add_header ...`"]
    assert section[6].startswith("- announced, from 2027-01-01 on: `groups` TLS 1.0 is served")
