import io
import re
from pathlib import Path
from typing import Any

import pytest

from tests.report import golden, views
from tlsaudit.report import ReportError, format_by_name
from tlsaudit.report.document import LocationRecord
from tlsaudit.report.github import command
from tlsaudit.report.view import AuditView

EVIL = "::set-output name=a::b\r\n::error::c%0A::d ##[add-path]e ]]> , : % \u202e"


@pytest.fixture(autouse=True)
def no_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests themselves may be run by GitHub."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def rendered(view: AuditView) -> str:
    out = io.StringIO()
    format_by_name("github").render(view, out)
    return out.getvalue()


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A line as the runner reads it: level, properties, message."""
    matched = re.fullmatch(r"::([a-z]+) ([^:]*(?::(?!:)[^:]*)*)::(.*)", line)
    assert matched, line
    properties = dict(each.split("=", 1) for each in matched[2].split(","))
    return matched[1], {name: unescaped(value) for name, value in properties.items()}, unescaped(matched[3])


def unescaped(text: str) -> str:
    for escape, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, char)
    return text


def test_a_failure_is_annotated_at_its_line_with_its_fix() -> None:
    finding = views.finding("tls-versions", "a.example:443", "fail", "TLS 1.0 is served").model_copy(
        update={"location": LocationRecord(file="ops/targets.yaml", line=9, column=7)}
    )
    first, *_ = rendered(views.view([views.endpoint("a.example")], [finding])).splitlines()
    level, properties, message = parsed(first)
    assert level == "error"
    assert properties == {"file": "ops/targets.yaml", "line": "9", "col": "7", "title": "tls-versions (high)"}
    assert message.splitlines()[:2] == ["a.example: TLS 1.0 is served", "fix, nginx: ssl_protocols TLSv1.2 TLSv1.3;"]


def test_the_level_follows_the_severity_and_unknown_is_a_notice() -> None:
    *lines, last = rendered(golden.located()).splitlines()
    said = [(level, properties["title"]) for level, properties, _ in map(parsed, lines)]
    assert said == [
        ("error", "ipsec-coverage (critical)"),
        ("warning", "canonical-https (medium)"),
        ("notice", "canonical-https could not judge"),
    ]
    assert last == "tlsaudit: 13 pass, 2 fail, 1 unknown, 1 waived; no more than 10 of a level are annotated"


def test_the_worst_are_annotated_where_github_shows_no_more() -> None:
    findings = [views.finding("redirect-https", f"h{n}.example:443", "fail", "m") for n in range(30)]
    findings += [views.finding("hsts-max-age", f"h{n}.example:443", "fail", "m", severity="low") for n in range(30)]
    findings += [views.finding("tls-versions", f"h{n}.example:443", "fail", "m") for n in range(3)]
    lines = rendered(views.view([views.endpoint("h0.example")], findings)).splitlines()[:-1]
    titles = [parsed(line)[1]["title"] for line in lines]
    assert titles == ["tls-versions (high)"] * 3 + ["redirect-https (medium)"] * 10


def test_nothing_in_a_command_ends_it_or_begins_another() -> None:
    text = command("error", [EVIL, EVIL], EVIL, LocationRecord(file=EVIL, line=1, column=1))
    assert text.endswith("\n")
    assert "\n" not in text[:-1]
    level, properties, message = parsed(text[:-1])
    assert (level, properties["line"]) == ("error", "1")
    assert set(properties) == {"file", "line", "col", "title"}
    assert message.count("\n") == 1
    for line in message.splitlines():
        assert line == properties["title"] == properties["file"]


def test_every_line_is_a_command_or_the_sum() -> None:
    *lines, last = rendered(views.hostile()).splitlines()
    assert {parsed(line)[0] for line in lines} == {"error", "notice"}
    assert last.startswith("tlsaudit: ")


def test_the_summary_of_the_step_gets_the_report_below_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary"
    summary.write_text("earlier\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    rendered(golden.located())
    out = io.StringIO()
    format_by_name("markdown").render(golden.located(), out)
    assert summary.read_text("utf-8") == "earlier\n" + out.getvalue()


def test_a_summary_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "none" / "summary"))
    with pytest.raises(ReportError, match=r"^GITHUB_STEP_SUMMARY: .* cannot be written: No such file"):
        rendered(views.one_host())


@pytest.mark.parametrize("example", [views.fleet, views.overdue])
def test_it_can_be_written_of_any_audit(example: Any) -> None:
    assert rendered(example()).splitlines()[-1].startswith("tlsaudit: ")
