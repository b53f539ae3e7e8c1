"""JUnit XML: a suite for each subject, a case for each check.

What could not be judged is an error, never a pass nor skipped: a test that says nothing of its subject. Skipped is what
does not apply, and a failure that a waiver excuses.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TextIO

from junitparser import Error, Failure, Skipped, TestCase, TestSuite

from tlsaudit.report.document import AuditView, CheckRecord, FindingRecord, LocationRecord, ReviewRecord, standing
from tlsaudit.report.fixes import fixes_for
from tlsaudit.report.renderer import Options
from tlsaudit.report.review import NAMES, reviewed
from tlsaudit.report.text import clean


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    """Writes suite by suite: a fleet's cases are never all in memory."""
    header = view.header
    counts = header.summary.findings
    skipped = counts.not_applicable + counts.waived
    review = reviewed(header)
    tests = counts.passed + counts.fail + counts.unknown + skipped + len(review)
    failures = counts.fail + sum(item.kind == "broken" for item in review)
    checks = {check.id: check for check in header.checks}
    out.write(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="tlsaudit" tests="{tests}" '
        f'failures="{failures}" errors="{counts.unknown}" skipped="{skipped}" time="{header.summary.duration_s}">\n'
    )
    out.writelines(
        _suite(list(findings), checks).tostring().decode() + "\n"
        for _, findings in groupby(view.findings(), key=lambda item: item.subject)
    )
    if review:
        out.write(_review(review).tostring().decode() + "\n")
    out.write("</testsuites>\n")


def _suite(findings: list[FindingRecord], checks: Mapping[str, CheckRecord]) -> TestSuite:
    suite = TestSuite(clean(findings[0].subject.id))
    for finding in findings:
        suite.append(_test(finding, checks.get(finding.check)))
    suite.update_statistics()
    return suite


def _test(finding: FindingRecord, check: CheckRecord | None) -> TestCase:
    test = TestCase(clean(finding.subject.id), clean(finding.check))
    if finding.location:
        _locate(test, finding.location)
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


def _review(items: Sequence[ReviewRecord]) -> TestSuite:
    """What a change of the targets file does: only what breaks a goal fails."""
    suite = TestSuite(clean(items[0].location.file))
    for item in items:
        test = TestCase(clean(f"{NAMES[item.kind]}: {item.about}"), clean(item.location.file))
        _locate(test, item.location)
        if item.kind == "broken":
            test.append(Failure(clean(item.message), "high"))
        else:
            test.system_out = clean(item.message)
        suite.append(test)
    suite.update_statistics()
    return suite


def _locate(test: TestCase, location: LocationRecord) -> None:
    """GitLab links to it, and junitparser has no attributes for it."""
    test._elem.set("file", clean(location.file))
    test._elem.set("line", str(location.line))


def _help(finding: FindingRecord, check: CheckRecord | None) -> Iterable[str]:
    """What people read who look at one failure."""
    yield f"{clean(check.title if check else finding.check)}: {clean(finding.message)}"
    for further in finding.also:
        yield clean(further)
    for server, line in fixes_for(check, finding.subject.id).items() if check else ():
        yield clean(f"fix, {server}: {line}")
