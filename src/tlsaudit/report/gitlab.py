"""GitLab's code quality report: an issue of each finding that does not pass, on the line of its subject.

What cannot be judged and what is excused are told too, for information: GitLab calls resolved whatever a report has no
longer, and neither is.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, TextIO

from tlsaudit.report.document import FindingRecord, ReviewRecord, SeverityName
from tlsaudit.report.fixes import fixes_for
from tlsaudit.report.formats import Format
from tlsaudit.report.json import encoded
from tlsaudit.report.renderer import Options
from tlsaudit.report.review import NAMES, reviewed
from tlsaudit.report.sarif import fingerprint_of, fingerprint_of_review
from tlsaudit.report.text import clean, place
from tlsaudit.report.view import AuditView

_SEVERITIES: Mapping[SeverityName, str] = {
    "info": "info", "low": "minor", "medium": "major", "high": "critical", "critical": "blocker",
}  # fmt: skip


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    checks = {item.id: item for item in view.header.checks}
    out.write("[")
    separator = "\n"
    for finding in (each.record() for outline in view.outlines() for each in outline.open):
        check = checks.get(finding.check)
        fixes = fixes_for(check, finding.subject.id) if check and finding.outcome == "fail" else {}
        out.write(separator + encoded(_issue(finding, fixes)))
        separator = ",\n"
    for item in reviewed(view.header):
        out.write(separator + encoded(_reviewed(item)))
        separator = ",\n"
    out.write("\n]\n")


def _issue(finding: FindingRecord, fixes: Mapping[str, str]) -> dict[str, Any]:
    bites = finding.outcome == "fail" and finding.waiver is None
    return {
        "description": clean("; ".join(_words(finding, fixes))),
        "check_name": clean(finding.check),
        "fingerprint": fingerprint_of(finding.check, finding.subject),
        "severity": _SEVERITIES[finding.severity] if bites else "info",
        "location": _location(finding),
    }


def _reviewed(item: ReviewRecord) -> dict[str, Any]:
    return {
        "description": clean(item.message),
        "check_name": NAMES[item.kind],
        "fingerprint": fingerprint_of_review(item),
        "severity": _SEVERITIES["high" if item.kind == "broken" else "info"],
        "location": {"path": clean(PurePath(item.location.file).as_posix()), "lines": {"begin": item.location.line}},
    }


def _words(finding: FindingRecord, fixes: Mapping[str, str]) -> list[str]:
    said = f"{place(finding.subject.id)}: {finding.message}"
    if finding.outcome == "unknown":
        return [f"not judged: {said}"]
    excuse = [] if finding.waiver is None else [f"excused: {finding.waiver}"]
    fix = [f"{server}: {line}" for server, line in list(fixes.items())[:1]]
    return [said, *finding.also, *excuse, *fix]


def _location(finding: FindingRecord) -> dict[str, Any]:
    """GitLab wants a file and a line of every issue: where there is none, the subject stands for it."""
    written = finding.location
    if written is None:
        return {"path": clean(finding.subject.id), "lines": {"begin": 1}}
    return {"path": clean(PurePath(written.file).as_posix()), "lines": {"begin": written.line}}


FORMAT = Format("gitlab", (".codequality.json",), lambda: render)
