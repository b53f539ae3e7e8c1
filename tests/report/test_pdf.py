"""The PDF, as poppler reads it."""

import re
import subprocess
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.cli.command import tlsaudit
from tests.report import views
from tests.servers.programs import require
from tlsaudit.report import ReportError, write
from tlsaudit.report.view import AuditView

PACKAGES = "apt-get install libpangoft2-1.0-0 libharfbuzz-subset0"


class Paper:
    """A report written as a PDF, and what poppler says of it."""

    def __init__(self, view: AuditView, file: Path) -> None:
        self._file = file
        write(view, file)

    def info(self, *options: str) -> str:
        return _run(require("pdfinfo", "poppler-utils"), *options, self._file)

    @property
    def objects(self) -> bytes:
        """What the file holds, unpacked."""
        content = self._file.read_bytes()
        packed = re.findall(rb"\bstream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
        # The last byte of a stream may look like the end of a line, and is then missing here.
        return content + b"".join(zlib.decompressobj().decompress(each) for each in packed if each.startswith(b"\x78"))

    @property
    def placed(self) -> str:
        """Each word with its place on the page, as HTML."""
        return _run(require("pdftotext", "poppler-utils"), "-bbox", self._file, "-")

    @property
    def words(self) -> str:
        return " ".join(_run(require("pdftotext", "poppler-utils"), self._file, "-").split())


def _run(*command: object) -> str:
    return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True, timeout=60).stdout


Written = Callable[[Callable[[], AuditView]], Paper]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory, charts: None) -> Written:
    """The PDF of an example, written once."""

    @cache
    def written(example: Callable[[], AuditView]) -> Paper:
        return Paper(example(), tmp_path_factory.mktemp("pdf") / "report.pdf")

    return written


@pytest.fixture
def timetable(paper: Written) -> Paper:
    return paper(views.timetable)


def test_it_is_for_everybody(timetable: Paper) -> None:
    """A title and a language, tags in reading order, and the claim to be PDF/UA (ISO 14289-1 section 5)."""
    facts = dict(re.findall(r"^([\w ]+?): +(.+)$", timetable.info(), re.MULTILINE))
    assert facts["Title"] == "Encryption timetable, 1 March 2015"
    assert (facts["Tagged"], facts["JavaScript"], facts["Form"]) == ("yes", "no", "none")
    assert re.search(r'pdfuaid:part(>|=")1', timetable.info("-meta"))


def test_headings_tables_and_drawings_are_tagged(timetable: Paper) -> None:
    tags = timetable.info("-struct")
    headings = re.findall(r"^ *H([1-6])\b", tags, re.MULTILINE)
    assert headings[0] == "1"
    assert {"2", "3"} <= set(headings[1:])
    assert tags.count("/Scope /Column") > 20
    assert tags.count("/Scope /Row") > 20
    headers = re.findall(r"^ *TH\b.*\n(.*)", tags, re.MULTILINE)
    assert all("/Scope" in attributes for attributes in headers)
    assert set(re.findall(r"^ *L \(block\)\n *(\w+)", tags, re.MULTILINE)) == {"LI"}


def test_drawings_say_what_they_show_and_icons_are_left_out(timetable: Paper) -> None:
    drawings = timetable.objects.count(b"/S /Figure")
    assert 0 < drawings < 10
    assert timetable.objects.count(b"/Alt ") == drawings


def test_what_the_page_folds_is_open_and_pages_are_numbered(timetable: Paper) -> None:
    pages = re.search(r"^Pages: +(\d+)", timetable.info(), re.MULTILINE)
    assert pages
    words = timetable.words
    assert "Why it matters" in words
    assert "Words on this page" in words
    assert re.search(rf"Encryption timetable 1 March 2015 1 ?/ ?{pages[1]}\b", words)


@pytest.mark.parametrize("example", [views.fleet, views.hostile])
def test_nothing_runs_over_the_edge(example: Callable[[], AuditView], paper: Written) -> None:
    edges = [float(x) for x in re.findall(r'<word .*?xMax="([\d.]+)"', paper(example).placed)]
    assert len(edges) > 100
    assert max(edges) < 595.276 - 30  # points: a margin of 15 mm is 42, and some letters reach into it


@pytest.mark.parametrize(("size", "points"), [("", "595.276 x 841.89"), ("letter", "612 x 792")])
def test_paper(size: str, points: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERSIZE", size or "a4")
    assert f" {points} pts" in Paper(views.one_host(), tmp_path / "report.pdf").info()


def test_paper_that_there_is_none_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERSIZE", "tabloid")
    with pytest.raises(ReportError, match=r"^PAPERSIZE is 'tabloid': a report fits on a4 or letter$"):
        write(views.one_host(), tmp_path / "report.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_hostile_server_gets_nothing_to_run_and_no_link(paper: Written) -> None:
    hostile = paper(views.hostile)
    assert "JavaScript: no" in " ".join(hostile.info().split())
    assert "<script>alert(1)</script>" in hostile.words
    assert not re.search(r"javascript:|file:|data:", hostile.info("-url"))


def test_a_large_fleet_has_its_first_page(paper: Written) -> None:
    words = paper(views.fleet).words
    assert "300 endpoints" in words
    assert "h0250.example.org" not in words


@pytest.mark.parametrize(
    ("stub", "complaint"),
    [
        ("raise ImportError('weasyprint')", "a PDF is made with WeasyPrint: pip install 'tlsaudit[pdf]'"),
        (
            "raise OSError('cannot load library libpango')",
            f"a PDF takes the Pango library, which cannot be loaded: {PACKAGES}",
        ),
    ],
)
def test_without_what_it_takes(stub: str, complaint: str, tmp_path: Path, write_json: Callable[[Path], Path]) -> None:
    (tmp_path / "weasyprint.py").write_text(stub, "utf-8")
    document = write_json(tmp_path)
    before = sorted(tmp_path.iterdir())
    done = tlsaudit("report", document, "-o", tmp_path / "a.pdf", "-o", tmp_path / "a.html", PYTHONPATH=str(tmp_path))
    assert (done.code, done.out, done.err) == (2, "", f"tlsaudit: {complaint}\n")
    assert sorted(file for file in tmp_path.iterdir() if file.suffix != ".pyc" and file.name != "__pycache__") == before


@pytest.fixture
def write_json() -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        write(views.one_host(), folder / "audit.json")
        return folder / "audit.json"

    return make
