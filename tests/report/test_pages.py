"""The folder of pages beside a report takes its place with the report, or not at all."""

import os
import resource
from functools import partial
from pathlib import Path
from typing import IO

import pytest

from tlsaudit.report import ReportError
from tlsaudit.report.pages import Pages


def put(report: Path, *, fails: str = "", **texts: str) -> None:
    """Write a report with these pages; it `fails` before they take their place, or after."""
    with Pages(report) as pages:
        for name, text in texts.items():
            pages.add(f"{name}.html", partial(_fill, text))
        if fails == "before":
            raise ZeroDivisionError
        pages.take_place()
        if fails:
            raise ZeroDivisionError


def _fill(text: str, out: IO[str]) -> None:
    out.write(text)


def listed(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def shown(folder: Path) -> dict[str, str]:
    """Every file but the marks, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".tlsaudit"
    }


@pytest.mark.parametrize(
    ("name", "folder"), [("report.html", "report-pages"), ("report.htm", "report.htm-pages"), ("x", "x-pages")]
)
def test_the_folder_has_the_name_of_the_report(name: str, folder: str, tmp_path: Path) -> None:
    put(tmp_path / name, one="1")
    assert shown(tmp_path) == {f"{folder}/one.html": "1"}


def test_pages_of_an_earlier_report_go_away(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    put(report, one="1", two="2")
    put(report, two="new")
    assert shown(tmp_path) == {"report-pages/two.html": "new"}
    put(report)
    assert listed(tmp_path) == []


@pytest.mark.parametrize("fails", ["before", "after"])
@pytest.mark.parametrize("earlier", [{}, {"one": "1"}])
def test_what_was_there_stays_where_the_report_fails(fails: str, earlier: dict[str, str], tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    put(report, **earlier)
    before = shown(tmp_path)
    with pytest.raises(ZeroDivisionError):
        put(report, other="other", fails=fails)
    assert shown(tmp_path) == before
    assert len(listed(tmp_path)) == bool(earlier)


def test_a_folder_of_the_user_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "report-pages" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(ReportError, match="report-pages: belongs here, but there is something else: move it away"):
        put(tmp_path / "report.html", one="1")
    put(tmp_path / "report.html")
    assert shown(tmp_path) == {"report-pages/mine.txt": "mine"}


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere.html", one="1")
    (tmp_path / "report-pages").symlink_to(tmp_path / "elsewhere-pages")
    with pytest.raises(ReportError, match="report-pages"):
        put(tmp_path / "report.html", two="2")
    assert (tmp_path / "elsewhere-pages" / "one.html").read_text() == "1"


def test_two_pages_never_share_a_file(tmp_path: Path) -> None:
    with Pages(tmp_path / "report.html") as pages:
        pages.add("one.html", partial(_fill, "1"))
        with pytest.raises(FileExistsError):
            pages.add("one.html", partial(_fill, "2"))


def test_pages_can_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        put(tmp_path / "report.html", one="1")
    finally:
        os.umask(mask)
    assert (tmp_path / "report-pages").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "report-pages" / "one.html").stat().st_mode & 0o777 == 0o640


def test_a_page_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Pages(tmp_path / "report.html") as pages:
        pages.put("small.html", b"x")
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
        try:
            with pytest.raises(OSError, match="too large"):
                pages.put("service.html", b"x" * 15_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
