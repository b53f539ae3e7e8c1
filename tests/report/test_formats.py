import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.report import plugins, views
from tlsaudit.report import FormatError, Options, ReportError, format_by_name, format_by_suffix, formats, write
from tlsaudit.report.document import FindingRecord

Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    return partial(plugins.install, tmp_path / "packages", monkeypatch)


def test_the_formats_built_in() -> None:
    names = ["terminal", "json", "jsonl", "html", "markdown", "csv", "sarif", "junit", "github", "prometheus"]
    assert list(formats())[: len(names)] == names
    assert format_by_suffix(Path("out/Report.HTML")).name == "html"
    assert format_by_name("json").suffixes == (".json",)


def test_a_package_adds_a_format(install: Install, tmp_path: Path) -> None:
    install("report_adds", plugins.PLUGIN)
    target = tmp_path / "audit.count"
    write(views.one_host(), target)
    assert target.read_text() == "1 endpoints\n"


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("report_twice", plugins.PLUGIN.replace('"count"', '"json"'), "two report formats are called json"),
        ("report_empty", "", "report format count of report_empty:COUNT cannot be loaded"),
        ("report_clash", plugins.PLUGIN.replace(".count", ".json"), r"formats json and count both claim \.json"),
        ("report_other", "COUNT = 1", "report_other:COUNT is no tlsaudit.report.Format"),
    ],
)
def test_a_broken_package_is_named(install: Install, name: str, source: str, complaint: str) -> None:
    install(name, source)
    with pytest.raises(ReportError, match=complaint):
        formats()


@pytest.mark.parametrize(
    ("name", "suggestion"), [("jsn", "json"), ("htlm", "html"), ("xyzzy", None)]
)  # fmt: skip
def test_an_unknown_format_lists_what_there_is(name: str, suggestion: str | None) -> None:
    with pytest.raises(FormatError, match="there is terminal, json, jsonl, html, markdown, csv") as caught:
        format_by_name(name)
    assert caught.value.suggestion == suggestion


@pytest.mark.parametrize(("path", "named"), [("audit.xyz", "'.xyz'"), ("audit", "'audit'")])
def test_an_unknown_suffix_lists_what_there_is(path: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=rf"{named}.*\.txt, \.json, \.jsonl, \.html"):
        write(views.one_host(), tmp_path / path)
    assert list(tmp_path.iterdir()) == []


def test_a_format_can_be_named_for_any_file(tmp_path: Path) -> None:
    write(views.one_host(), tmp_path / "audit", Options(width=80), format_name="terminal")
    assert "TLS 1.0 is served" in (tmp_path / "audit").read_text()


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"reports does not exist$"):
        write(views.one_host(), tmp_path / "reports" / "audit.json")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "audit.json").mkdir()
    with pytest.raises(ReportError, match="is a folder"):
        write(views.one_host(), tmp_path / "audit.json")


def test_the_longest_suffix_counts(install: Install) -> None:
    install("report_longer", plugins.PLUGIN.replace(".count", ".count.json"))
    assert format_by_suffix(Path("audit.count.json")).name == "count"
    assert format_by_suffix(Path("count.json")).name == "json"


def test_a_binary_format_is_written_as_bytes(install: Install, tmp_path: Path) -> None:
    source = plugins.PLUGIN.replace("lambda: render", "lambda: render, binary=True").replace(
        'endpoints\\n")', '\\n".encode())'
    )
    install("report_binary", source)
    write(views.one_host(), tmp_path / "audit.count")
    assert (tmp_path / "audit.count").read_bytes() == b"1 \n"


class Breaking(views.Plain):
    """An audit whose findings end in an error, half way."""

    def findings(self) -> Iterator[FindingRecord]:
        yield next(super().findings())
        raise RuntimeError("the history is gone")


@pytest.mark.parametrize("name", ["audit.json", "audit.html", "audit.txt"])
def test_a_report_that_fails_half_way_leaves_the_earlier_file(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    target.write_text("earlier")
    with pytest.raises(RuntimeError):
        write(Breaking(views.one_host()), target)
    assert target.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [target]


def test_a_new_file_has_the_rights_the_umask_leaves_and_an_earlier_one_keeps_its_own(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(views.one_host(), tmp_path / "new.json")
        (tmp_path / "old.json").touch()
        (tmp_path / "old.json").chmod(0o604)
        write(views.one_host(), tmp_path / "old.json")
    finally:
        os.umask(before)
    assert (tmp_path / "new.json").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "old.json").stat().st_mode & 0o777 == 0o604


def test_a_link_goes_on_pointing_to_its_file(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "latest.json").symlink_to(tmp_path / "real" / "audit.json")
    write(views.one_host(), tmp_path / "latest.json")
    assert (tmp_path / "latest.json").is_symlink()
    assert (tmp_path / "real" / "audit.json").stat().st_size > 0
