"""What the page says of what is to be done: the failures that nothing excuses, with where they are and the fix."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tlsaudit.report.document import CheckRecord
from tlsaudit.report.fixes import fixes_for
from tlsaudit.report.html.findings import OPEN, facts
from tlsaudit.report.html.fleet import Fleet, Part
from tlsaudit.report.rollup import CheckRollup, Group
from tlsaudit.report.text import place

FAULTS = 5
"""Different messages of one check that are named to those who mend it."""

NAMED = 6
"""Subjects that a line names."""


def owners(fleet: Fleet, checks: Mapping[str, CheckRecord], links: Mapping[str | None, str]) -> list[dict[str, Any]]:
    """Those who have something to do, the most first, and what is nobody's last. Nothing where no owner is named."""
    if not any(name is not None for name in fleet.owners):
        return []
    busy = [part for part in fleet.owners.values() if part.fails]
    ordered = sorted(busy, key=lambda part: (part.name is None, -part.fails, part.name or ""))
    return [_owner(part, checks, links.get(part.name)) for part in ordered]


def _owner(part: Part, checks: Mapping[str, CheckRecord], link: str | None) -> dict[str, Any]:
    return {
        "name": part.name,
        "link": link,
        "endpoints": len(part.endpoints),
        "failing": len(part.rollup.failing),
        "fails": part.fails,
        "todo": todo(part, checks),
    }


def todo(part: Part, checks: Mapping[str, CheckRecord]) -> list[dict[str, Any]]:
    """A line for each check that fails, the worst first."""
    return [
        _line(item, checks.get(item.id), item.groups("fail"), item.counts["fail"])
        for item in part.rollup.faulty()
        if item.counts["fail"]
    ]


def all_open(part: Part, checks: Mapping[str, CheckRecord]) -> list[dict[str, Any]]:
    """A line for each check that does not pass everywhere, with what is excused and what is unknown."""
    return [
        _line(item, checks.get(item.id), groups, sum(item.counts[kind] for kind in OPEN))
        for item in part.rollup.faulty()
        if (groups := item.groups(*OPEN))
    ]


def _line(item: CheckRollup, record: CheckRecord | None, groups: Sequence[Group], count: int) -> dict[str, Any]:
    subjects = [name for group in groups[:FAULTS] for name in group.subjects]
    return {
        "id": item.id,
        "record": record,
        "severity": item.severity,
        "count": count,
        "fails": item.counts["fail"] > 0,
        "kind": item.kind,
        "faults": [_fault(group) for group in groups[:FAULTS]],
        "more": sum(group.count for group in groups[FAULTS:]) + item.beyond,
        "fixes": _fixes(record, subjects) if record and item.counts["fail"] else {},
    }


def _fixes(record: CheckRecord, subjects: Iterable[str]) -> dict[str, str]:
    helpful = {server for name in subjects for server in fixes_for(record, name)}
    return {server: line for server, line in record.fixes.items() if server in helpful}


def _fault(group: Group) -> dict[str, Any]:
    named = [place(name) for name in group.subjects[:NAMED]]
    return {
        "standing": group.standing,
        "message": group.opened.message,
        "why": group.opened.waiver,
        "subjects": named,
        "more": group.count - len(named),
        "facts": "; ".join(f"{name}: {value}" for name, value in facts(group.first)),
    }
