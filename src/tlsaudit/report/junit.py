"""JUnit XML: a suite for each subject, a case for each check.

What could not be judged is an error, never a pass nor skipped: a test that says nothing of its subject. Skipped is what
does not apply, and a failure that a waiver excuses.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import TextIO

from junitparser import Error, Failure, Skipped, TestCase, TestSuite

from tlsaudit.report.document import CheckRecord, LocationRecord, ReviewRecord
from tlsaudit.report.fixes import fixes_of, protocol
from tlsaudit.report.renderer import Options
from tlsaudit.report.review import NAMES, reviewed
from tlsaudit.report.text import clean
from tlsaudit.report.view import AuditView, OfSubject, Words

Result = tuple[str, str]
"""What the outcome counts as, and the elements that say so, as XML."""

Results = Callable[[Words, str | None, str], Result]
"""Of what a check says, by the waiver's reason and the protocol of the subject."""

_HOLE = "-"
"""In the place of a check's id, which is never that."""


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

    @lru_cache(maxsize=4096)  # most of a fleet is told the same
    def results(words: Words, waiver: str | None, protocol: str) -> Result:
        return _result(words, waiver, checks.get(words.check), protocol)

    suites = groupby(view.by_subject(), key=lambda item: item.subject)
    out.writelines("".join(_suite(list(found), results)) for _, found in suites)
    if review:
        out.write(_xml(_review(review)) + "\n")
    out.write("</testsuites>\n")


def _suite(parts: Sequence[OfSubject], results: Results) -> Iterator[str]:
    """Of one subject. A suite's cases differ in a few words, which are put between what is always the same."""
    name = parts[0].subject.id
    spoken = protocol(name)
    kinds: Counter[str] = Counter()
    cases = []
    for part in parts:
        before, after = _case(name, part.location)
        for place, words in enumerate(part.words):
            kind, inner = results(words, part.own[place].waiver if place in part.own else None, spoken)
            kinds[kind] += 1
            if words.hole:
                inner = inner.replace(words.hole, part.host)
            cases.append(f"{before}{_class_name(words.check)}{after}{inner}")
    suite = TestSuite(clean(name))
    suite.tests, suite.errors = len(cases), kinds["error"]
    suite.failures, suite.skipped = kinds["failure"], kinds["skipped"]
    suite.time = 0
    yield _xml(suite).removesuffix("/>") + ">"
    yield from cases
    yield "</testsuite>\n"


def _case(name: str, location: LocationRecord | None) -> tuple[str, str]:
    """How it begins, before and after the name of its class."""
    test = TestCase(clean(name), _HOLE)
    if location:
        _locate(test, location)
    before, _, after = _xml(test).removesuffix("/>").partition(f'classname="{_HOLE}"')
    return before, after


@lru_cache(maxsize=4096)
def _class_name(check: str) -> str:
    return "classname=" + _xml(TestCase("", clean(check))).partition("classname=")[2].removesuffix("/>")


def _result(words: Words, waiver: str | None, check: CheckRecord | None, protocol: str) -> Result:
    message = clean("; ".join([words.message, *words.also]))
    if words.outcome == "unknown":
        return "error", _inner(Error(message, "unknown"))
    if words.outcome == "not_applicable":
        return "skipped", _inner(Skipped(message))
    if words.outcome == "pass":
        return "", "/>"
    if waiver is not None:
        return "skipped", _inner(Skipped(f"{message} (excused: {clean(waiver)})"))
    failure = Failure(message, words.severity)
    failure.text = "\n".join(_help(words, check, protocol))
    return "failure", _inner(failure)


def _inner(result: Error | Failure | Skipped) -> str:
    return f">{_xml(result)}</testcase>"


def _xml(element: TestSuite | TestCase | Error | Failure | Skipped) -> str:
    return str(element.tostring().decode())  # type: ignore[no-untyped-call]


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


def _help(words: Words, check: CheckRecord | None, protocol: str) -> Iterable[str]:
    """What people read who look at one failure."""
    yield f"{clean(check.title if check else words.check)}: {clean(words.message)}"
    for further in words.also:
        yield clean(further)
    for server, line in fixes_of(check, protocol).items() if check else ():
        yield clean(f"fix, {server}: {line}")
