"""What the page says of each check: its findings in groups that say the same, and the facts of one of each."""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from tlsaudit.report.differences import differences
from tlsaudit.report.document import CheckRecord
from tlsaudit.report.rollup import CheckRollup, Group, Rollup, counts_of

OPEN = ("fail", "waived", "unknown")
"""What keeps a check from passing everywhere."""

MESSAGES = 25
"""Different messages that are shown of one check."""


def found(rollup: Rollup, checks: Mapping[str, CheckRecord], named: int) -> dict[str, Any]:
    """What the template of the findings shows: the checks that do not pass everywhere, the worst first, the titles of
    those that do, and the first of what did not answer."""
    return {
        "checks": [_check(checks.get(item.id), item) for item in rollup.worst_first() if item.id in rollup.faults],
        "anchors": anchors(rollup),
        "passing": passing(rollup, checks),
        "silent": list(islice(rollup.silent.items(), named)),
        "silent_count": len(rollup.silent),
    }


def passing(rollup: Rollup, checks: Mapping[str, CheckRecord]) -> tuple[str, ...]:
    """The titles of the checks that passed wherever they apply."""
    return tuple(checks[name].title if name in checks else name for name in rollup.passing())


def anchors(rollup: Rollup) -> dict[str, str]:
    """The ids of the checks that do not pass everywhere, in the page that shows them."""
    return {item.id: f"check-{number}" for number, item in enumerate(rollup.faulty(), 1)}


def _check(record: CheckRecord | None, item: CheckRollup) -> dict[str, Any]:
    groups = item.groups(*OPEN)
    return {
        "id": item.id,
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
        "facts": facts(first.facts),
        "differences": differences(first.facts),
    }


def facts(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The evidence of a finding, in words. What is told elsewhere, such as a guideline's gaps, is left out."""
    return [(name.replace("_", " "), _told(value)) for name, value in found.items() if not _of_records(value)]


def _of_records(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{what}: {_shown(who)}" for what, who in value.items())
    return _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else as_json(value)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
