"""What differs between sites is a table a reader understands."""

from io import StringIO
from typing import Any

import pytest

from tests.report import views
from tlsaudit.report import Options, format_by_name
from tlsaudit.report.differences import differences


def difference(dimension: str, **sites: list[str]) -> dict[str, Any]:
    return {"host": "www.example.org", "dimension": dimension, "sites": sites, "only": []}


TOLD = [
    difference("versions", east=["TLS 1.3"], west=[]),
    difference("suites", east=["A", "B", "C", "D", "E"], west=["F"]),
    difference("hsts", east=["max-age=1"], north=["none"]),
]


def test_a_line_for_each_difference_and_a_column_for_each_site() -> None:
    found = differences({"differences": TOLD})
    assert found
    assert found.places == ("east", "west", "north")
    assert found.rows == (
        ("www.example.org", "versions", "TLS 1.3", "-", "-"),
        ("www.example.org", "suites", "A, B, C and 2 more", "F", "-"),
        ("www.example.org", "hsts", "max-age=1", "-", "none"),
    )
    assert (cut := differences({"differences": TOLD * 20}))
    assert (len(cut.rows), cut.more) == (50, 10)


def test_vantages_are_columns_like_sites() -> None:
    told = {"host": "www.example.org", "dimension": "hsts", "vantages": {"fra": ["max-age=1"], "sin": ["none"]}}
    assert (found := differences({"differences": [told]}))
    assert (found.places, found.rows) == (("fra", "sin"), (("www.example.org", "hsts", "max-age=1", "none"),))


@pytest.mark.parametrize(
    "told", [None, "text", [], ["text"], [{"host": "a"}], [{"host": "a", "dimension": "b", "sites": 1}]]
)
def test_what_others_call_so_is_no_table(told: Any) -> None:
    assert differences({"differences": told}) is None


FINDING = views.finding("site-parity", "wiki", "fail", "the sites differ", kind="service", facts={"differences": TOLD})


def rendered(name: str, **options: Any) -> str:
    out = StringIO()
    view = views.view([], [FINDING], [views.objective("parity", "Either site can take over")])
    format_by_name(name).render(view, out, Options(**options))
    return out.getvalue()


@pytest.mark.parametrize("name", ["markdown", "html"])
def test_what_came_of_it_from_each_vantage(name: str) -> None:
    seen = views.finding(
        "tls-versions", "a:443", "fail", "from sin: old", vantages={"fra": "pass", "sin": "fail", "gru": "pass"}
    )
    out = StringIO()
    format_by_name(name).render(views.view([views.endpoint("a:443")], [seen], []), out, Options())
    assert "pass from fra and gru, fail from sin" in out.getvalue()


def test_the_table_in_markdown() -> None:
    lines = rendered("markdown").splitlines()
    start = lines.index("| Host | What | east | west | north |")
    assert lines[start + 1] == "|---|---|---|---|---|"
    assert lines[start + 2].endswith("| versions | TLS 1.3 | - | - |")


def test_the_table_in_html() -> None:
    page = rendered("html")
    assert '<th scope="col">east</th><th scope="col">west</th><th scope="col">north</th>' in page
    assert "<td>versions</td><td>TLS 1.3</td><td>-</td><td>-</td>" in page


def test_the_table_on_the_terminal_where_it_is_asked_for() -> None:
    wide = rendered("terminal", width=100, verbose=True)
    assert "HOST             WHAT      east                west  north" in wide
    assert "www.example.org  suites    A, B, C and 2 more  F     -" in wide
    narrow = rendered("terminal", width=40, verbose=True)
    assert "www.example.org versions: TLS 1.3 at" in narrow
    assert max(map(len, narrow.splitlines())) <= 40
    assert "WHAT" not in rendered("terminal", width=100)
