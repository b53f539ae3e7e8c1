import csv
import io

import pytest

from tests.report import golden, views
from tlsaudit.report import format_by_name
from tlsaudit.report.csv import cell
from tlsaudit.report.view import AuditView


def rendered(view: AuditView) -> str:
    out = io.StringIO(newline="")
    format_by_name("csv").render(view, out)
    return out.getvalue()


def rows(view: AuditView) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rendered(view), newline=""), strict=True))


def test_there_is_a_row_for_each_finding() -> None:
    view = golden.located()
    found = rows(view)
    assert [(row["check"], row["subject"], row["outcome"]) for row in found] == [
        (item.check, item.subject.id, item.outcome) for item in view.findings()
    ]
    waived = next(row for row in found if row["waiver"])
    assert (waived["service"], waived["site"]) == ("login", "west")
    assert (waived["file"], waived["line"]) == ("ops/targets.yaml", "14")


def test_what_has_no_endpoint_or_location_leaves_the_cells_empty() -> None:
    finding = views.finding("site-parity", "wiki", "fail", "the sites differ", kind="service")
    (row,) = rows(views.view([], [finding]))
    assert (row["service"], row["site"], row["endpoint"], row["file"], row["line"]) == ("wiki", "", "", "", "")


def test_a_line_ends_as_rfc_4180_has_it_and_is_one_record() -> None:
    lines = rendered(views.hostile()).split("\r\n")
    assert lines[-1] == ""
    assert len(lines) == 2 + len(list(views.hostile().findings()))
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert str(cell(text)).startswith("'")
    finding = views.finding("a", "b", "fail", text)
    (row,) = rows(views.view([], [finding]))
    assert row["message"].startswith("'")


def test_numbers_and_harmless_texts_stay() -> None:
    assert (cell(5), cell(None), cell("a=1, b-2")) == (5, None, "a=1, b-2")
