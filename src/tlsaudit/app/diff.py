"""Compare two audits, each in the history or written as JSON. On the terminal, or as JSON."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tlsaudit.app.goalposts import compared, pinned_by, yardstick
from tlsaudit.app.history import audit_json, moment
from tlsaudit.app.series import name_of
from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.errors import UserError
from tlsaudit.goal import Yardstick
from tlsaudit.registry import Registry
from tlsaudit.report.document import FindingRecord, MoveRecord
from tlsaudit.report.goalposts import moved
from tlsaudit.report.json import read_document
from tlsaudit.report.text import clean
from tlsaudit.store import Audit, Change, Diff, Side, Store, compare

_OF_HISTORY = re.compile(r"latest|[0-9][0-9TZ:-]*")
"""A number, the beginning of a time, or `latest`; a file of such a name is ./latest."""


@dataclass(frozen=True, slots=True)
class _Document:
    """An audit that was written as JSON."""

    name: str
    head: dict[str, Any]
    side: Side
    yardstick: Yardstick | None

    @property
    def called(self) -> str:
        return f"{clean(self.name)} ({self.head['started_at']})"

    def findings(self, checks: Collection[str]) -> Iterable[Finding]:
        return (finding for finding in self.side.findings if finding.check in checks)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """An audit in the history."""

    store: Store
    audit: Audit

    @property
    def head(self) -> dict[str, Any]:
        return audit_json(self.audit)

    @property
    def called(self) -> str:
        return f"audit {self.audit.id} ({moment(self.audit.started_at)})"

    @property
    def side(self) -> Side:
        return self.store.side(self.audit)

    @property
    def yardstick(self) -> Yardstick | None:
        number = self.audit.id
        return yardstick(self.store.pinned(number), self.store.known(number), self.audit.started_at.date())

    def findings(self, checks: Collection[str]) -> Iterable[Finding]:
        return self.store.findings(self.audit.id, checks)


_Chosen = _Document | _Recorded


def diff_audits(database: Callable[[], str], config: Path, before: str, after: str, *, as_json: bool) -> str:
    """What changed from one audit to another, each one in the history, or an audit document where such a file exists.

    `database` is asked for only where the history is needed. Of several audits of a day, or the latest, it is that of
    the targets file `config`. Raises UserError.
    """
    files = {name_of(config)}
    with ExitStack() as stack:
        history = cache(lambda: stack.enter_context(Store.open(database(), create=False)))
        documents = [_document(name) for name in (before, after)]
        chosen = [
            document or _Recorded(history(), history().audit(name, files))
            for document, name in zip(documents, (before, after), strict=True)
        ]
        diff = _diff(*chosen)
        moves = compared(chosen[0].yardstick, chosen[1].yardstick, Registry.load(), chosen[0].findings)
    return json.dumps(_json(chosen, diff, moves), indent=2) if as_json else "\n".join(_lines(chosen, diff, moves))


def _diff(before: _Chosen, after: _Chosen) -> Diff:
    if isinstance(before, _Recorded) and isinstance(after, _Recorded):
        return before.store.diff(before.audit, after.audit)
    return compare(before.side, after.side)


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
    pinned = pinned_by(header)
    side = Side(pinned, [*map(_finding, view.findings())], {seen.id for seen in view.endpoints()})
    return _Document(name, head, side, yardstick(pinned, view.endpoints(), header.started_at.date()))


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


def _json(chosen: Sequence[_Chosen], diff: Diff, moves: Sequence[MoveRecord]) -> dict[str, Any]:
    before, after = (each.head for each in chosen)
    return {
        "before": before,
        "after": after,
        **changes_json(diff),
        "rules": list(diff.rules),
        "not_run": list(diff.not_run),
        "appeared": list(diff.appeared),
        "gone": list(diff.gone),
        "renamed": [{"from": was, "to": now} for was, now in diff.renamed],
        "moves": [move.model_dump(mode="json", exclude={"seen"}) for move in moves],
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


def _lines(chosen: Sequence[_Chosen], diff: Diff, moves: Sequence[MoveRecord]) -> Iterator[str]:
    before, after = (each.called for each in chosen)
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
    for move in moved(moves):
        changed = True
        easier = " (easier)" if move.easier else ""
        yield f"  {'MOVED':14}  {clean(move.whose)}: {clean(move.what)}{easier}"
    if not changed:
        yield "  nothing changed"


def changes_lines(diff: Diff, titles: Mapping[str, str] | None = None) -> Iterator[str]:
    """What the checks say otherwise now, a line each. `titles` are for lists that are not to be called as usual."""
    for name, usual in _GROUPS:
        title = (titles or {}).get(name, usual)
        changes: Sequence[Change] = getattr(diff, name)
        for change in changes:
            yield f"  {title:14}  {change.check}  {clean(change.subject.id)}: {clean(change.after.message)}"
