"""JUnit XML: a suite for each subject, a case for each check.

What could not be judged is an error, never a pass nor skipped: a test that says nothing of its subject. Skipped is what
does not apply, and a failure that a waiver excuses.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import TextIO

from junitparser import Error, Failure, Skipped, TestCase, TestSuite

from tlsaudit.report.document import AuditView, CheckRecord, FindingRecord
from tlsaudit.report.fixes import fixes_for
from tlsaudit.report.renderer import Options
from tlsaudit.report.rollup import standing
from tlsaudit.report.text import clean


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    """Writes suite by suite: a fleet's cases are never all in memory."""
    header = view.header
    counts = header.summary.findings
    skipped = counts.not_applicable + counts.waived
    tests = counts.passed + counts.fail + counts.unknown + skipped
    checks = {check.id: check for check in header.checks}
    out.write(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="tlsaudit" tests="{tests}" '
        f'failures="{counts.fail}" errors="{counts.unknown}" skipped="{skipped}" time="{header.summary.duration_s}">\n'
    )
    out.writelines(
        _suite(list(findings), checks).tostring().decode() + "\n"
        for _, findings in groupby(view.findings(), key=lambda item: item.subject)
    )
    out.write("</testsuites>\n")


def _suite(findings: list[FindingRecord], checks: Mapping[str, CheckRecord]) -> TestSuite:
    suite = TestSuite(clean(findings[0].subject.id))
    for finding in findings:
        suite.append(_test(finding, checks.get(finding.check)))
    suite.update_statistics()
    return suite


def _test(finding: FindingRecord, check: CheckRecord | None) -> TestCase:
    test = TestCase(clean(finding.subject.id), clean(finding.check))
    if finding.location:  # which GitLab links to, and junitparser has no attributes for
        test._elem.set("file", clean(finding.location.file))
        test._elem.set("line", str(finding.location.line))
    message = clean("; ".join([finding.message, *finding.also]))
    match standing(finding):
        case "fail":
            failure = Failure(message, finding.severity)
            failure.text = "\n".join(_help(finding, check))
            test.append(failure)
        case "unknown":
            test.append(Error(message, "unknown"))
        case "waived":
            test.append(Skipped(f"{message} (excused: {clean(finding.waiver or '')})"))
        case "not_applicable":
            test.append(Skipped(message))
    return test


def _help(finding: FindingRecord, check: CheckRecord | None) -> Iterable[str]:
    """What people read who look at one failure."""
    yield f"{clean(check.title if check else finding.check)}: {clean(finding.message)}"
    for further in finding.also:
        yield clean(further)
    for server, line in fixes_for(check, finding.subject.id).items() if check else ():
        yield clean(f"fix, {server}: {line}")
