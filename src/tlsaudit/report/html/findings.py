"""What the page says of each check: its findings in groups that say the same, and the facts of one of each."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from tlsaudit.report.differences import differences
from tlsaudit.report.document import CheckRecord
from tlsaudit.report.html import rows
from tlsaudit.report.html.facts import facts
from tlsaudit.report.html.names import Anchors
from tlsaudit.report.rollup import CheckRollup, Group, Rollup, counts_of
from tlsaudit.report.wording import by_vantage

OPEN = ("fail", "waived", "unknown")
"""What keeps a check from passing everywhere."""

MESSAGES = 25
"""Different messages that are shown of one check."""


def found(rollup: Rollup, checks: Mapping[str, CheckRecord], anchors: Anchors, named: int) -> dict[str, Any]:
    """What the template of the findings shows: the checks that do not pass everywhere, the worst first, the titles of
    those that do, and the first of what did not answer."""
    return {
        "checks": [
            _check(checks.get(item.id), item, anchors[item.id])
            for item in rollup.worst_first()
            if item.id in rollup.faults
        ],
        "passing": passing(rollup, checks),
        "silent": rollup.silent.first[:named],
        "silent_count": rollup.silent.count,
    }


def passing(rollup: Rollup, checks: Mapping[str, CheckRecord]) -> Markup:
    """The checks that passed wherever they apply, by their titles."""
    return rows.passed(tuple(checks[name].title if name in checks else name for name in rollup.passing()))


def _check(record: CheckRecord | None, item: CheckRollup, anchor: str) -> dict[str, Any]:
    groups = item.groups(*OPEN)
    return {
        "id": item.id,
        "anchor": anchor,
        "record": record,
        "severity": item.severity,
        "counts": counts_of(item.counts),
        "groups": [_group(group) for group in groups[:MESSAGES]],
        "more": sum(group.count for group in groups[MESSAGES:]) + item.beyond,
    }


def _group(group: Group) -> dict[str, Any]:
    first = group.first
    return {
        "standing": group.standing,
        "finding": first,
        "count": group.count,
        "subjects": group.subjects,
        "more": group.count - len(group.subjects),
        "facts": [*([("by vantage", by_vantage(first))] if first.vantages else []), *facts(first.facts)],
        "differences": differences(first.facts),
    }
