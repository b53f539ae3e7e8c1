"""What changed from one audit to another."""

from collections.abc import Mapping
from enum import Enum, auto

from sqlalchemy import Connection, select

from tlsaudit.check import Finding, Outcome, Subject
from tlsaudit.store import schema
from tlsaudit.store.codec import decode_finding
from tlsaudit.store.records import Audit, Change, Diff, Pinned

_Key = tuple[str, Subject]


class _Kind(Enum):
    FAILED = auto()
    FIXED = auto()
    LOST = auto()
    REGAINED = auto()
    APPLICABILITY = auto()
    RULE_CHANGED = auto()
    NOT_RUN_BEFORE = auto()


def compare(connection: Connection, before: tuple[Audit, Pinned], after: tuple[Audit, Pinned]) -> Diff:
    """Only findings that differ are read; memory grows with the change."""
    old, new = before[0].id, after[0].id
    ran, runs = before[1].rules, after[1].rules
    rules = {check for check in ran.keys() & runs.keys() if ran[check] != runs[check]}
    said, says = _only_in(connection, old, new), _only_in(connection, new, old)
    changes: dict[_Kind, list[Change]] = {kind: [] for kind in _Kind}
    for (check, subject), finding in sorted(says.items(), key=_order):
        earlier = said.get((check, subject))
        if kind := _kind(earlier, finding):
            if check not in ran:
                kind = _Kind.NOT_RUN_BEFORE
            elif check in rules:
                kind = _Kind.RULE_CHANGED
            changes[kind].append(Change(check, subject, earlier, finding))
    return Diff(
        before=before[0],
        after=after[0],
        failed=tuple(changes[_Kind.FAILED]),
        fixed=tuple(changes[_Kind.FIXED]),
        lost=tuple(changes[_Kind.LOST]),
        regained=tuple(changes[_Kind.REGAINED]),
        applicability=tuple(changes[_Kind.APPLICABILITY]),
        rule_changed=tuple(changes[_Kind.RULE_CHANGED]),
        not_run_before=tuple(changes[_Kind.NOT_RUN_BEFORE]),
        rules=tuple(sorted(rules)),
        not_run=tuple(sorted(ran.keys() - runs.keys())),
        appeared=_endpoints_only_in(connection, new, old),
        gone=_endpoints_only_in(connection, old, new),
    )


def _kind(before: Finding | None, after: Finding) -> _Kind | None:
    """Which list a change belongs in, None where there is nothing to tell: the outcome is the same, or there was
    no finding before and there is no failure now.
    """
    was, now = before.outcome if before else None, after.outcome
    if was is now or (was is None and now is not Outcome.FAIL):
        return None
    if now is Outcome.FAIL:
        return _Kind.FAILED
    if now is Outcome.UNKNOWN:
        return _Kind.LOST
    if was is Outcome.UNKNOWN:
        return _Kind.REGAINED
    return _Kind.FIXED if now is Outcome.PASS and was is Outcome.FAIL else _Kind.APPLICABILITY


def _order(item: tuple[_Key, Finding]) -> tuple[str, str, str]:
    check, subject = item[0]
    return check, subject.kind, subject.id


def _only_in(connection: Connection, audit: int, other: int) -> Mapping[_Key, Finding]:
    of = schema.audit_findings.c
    elsewhere = select(of.finding_id).where(of.audit_id == other)
    statement = (
        select(schema.findings).join(schema.audit_findings).where(of.audit_id == audit, of.finding_id.not_in(elsewhere))
    )
    found = (decode_finding(dict(row)) for row in connection.execute(statement).mappings())
    return {(finding.check, finding.subject): finding for finding in found}


def _endpoints_only_in(connection: Connection, audit: int, other: int) -> tuple[str, ...]:
    of = schema.audit_endpoints.c
    ids = select(schema.endpoints.c.endpoint).join(schema.audit_endpoints)
    statement = ids.where(of.audit_id == audit).except_(ids.where(of.audit_id == other))
    return tuple(sorted(connection.scalars(statement)))
