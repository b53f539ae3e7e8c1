"""What a change makes worse, better, or leaves."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tlsaudit.report.document import ChangeName, FindingRecord

_RANK = {"pass": 0, "not_applicable": 0, "unknown": 1, "fail": 2}

Key = tuple[str, str]
"""A check and its subject."""


class Was(NamedTuple):
    """How a check stood before."""

    rank: int
    message: str


def standing(findings: Iterable[FindingRecord]) -> dict[Key, Was]:
    """How each check stood; what is excused does not count as a failure."""
    return {(each.check, each.subject.id): Was(_rank(each), each.message) for each in findings}


def compared(findings: Sequence[FindingRecord], before: Mapping[Key, Was]) -> list[FindingRecord]:
    """The findings, each with what the change did to it: of a check that was not judged before, a failure is new."""
    return [each.model_copy(update={"change": _change(each, before), "was": _said(each, before)}) for each in findings]


def _change(finding: FindingRecord, before: Mapping[Key, Was]) -> ChangeName:
    was = before.get((finding.check, finding.subject.id))
    rank = _rank(finding)
    if was is None:
        return "worse" if rank else "same"
    if rank == was.rank:
        return "same"
    return "worse" if rank > was.rank else "better"


def _said(finding: FindingRecord, before: Mapping[Key, Was]) -> str | None:
    """What was said of a failure before, where that is something else."""
    was = before.get((finding.check, finding.subject.id))
    if was is None or finding.outcome != "fail" or was.rank != _RANK["fail"] or was.message == finding.message:
        return None
    return was.message


def _rank(finding: FindingRecord) -> int:
    return 0 if finding.waiver and finding.outcome == "fail" else _RANK[finding.outcome]
