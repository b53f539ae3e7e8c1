"""What the page says of what is to be done: the failures that nothing excuses, with where they are and the fix."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from tlsaudit.report.document import CheckRecord
from tlsaudit.report.fixes import fixes_of, protocol
from tlsaudit.report.html import rows
from tlsaudit.report.html.facts import facts
from tlsaudit.report.html.findings import OPEN
from tlsaudit.report.html.fleet import Fleet, Part
from tlsaudit.report.html.fragment import joined
from tlsaudit.report.html.names import Anchors
from tlsaudit.report.rollup import CheckRollup, Group
from tlsaudit.report.text import place, plural
from tlsaudit.report.view import Open

FAULTS = 5
"""Different messages of one check that are named to those who mend it."""

NAMED = 6
"""Subjects that a line names."""

_KNOWN = 1024
"""Facts that are kept in words."""


class Todo:
    """The lines of what is to be done. Most of a large fleet is told the same, which is put into words once."""

    def __init__(self, checks: Mapping[str, CheckRecord], anchors: Anchors) -> None:
        self.checks = checks
        self.anchors = anchors
        self._fixes = cache(self._fixes_of)
        self._facts: dict[tuple[str, str], tuple[Mapping[str, Any], str]] = {}

    def failing(self, part: Part) -> list[dict[str, Any]]:
        """A line for each check that fails, the worst first."""
        return [
            self._line(item, item.groups("fail"), item.counts["fail"])
            for item in part.rollup.faulty()
            if item.counts["fail"]
        ]

    def all_open(self, part: Part) -> list[dict[str, Any]]:
        """A line for each check that does not pass everywhere, with what is excused and what is unknown."""
        return [
            self._line(item, groups, sum(item.counts[kind] for kind in OPEN))
            for item in part.rollup.faulty()
            if (groups := item.groups(*OPEN))
        ]

    def _line(self, item: CheckRollup, groups: Sequence[Group], count: int) -> dict[str, Any]:
        record, fails = self.checks.get(item.id), item.counts["fail"] > 0
        protocols = frozenset(protocol(name) for group in groups[:FAULTS] for name in group.subjects)
        return {
            "anchor": self.anchors[item.id],
            "title": record.title if record else item.id,
            "severity": item.severity,
            "count": plural(count, item.kind),
            "kind": item.kind,
            "faults": [self._fault(item.id, group) for group in groups[:FAULTS]],
            "more": sum(group.count for group in groups[FAULTS:]) + item.beyond,
            "fixes": self._fixes(item.id, protocols) if record and fails else (),
            "remediation": record.remediation if record and fails else None,
        }

    def _fixes_of(self, check: str, protocols: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Those of a check that help any of these."""
        record = self.checks[check]
        helpful = {server for each in protocols for server in fixes_of(record, each)}
        return tuple((server, line) for server, line in record.fixes.items() if server in helpful)

    def _fault(self, check: str, group: Group) -> dict[str, Any]:
        named = [place(name) for name in group.subjects[:NAMED]]
        return {
            "standing": group.standing,
            "message": group.opened.message,
            "why": group.opened.waiver,
            "subjects": named,
            "more": group.count - len(named),
            "facts": self._told(check, group.opened),
        }

    def _told(self, check: str, finding: Open) -> str:
        """The facts in a line. What says the same has mostly the same facts, too."""
        if len(self._facts) > _KNOWN:
            self._facts.clear()
        known = self._facts.get((check, finding.message))
        if known is None or known[0] != finding.facts:
            told = "; ".join(f"{name}: {value}" for name, value in facts(finding.facts))
            known = self._facts[check, finding.message] = (finding.facts, told)
        return known[1]


def owners(fleet: Fleet, todo: Todo, link: Callable[[str | None], str] | None) -> list[dict[str, Any]]:
    """Those who have something to do, the most first, and what is nobody's last. Nothing where no owner is named."""
    if not any(name is not None for name in fleet.owners):
        return []
    busy = [part for part in fleet.owners.values() if part.fails]
    ordered = sorted(busy, key=lambda part: (part.name is None, -part.fails, part.name or ""))
    return [_owner(part, todo, link(part.name) if link else None) for part in ordered]


def _owner(part: Part, todo: Todo, link: str | None) -> dict[str, Any]:
    lines = todo.failing(part)
    return {
        "name": part.name,
        "link": link,
        "endpoints": part.endpoints,
        "failing": part.rollup.failing,
        "checks": len(lines),
        "todo": joined(rows.todo_row(line, "", evidence=False) for line in lines if link is None),
    }
