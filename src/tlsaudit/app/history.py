"""Earlier audits: list them, compare two. On the terminal, or as JSON."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from tlsaudit.report.text import clean, percent, plural
from tlsaudit.store import Audit, Change, Diff, Store


def list_audits(database: str, *, as_json: bool) -> str:
    """The audits, newest first. Raises StoreError."""
    with Store.open(database, create=False) as store:
        audits = store.audits()
    if as_json:
        return json.dumps([_audit(audit) for audit in audits], indent=2)
    return "\n".join(map(_line, audits)) or "no audit was recorded yet: run tlsaudit audit"


def _audit(audit: Audit) -> dict[str, Any]:
    return {
        "id": audit.id,
        "started_at": _moment(audit.started_at),
        "finished_at": _moment(audit.finished_at) if audit.finished_at else None,
        "vantage": audit.vantage,
        "version": audit.version,
        "targets": audit.targets,
        "summary": audit.summary,
        "notes": list(audit.notes),
    }


def _line(audit: Audit) -> str:
    started = audit.started_at.strftime("%Y-%m-%d %H:%M UTC")
    if not audit.finished_at or not audit.summary:
        return f"{audit.id:5}  {started}  not finished"
    summary = audit.summary
    counts = summary["findings"]
    coverage = summary["coverage"]
    judged = "nothing judged" if coverage is None else f"{percent(coverage)} judged"
    reached = f"{summary['reachable']} of {plural(summary['endpoints'], 'endpoint')} reached"
    return f"{audit.id:5}  {started}  {reached}, {counts['fail']} fail, {counts['unknown']} unknown, {judged}"


def diff_audits(database: str, before: str, after: str, *, as_json: bool) -> str:
    """What changed from one audit to another. Raises StoreError."""
    with Store.open(database, create=False) as store:
        diff = store.diff(store.audit(before), store.audit(after))
    return json.dumps(_diff(diff), indent=2) if as_json else "\n".join(_lines(diff))


_GROUPS = (
    ("failed", "FAILS NOW"),
    ("fixed", "FIXED"),
    ("lost", "UNKNOWN NOW"),
    ("regained", "KNOWN AGAIN"),
    ("applicability", "APPLIES OR NOT"),
    ("rule_changed", "RULE CHANGED"),
    ("not_run_before", "NOT RUN BEFORE"),
)


def _diff(diff: Diff) -> dict[str, Any]:
    groups = {name: [_change(change) for change in getattr(diff, name)] for name, _ in _GROUPS}
    return {
        "before": _audit(diff.before),
        "after": _audit(diff.after),
        **groups,
        "rules": list(diff.rules),
        "not_run": list(diff.not_run),
        "appeared": list(diff.appeared),
        "gone": list(diff.gone),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "check": change.check,
        "subject": {"kind": change.subject.kind.value, "id": change.subject.id},
        "before": change.before.outcome.value if change.before else None,
        "after": change.after.outcome.value,
        "message": change.after.message,
    }


def _lines(diff: Diff) -> Iterator[str]:
    before, after = (f"{audit.id} ({_moment(audit.started_at)})" for audit in (diff.before, diff.after))
    yield f"From audit {before} to {after}"
    changed = False
    for name, title in _GROUPS:
        changes: Sequence[Change] = getattr(diff, name)
        for change in changes:
            changed = True
            yield f"  {title:14}  {change.check}  {clean(change.subject.id)}: {clean(change.after.message)}"
    lists = {"NEW": diff.appeared, "GONE": diff.gone, "OTHER RULE": diff.rules, "NOT RUN NOW": diff.not_run}
    for title, names in lists.items():
        for name in names:
            changed = True
            yield f"  {title:14}  {clean(name)}"
    if not changed:
        yield "  nothing changed"


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
