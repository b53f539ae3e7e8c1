"""Annotations of a GitHub Actions run, as workflow commands; and the report in Markdown as the summary of the step.

GitHub shows _MOST annotations of a level for a step, so that the worst are written and the rest is in the summary.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TextIO

from tlsaudit.report import markdown
from tlsaudit.report.document import CheckRecord, FindingRecord, LocationRecord, ReviewRecord
from tlsaudit.report.fixes import fixes_for
from tlsaudit.report.renderer import Options, ReportError
from tlsaudit.report.review import TITLES, reviewed
from tlsaudit.report.rollup import SEVERITIES, Rollup
from tlsaudit.report.text import clean, outcomes, place, plural
from tlsaudit.report.view import AuditView, Open, standing

_MOST = 10
_LEVELS = {"error": ("critical", "high"), "warning": ("medium", "low"), "notice": ("info",)}


def render(view: AuditView, out: TextIO, options: Options) -> None:
    """Appends to the file that GITHUB_STEP_SUMMARY names, where it does."""
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        _append(view, Path(summary), options)
    out.writelines(_review(reviewed(view.header)))
    checks = {check.id: check for check in view.header.checks}
    failures = _first_of_each_severity(finding for outline in view.outlines() for finding in outline.open)
    for level, severities in _LEVELS.items():
        worst = [finding for severity in severities for finding in failures[severity]][:_MOST]
        out.writelines(_annotation(level, finding.record(), checks.get(finding.check)) for finding in worst)
    out.writelines(islice(_unjudged(Rollup.of(view, keep=1)), _MOST))
    out.write(f"tlsaudit: {outcomes(view.header.summary.findings)}; no more than {_MOST} of a level are annotated\n")


def _first_of_each_severity(findings: Iterable[Open]) -> Mapping[str, list[Open]]:
    kept: dict[str, list[Open]] = {severity: [] for severity in SEVERITIES}
    for finding in findings:
        if standing(finding) == "fail" and len(kept[finding.severity]) < _MOST:
            kept[finding.severity].append(finding)
    return kept


def _annotation(level: str, finding: FindingRecord, check: CheckRecord | None) -> str:
    where = "" if finding.subject.kind == "fleet" else f"{place(finding.subject.id)}: "
    fixes = fixes_for(check, finding.subject.id) if check else {}
    message = [where + "; ".join([finding.message, *finding.also])]
    message += [f"fix, {server}: {line}" for server, line in fixes.items()]
    return command(level, message, f"{finding.check} ({finding.severity})", finding.location)


def _review(items: Iterable[ReviewRecord]) -> Iterator[str]:
    """What breaks a goal is an error; the rest is for a person to judge."""
    left = dict.fromkeys(_LEVELS, _MOST)
    for item in items:
        level = "error" if item.kind == "broken" else "notice"
        left[level] -= 1
        if left[level] >= 0:
            yield command(level, [item.message], TITLES[item.kind], item.location)


def _unjudged(rollup: Rollup) -> Iterator[str]:
    if rollup.silent.count:
        named = [f"{name}: {reason}" for name, reason in rollup.silent.first[:_MOST]]
        yield command("notice", named, f"{plural(rollup.silent.count, 'endpoint')} did not answer")
    for item in rollup.faulty():
        for group in item.groups("unknown"):
            message = [f"{plural(group.count, 'subject')}: {group.first.message}"]
            yield command("notice", message, f"{item.id} could not judge", group.first.location)


def command(level: str, lines: list[str], title: str, location: LocationRecord | None = None) -> str:
    """`::error file=targets.yaml,line=9,col=7,title=...::...`: nothing in it ends it or begins another."""
    properties: Mapping[str, str | int] = {"title": title}
    if location:
        properties = {"file": location.file, "line": location.line, "col": location.column, **properties}
    named = ",".join(f"{name}={_property(clean(str(value)))}" for name, value in properties.items())
    return f"::{level} {named}::{'%0A'.join(_data(clean(line)) for line in lines)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _append(view: AuditView, summary: Path, options: Options) -> None:
    try:
        with summary.open("a", encoding="utf-8") as out:
            markdown.render(view, out, options)
    except OSError as error:
        raise ReportError(f"GITHUB_STEP_SUMMARY: {summary} cannot be written: {error.strerror}") from error
