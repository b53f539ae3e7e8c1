"""Compare two audits, each in the history or written as JSON. On the terminal, or as JSON."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlsaudit.app.history import audit_json, moment
from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.errors import UserError
from tlsaudit.report.document import FindingRecord
from tlsaudit.report.json import read_document
from tlsaudit.report.text import clean
from tlsaudit.store import Audit, Change, Diff, Pinned, Side, Store, compare

_OF_HISTORY = re.compile(r"latest|[0-9][0-9TZ:-]*")
"""A number, the beginning of a time, or `latest`; a file of such a name is ./latest."""


@dataclass(frozen=True, slots=True)
class _Document:
    """An audit that was written as JSON."""

    name: str
    head: dict[str, Any]
    side: Side


_Chosen = Audit | _Document


def diff_audits(database: Callable[[], str], before: str, after: str, *, as_json: bool) -> str:
    """What changed from one audit to another, each one in the history, or an audit document where such a file exists.

    `database` is asked for only where the history is needed. Raises UserError.
    """
    with ExitStack() as stack:
        documents = [_document(name) for name in (before, after)]
        if all(documents):
            chosen: list[_Chosen] = [document for document in documents if document]
            diff = compare(*(document.side for document in documents if document))
        else:
            store = stack.enter_context(Store.open(database(), create=False))
            chosen = [document or store.audit(name) for document, name in zip(documents, (before, after), strict=True)]
            diff = _diff_in(store, *chosen)
    return json.dumps(_json(chosen, diff), indent=2) if as_json else "\n".join(_lines(chosen, diff))


def _diff_in(store: Store, before: _Chosen, after: _Chosen) -> Diff:
    if isinstance(before, Audit) and isinstance(after, Audit):
        return store.diff(before, after)
    return compare(*(store.side(each) if isinstance(each, Audit) else each.side for each in (before, after)))


def _document(name: str) -> _Document | None:
    """None for what names an audit in the history. Raises UserError."""
    path = Path(name)
    if _OF_HISTORY.fullmatch(name) or not (path.exists() or path.suffix == ".json"):
        return None
    view = read_document(path)
    header = view.header
    if header.finished_at is None:
        raise UserError(f"{name}: this audit was not finished: what it lacks is no change")
    head = {
        "document": name,
        "started_at": moment(header.started_at),
        "finished_at": moment(header.finished_at),
        "vantage": header.vantage,
        "version": header.tool.version,
    }
    pinned = Pinned(checks=[check.model_dump() for check in header.checks], renamed=header.renamed)
    return _Document(name, head, Side(pinned, map(_finding, view.findings()), {seen.id for seen in view.endpoints()}))


def _finding(record: FindingRecord) -> Finding:
    return Finding(
        check=record.check,
        subject=Subject(SubjectKind(record.subject.kind), record.subject.id),
        endpoint=record.endpoint,
        address=record.address,
        outcome=Outcome(record.outcome),
        severity=Severity[record.severity.upper()],
        message=record.message,
        facts=record.facts,
        also=tuple(record.also),
        waiver=record.waiver,
    )


_GROUPS = (
    ("regressed", "REGRESSED"),
    ("new", "FAILS NOW"),
    ("fixed", "FIXED"),
    ("lost", "UNKNOWN NOW"),
    ("regained", "KNOWN AGAIN"),
    ("applicability", "APPLIES OR NOT"),
    ("rule_changed", "RULE CHANGED"),
    ("not_run_before", "NOT RUN BEFORE"),
    ("waived", "WAIVED"),
    ("waiver_expired", "WAIVER ENDED"),
)


def _json(chosen: Sequence[_Chosen], diff: Diff) -> dict[str, Any]:
    before, after = (audit_json(each) if isinstance(each, Audit) else each.head for each in chosen)
    return {
        "before": before,
        "after": after,
        **changes_json(diff),
        "rules": list(diff.rules),
        "not_run": list(diff.not_run),
        "appeared": list(diff.appeared),
        "gone": list(diff.gone),
        "renamed": [{"from": was, "to": now} for was, now in diff.renamed],
    }


def changes_json(diff: Diff) -> dict[str, Any]:
    """What the checks say otherwise now, as JSON, list by list."""
    return {name: [_change(change) for change in getattr(diff, name)] for name, _ in _GROUPS}


def _change(change: Change) -> dict[str, Any]:
    return {
        "check": change.check,
        "subject": {"kind": change.subject.kind.value, "id": change.subject.id},
        "before": change.before.outcome.value if change.before else None,
        "after": change.after.outcome.value,
        "message": change.after.message,
    }


def _lines(chosen: Sequence[_Chosen], diff: Diff) -> Iterator[str]:
    before, after = map(_called, chosen)
    yield f"From {before} to {after}"
    changes = [*changes_lines(diff)]
    yield from changes
    changed = bool(changes)
    lists = {
        "NEW": diff.appeared,
        "GONE": diff.gone,
        "RENAMED": [f"{was} -> {now}" for was, now in diff.renamed],
        "OTHER RULE": diff.rules,
        "NOT RUN NOW": diff.not_run,
    }
    for title, names in lists.items():
        for name in names:
            changed = True
            yield f"  {title:14}  {clean(name)}"
    if not changed:
        yield "  nothing changed"


def changes_lines(diff: Diff, titles: Mapping[str, str] | None = None) -> Iterator[str]:
    """What the checks say otherwise now, a line each. `titles` are for lists that are not to be called as usual."""
    for name, usual in _GROUPS:
        title = (titles or {}).get(name, usual)
        changes: Sequence[Change] = getattr(diff, name)
        for change in changes:
            yield f"  {title:14}  {change.check}  {clean(change.subject.id)}: {clean(change.after.message)}"


def _called(chosen: _Chosen) -> str:
    if isinstance(chosen, Audit):
        return f"audit {chosen.id} ({moment(chosen.started_at)})"
    return f"{clean(chosen.name)} ({chosen.head['started_at']})"
