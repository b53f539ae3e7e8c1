"""SARIF 2.1.0 (OASIS), within what GitHub's code scanning takes: a result is a failure, at the line of its subject.

What could not be judged is no result, since nothing is known of the subject: it is a notification of the run.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from pathlib import PurePath
from typing import Any, TextIO
from urllib.parse import quote

from tlsaudit.report.document import (
    CheckRecord,
    FindingRecord,
    Header,
    LocationRecord,
    ReviewRecord,
    SeverityName,
    SubjectRecord,
)
from tlsaudit.report.json import encoded
from tlsaudit.report.markup import prose
from tlsaudit.report.renderer import Options
from tlsaudit.report.review import NAMES, TITLES, reviewed
from tlsaudit.report.rollup import Rollup
from tlsaudit.report.text import clean, joined, place, plural
from tlsaudit.report.view import AuditView

MOST_RESULTS = 25_000
"""GitHub takes no more of one run; the worst are kept."""

_NAMED = 3
_REASONS = 20
"""Different reasons for which a check could not judge that are told of."""

_LEVELS: Mapping[SeverityName, str] = {
    "critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note",
}  # fmt: skip
_SECURITY_SEVERITY: Mapping[SeverityName, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
"""In the middle of the ranges that GitHub names critical, high, medium and low; what is for information has none."""


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    header = view.header
    rollup = Rollup.of(view, keep=_NAMED)
    room = _room(rollup)
    notifications = [*_unjudged(rollup), *_left_out(rollup, room), *(_notification(note) for note in header.notes)]
    out.write('{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [{\n')
    out.write(f'"tool": {{"driver": {{"name": "tlsaudit", "version": {encoded(clean(header.tool.version))},\n')
    review = reviewed(header)
    kinds = list(dict.fromkeys(item.kind for item in review))
    _write_list(out, "rules", [*map(_rule, header.checks), *map(_review_rule, kinds)])
    out.write('}},\n"columnKind": "unicodeCodePoints",\n"invocations": [{')
    out.write(f"{encoded(_invocation(header))[1:-1]},\n")
    _write_list(out, "toolExecutionNotifications", notifications)
    out.write("}],\n")
    results = (_reviewed(item, len(header.checks) + kinds.index(item.kind)) for item in review)
    _write_list(out, "results", chain(results, _results(view, room)))
    out.write("}]}\n")


def _write_list(out: TextIO, key: str, items: Iterable[dict[str, Any]]) -> None:
    out.write(f'"{key}": [')
    separator = "\n"
    for item in items:
        out.write(separator + encoded(item))
        separator = ",\n"
    out.write("]")


def _rule(check: CheckRecord) -> dict[str, Any]:
    references = f"\n\nReferences: {', '.join(check.references)}" if check.references else ""
    text = "\n\n".join(part for part in (check.rationale, check.remediation) if part) + references
    severity = _SECURITY_SEVERITY.get(check.severity)
    return {
        "id": clean(check.id),
        "shortDescription": {"text": clean(check.title)},
        "fullDescription": {"text": clean(check.summary)},
        "help": {"text": "\n".join(map(clean, text.splitlines())), "markdown": prose(text)},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {"tags": ["security"], **({"security-severity": severity} if severity else {})},
    }


def _invocation(header: Header) -> dict[str, Any]:
    ended = {"endTimeUtc": header.finished_at} if header.finished_at else {}
    return {"executionSuccessful": header.finished_at is not None, "startTimeUtc": header.started_at, **ended}


def _room(rollup: Rollup) -> Counter[str]:
    """How many failures of each check are told."""
    room: Counter[str] = Counter()
    for item in rollup.faulty():
        room[item.id] = min(item.counts["fail"] + item.counts["waived"], MOST_RESULTS - room.total())
    return room


def _results(view: AuditView, room: Counter[str]) -> Iterator[dict[str, Any]]:
    indexes = {check.id: index for index, check in enumerate(view.header.checks)}
    for finding in (each for outline in view.outlines() for each in outline.open):
        if finding.outcome == "fail" and room[finding.check] > 0:
            room[finding.check] -= 1
            yield _result(finding.record(), indexes)


def _result(finding: FindingRecord, indexes: Mapping[str, int]) -> dict[str, Any]:
    index = indexes.get(finding.check)
    where = "" if finding.subject.kind == "fleet" else f"{place(finding.subject.id)}: "
    # A viewer would make a link of [text](target).
    said = clean(where + "; ".join([finding.message, *finding.also])).replace("](", "] (")
    fingerprint = fingerprint_of(finding.check, finding.subject)
    result: dict[str, Any] = {
        "ruleId": clean(finding.check),
        **({} if index is None else {"ruleIndex": index}),
        "level": _LEVELS[finding.severity],
        **({"baselineState": _baseline_state(finding)} if finding.change else {}),
        "message": {"text": said},
        "locations": [{"physicalLocation": _physical(finding), "logicalLocations": [_logical(finding.subject)]}],
        # GitHub knows the second name only, and would else take two hosts on one line for one.
        "partialFingerprints": {
            "checkAndSubject/v1": fingerprint,
            "primaryLocationLineHash": f"{fingerprint[:16]}:1",
        },
        "properties": {"severity": finding.severity, "address": finding.address and clean(finding.address)},
    }
    if finding.waiver is not None:
        excuse = {"kind": "external", "status": "accepted", "justification": clean(finding.waiver)}
        result["suppressions"] = [excuse]
    return result


def _baseline_state(finding: FindingRecord) -> str:
    """What a result is to that of the base. One that is absent is not written: GitHub knows no states, and would take
    it for an alert."""
    if finding.was or finding.change == "better":
        return "updated"
    return "new" if finding.change == "worse" else "unchanged"


def _review_rule(kind: str) -> dict[str, Any]:
    level = "error" if kind == "broken" else "none"
    text = {"text": TITLES[kind]}
    return {
        "id": NAMES[kind],
        "shortDescription": text,
        "fullDescription": text,
        "help": text,
        "defaultConfiguration": {"level": level},
    }


def _reviewed(item: ReviewRecord, rule: int) -> dict[str, Any]:
    """What breaks a goal fails, the rest asks for a person's judgement (SARIF 2.1.0, section 3.27.9)."""
    verdict = {"kind": "fail", "level": "error"} if item.kind == "broken" else {"kind": "review", "level": "none"}
    fingerprint = fingerprint_of_review(item)
    return {
        "ruleId": NAMES[item.kind],
        "ruleIndex": rule,
        **verdict,
        "baselineState": "new",
        "message": {"text": clean(item.message).replace("](", "] (")},
        "locations": [{"physicalLocation": _at(item.location)}],
        "partialFingerprints": {
            "checkAndSubject/v1": fingerprint,
            "primaryLocationLineHash": f"{fingerprint[:16]}:1",
        },
    }


