"""What the page says of each check: its findings in groups that say the same, and the facts of one of each."""

import json
from collections.abc import Iterator
from typing import Any

from tlsaudit.report.document import CheckRecord, FindingRecord
from tlsaudit.report.rollup import Group, Rollup, counts_of

MESSAGES = 25
"""Different messages that are shown of one check."""


def faulty(rollup: Rollup, check: str) -> bool:
    counts = rollup.checks[check].counts
    return any(counts[kind] for kind in ("fail", "waived", "unknown"))


def check(record: CheckRecord | None, name: str, rollup: Rollup) -> dict[str, Any]:
    item = rollup.checks[name]
    groups = item.groups("fail", "waived", "unknown")
    return {
        "id": name,
        "record": record,
        "severity": item.severity,
        "counts": counts_of(item.counts),
        "groups": [_group(group) for group in groups[:MESSAGES]],
        "more": sum(group.count for group in groups[MESSAGES:]) + item.beyond,
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "standing": group.standing,
        "finding": group.first,
        "count": group.count,
        "subjects": group.subjects,
        "more": group.count - len(group.subjects),
        "facts": list(_facts(group.first)),
    }


def _facts(finding: FindingRecord) -> Iterator[tuple[str, str]]:
    for name, value in finding.facts.items():
        if isinstance(value, dict):
            shown = "; ".join(f"{what}: {_shown(who)}" for what, who in value.items())
        else:
            shown = _shown(value)
        yield name.replace("_", " "), shown


def _shown(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else as_json(value)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
