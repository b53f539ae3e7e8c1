"""What a change makes worse, better, or leaves."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tlsaudit.app.records import Tally
from tlsaudit.check import Check, Severity
from tlsaudit.report.document import ChangeName, FindingRecord

WORSE = "worse"
"""What fails the gate unless something else is said."""

_RANK = {"pass": 0, "not_applicable": 0, "unknown": 1, "fail": 2}

Key = tuple[str, str]
"""A check and its subject."""


class Was(NamedTuple):
    """How a check stood before."""

    rank: int
    message: str
    facts: Mapping[str, Any]


def standing(findings: Iterable[FindingRecord]) -> dict[Key, Was]:
    """How each check stood; what is excused does not count as a failure."""
    return {(each.check, each.subject.id): Was(_rank(each), each.message, each.facts) for each in findings}


def compared(
    findings: Sequence[FindingRecord], before: Mapping[Key, Was], checks: Iterable[Check]
) -> list[FindingRecord]:
    """The findings, each with what the change did to it: of a check that was not judged before, a failure is new, and
    one that became a larger one is worse."""
    known = {check.id: check for check in checks}
    return [
        each.model_copy(update={"change": _change(each, before, known[each.check]), "was": _said(each, before)})
        for each in findings
    ]


def _change(finding: FindingRecord, before: Mapping[Key, Was], check: Check) -> ChangeName:
    was = before.get((finding.check, finding.subject.id))
    rank = _rank(finding)
    if was is None:
        return "worse" if rank else "same"
    if rank == was.rank:
        return "worse" if rank == _RANK["fail"] and _grew(check, was.facts, finding.facts) else "same"
    return "worse" if rank > was.rank else "better"


def _grew(check: Check, was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a failure has a fault that it had not, or less of a strength."""
    more = any(_listed(now, name) - _listed(was, name) for name in check.faults)
    return more or any((now.get(name) or 0) < (was.get(name) or 0) for name in check.strengths)


def _listed(facts: Mapping[str, Any], name: str) -> set[str]:
    """What a fact lists; of the gaps of a guideline the rules."""
    return {item["rule"] if isinstance(item, Mapping) else item for item in facts.get(name, ())}


def _said(finding: FindingRecord, before: Mapping[Key, Was]) -> str | None:
    """What was said of a failure before, where that is something else."""
    was = before.get((finding.check, finding.subject.id))
    if was is None or finding.outcome != "fail" or was.rank != _RANK["fail"] or was.message == finding.message:
        return None
    return was.message


def _rank(finding: FindingRecord) -> int:
    return 0 if finding.waiver and finding.outcome == "fail" else _RANK[finding.outcome]


def exit_code(
    findings: Iterable[FindingRecord],
    fail_on: str,
    tally: Tally,
    min_coverage: float,
    *,
    compared: bool,
    broken: bool = False,
    unasked: bool = False,
) -> int:
    """`fail_on` is WORSE, a severity's label or `never`; `broken` is a goal that the change breaks, `unasked` something
    that it leads to and that was not asked. With nothing to compare with, `worse` is whatever fails with a severity of
    at least high.
    """
    if fail_on == WORSE and compared:
        worse = [each for each in findings if each.change == "worse" and each.severity != "info"]
        failing = broken or any(each.outcome == "fail" for each in worse)
        return 1 if failing else 3 if worse or unasked or tally.nobody_answered else 0
    named = {WORSE: Severity.HIGH, "never": None}
    threshold = named[fail_on] if fail_on in named else Severity[fail_on.upper()]
    return tally.exit_code(threshold, min_coverage)