def fingerprint_of_review(item: ReviewRecord) -> str:
    """The same of what a change of the targets file does."""
    return hashlib.sha256(json.dumps([NAMES[item.kind], item.about]).encode()).hexdigest()[:32]


def fingerprint_of(check: str, subject: SubjectRecord) -> str:
    """32 hexadecimal digits that are the same in every audit: nothing that is measured is in them."""
    named = json.dumps([check, subject.kind, subject.id])
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def _physical(finding: FindingRecord) -> dict[str, Any]:
    """GitHub wants a place in a file of every result: where there is none, it is named after the subject."""
    location = finding.location
    if location is None:
        return {"artifactLocation": {"uri": quote(clean(finding.subject.id), safe="")}, "region": {"startLine": 1}}
    return _at(location)


def _at(location: LocationRecord) -> dict[str, Any]:
    region = {"startLine": location.line, "startColumn": location.column}
    return {"artifactLocation": _artifact(location.file), "region": region}


@lru_cache(maxsize=1024)  # most of a fleet is written in a few files
def _artifact(file: str) -> dict[str, str]:
    path = PurePath(clean(file))
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}


def _logical(subject: SubjectRecord) -> dict[str, str]:
    return {"fullyQualifiedName": clean(subject.id), "kind": subject.kind}


def _unjudged(rollup: Rollup) -> Iterator[dict[str, Any]]:
    for reason, said in rollup.silent.most_common(_REASONS):
        yield _notification(f"{plural(said.count, 'endpoint')} did not answer: {reason}", "warning")
    for item in rollup.faulty():
        for group in item.groups("unknown")[:_REASONS]:
            more = [plural(group.count - _NAMED, "other")] if group.count > _NAMED else []
            fleet = group.first.subject.kind == "fleet"
            whom = "the fleet" if fleet else joined([*group.subjects, *more])
            text = f"not judged for {whom}: {group.first.message}"
            yield {**_notification(text, "warning"), "associatedRule": {"id": clean(item.id)}}


def _left_out(rollup: Rollup, room: Counter[str]) -> Iterator[dict[str, Any]]:
    failures = sum(item.counts["fail"] + item.counts["waived"] for item in rollup.faults.values())
    if failures > room.total():
        yield _notification(
            f"{failures - room.total():,} of {failures:,} failures are left out, the mildest", "warning"
        )


def _notification(text: str, level: str = "note") -> dict[str, Any]:
    return {"level": level, "message": {"text": clean(text).replace("](", "] (")}}
