"""What the page says of each check: its findings in groups that say the same, and the facts of one of each."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from tlsaudit.report.document import CheckRecord, FindingRecord
from tlsaudit.report.rollup import CheckRollup, Group, Rollup, counts_of

MESSAGES = 25
"""Different messages that are shown of one check."""


def found(rollup: Rollup, checks: Mapping[str, CheckRecord], named: int) -> dict[str, Any]:
    """What the template of the findings shows: the checks that do not pass everywhere, the worst first, the titles of
    those that do, and the first of what did not answer. `anchors` are the ids by which the former are linked to."""
    ordered = rollup.worst_first()
    faulty = [item for item in ordered if _faulty(item)]
    return {
        "checks": [_check(checks.get(item.id), item) for item in faulty],
        "anchors": {item.id: f"check-{number}" for number, item in enumerate(faulty, 1)},
        "passing": [
            checks[item.id].title if item.id in checks else item.id
            for item in ordered
            if not _faulty(item) and item.counts["pass"]
        ],
        "silent": list(islice(rollup.silent.items(), named)),
        "silent_count": len(rollup.silent),
    }


def _faulty(item: CheckRollup) -> bool:
    return any(item.counts[kind] for kind in ("fail", "waived", "unknown"))


def _check(record: CheckRecord | None, item: CheckRollup) -> dict[str, Any]:
    groups = item.groups("fail", "waived", "unknown")
    return {
        "id": item.id,
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
