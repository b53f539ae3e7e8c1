"""What changed from one audit to another."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, and_, select

from tlsaudit.check import Finding, Outcome, Subject, SubjectKind
from tlsaudit.store import schema
from tlsaudit.store.bulk import in_parts
from tlsaudit.store.codec import Said, unpack_ids
from tlsaudit.store.outcomes import ALIKE, MEANINGS, VERDICTS, Judged, Meanings, Spoken, found_by, subjects_in
from tlsaudit.store.records import Change, Diff, Pinned
from tlsaudit.store.spans import found_in

_Key = tuple[str, Subject]


class _Kind(Enum):
    REGRESSED = auto()
    NEW = auto()
    FIXED = auto()
    LOST = auto()
    REGAINED = auto()
    APPLICABILITY = auto()
    RULE_CHANGED = auto()
    NOT_RUN_BEFORE = auto()
    WAIVED = auto()
    WAIVER_EXPIRED = auto()


@dataclass(frozen=True, slots=True)
class Side:
    """One of two audits: what it was held against, its findings and the ids of its endpoints. What both have alike
    may be left out of both.
    """

    pinned: Pinned
    findings: Iterable[Finding]
    endpoints: Collection[str]


def read_sides(
    connection: Connection, before: tuple[int, Pinned], after: tuple[int, Pinned], whole: Collection[str] | None
) -> tuple[Side, Side]:
    """Only what differs is read, beside which states either found. What is said otherwise, and means the same, differs
    of the checks that are `whole` only; None: of all.
    """
    meanings = Meanings(connection)
    told = _telling(meanings.where(lambda check, *_: whole is None or check in whole))
    first, last = (
        set(connection.scalars(select(found_in(connection, audit).c.state_id))) for audit, _ in (before, after)
    )
    gone, came = sorted(first - last), sorted(last - first)
    return (
        Side(before[1], *_only_in(connection, before[0], gone, came, told)),
        Side(after[1], *_only_in(connection, after[0], came, gone, told)),
    )


def differing(before: Iterable[Spoken], after: Iterable[Spoken]) -> tuple[list[Finding], list[Finding]]:
    """The findings of either audit, told by kind and id of the subject, but for those that have the same outcome in
    both, and are excused in both or in neither. Memory grows with the change."""
    only: tuple[list[Finding], list[Finding]] = [], []
    for subject, *both in _side_by_side(before, after):
        said = [{each[0].check: each for each in judged} for judged in both]
        for found, here, there in zip(only, said, reversed(said), strict=True):
            found.extend(
                each.of(subject, address, values)
                for check, (each, address, values) in here.items()
                if check not in there or _standing(each) != _standing(there[check][0])
            )
    return only


def _standing(said: Said) -> tuple[Outcome, bool]:
    return said.outcome, said.outcome is Outcome.FAIL and said.waiver is not None


def _side_by_side(
    before: Iterable[Spoken], after: Iterable[Spoken]
) -> Iterator[tuple[Subject, Sequence[Judged], Sequence[Judged]]]:
    """What each says of a subject; nothing where it knows none."""

    def named(side: int, told: Iterable[Spoken]) -> Iterator[tuple[tuple[str, str], int, Spoken]]:
        return (((each.subject.kind.value, each.subject.id), side, each) for each in told)

    for _, rows in groupby(merge(named(0, before), named(1, after), key=itemgetter(0)), key=itemgetter(0)):
        said = {side: spoken for _, side, spoken in rows}
        then, now = ([*said[side].judged()] if side in said else [] for side in (0, 1))
        yield next(iter(said.values())).subject, then, now


def compare(before: Side, after: Side) -> Diff:
    """What changed, each list in a stable order."""
    ran, runs = before.pinned.rules, after.pinned.rules
    rules = before.pinned.changed_rules(after.pinned)
    before, renamed = by_later_names(before, after)
    said, says = _by_key(before.findings), _by_key(after.findings)
    changes: dict[_Kind, list[Change]] = {kind: [] for kind in _Kind}
    for (check, subject), finding in sorted(says.items(), key=_order):
        earlier = said.get((check, subject))
        kind = _kind(earlier, finding)
        if kind and check not in ran:
            kind = _Kind.NOT_RUN_BEFORE
        elif kind and check in rules:
            kind = _Kind.RULE_CHANGED
        if kind := kind or _waiver_kind(earlier, finding):
            changes[kind].append(Change(check, subject, earlier, finding))
    was_there, is_there = set(before.endpoints), set(after.endpoints)
    return Diff(
        regressed=tuple(changes[_Kind.REGRESSED]),
        new=tuple(changes[_Kind.NEW]),
        fixed=tuple(changes[_Kind.FIXED]),
        lost=tuple(changes[_Kind.LOST]),
        regained=tuple(changes[_Kind.REGAINED]),
        applicability=tuple(changes[_Kind.APPLICABILITY]),
        rule_changed=tuple(changes[_Kind.RULE_CHANGED]),
        not_run_before=tuple(changes[_Kind.NOT_RUN_BEFORE]),
        waived=tuple(changes[_Kind.WAIVED]),
        waiver_expired=tuple(changes[_Kind.WAIVER_EXPIRED]),
        rules=tuple(sorted(rules)),
        not_run=tuple(sorted(ran.keys() - runs.keys())),
        appeared=tuple(sorted(is_there - was_there)),
        gone=tuple(sorted(was_there - is_there)),
        renamed=tuple(sorted(renamed.items())),
    )


def by_later_names(before: Side, after: Side) -> tuple[Side, Mapping[str, str]]:
    """The earlier audit with its renamed endpoints called as in the later one; and which these are, earlier id -> later
    id."""
    renamed = _renamed(before, after)
    endpoints = [renamed.get(each, each) for each in before.endpoints]
    return Side(before.pinned, _called_anew(before.findings, renamed), endpoints), renamed


def _renamed(before: Side, after: Side) -> dict[str, str]:
    """What the endpoints that either audit knows to be renamed are called in the other: earlier id -> later id."""
    known = [*after.pinned.renamed.items(), *((now, was) for was, now in before.pinned.renamed.items())]
    left, came = set(before.endpoints) - set(after.endpoints), set(after.endpoints) - set(before.endpoints)
    renamed: dict[str, str] = {}
    for was, now in known:
        if was in left and now in came and now not in renamed.values():
            renamed[was] = now
    return renamed


def _called_anew(findings: Iterable[Finding], renamed: Mapping[str, str]) -> Iterator[Finding]:
    for finding in findings:
        now = renamed.get(finding.subject.id) if finding.subject.kind is SubjectKind.ENDPOINT else None
        yield replace(finding, subject=Subject(SubjectKind.ENDPOINT, now), endpoint=now) if now else finding


def _by_key(findings: Iterable[Finding]) -> Mapping[_Key, Finding]:
    return {(finding.check, finding.subject): finding for finding in findings}


def _kind(before: Finding | None, after: Finding) -> _Kind | None:
    """Which list a change belongs in, None where there is nothing to tell: the outcome is the same, or there was
    no finding before and there is no failure now.
    """
    was, now = before.outcome if before else None, after.outcome
    if was is now or (was is None and now is not Outcome.FAIL):
        return None
    if now is Outcome.FAIL:
        return _Kind.REGRESSED if was is Outcome.PASS else _Kind.NEW
    if now is Outcome.UNKNOWN:
        return _Kind.LOST
    if was is Outcome.UNKNOWN:
        return _Kind.REGAINED
    return _Kind.FIXED if now is Outcome.PASS and was is Outcome.FAIL else _Kind.APPLICABILITY


def _waiver_kind(before: Finding | None, after: Finding) -> _Kind | None:
    """For what fails as before, whatever became of the rule."""
    if before is None or not before.outcome is after.outcome is Outcome.FAIL or before.waived is after.waived:
        return None
    return _Kind.WAIVED if after.waived else _Kind.WAIVER_EXPIRED


def _order(item: tuple[_Key, Finding]) -> tuple[str, str, str]:
    check, subject = item[0]
    return check, subject.kind, subject.id


_Telling = Callable[[bytes, bytes], Sequence[int]]
"""Given the verdicts of a state and their meanings, what stands for each slot where states are compared."""


def _telling(whole: Set[int]) -> _Telling:
    """Its meaning, as a negative number; where that is `whole`, the verdict itself."""

    @lru_cache(maxsize=ALIKE)
    def meant(meanings: bytes) -> Sequence[int]:
        return [0 if each in whole else -each for each in unpack_ids(meanings)]

    def told(verdicts: bytes, meanings: bytes) -> Sequence[int]:
        means = meant(meanings)
        both = zip(means, unpack_ids(verdicts), strict=True) if 0 in means else ()
        return [each or verdict for each, verdict in both] or means

    return told


def _only_in(
    connection: Connection, audit: int, here: Sequence[int], there: Sequence[int], told: _Telling
) -> tuple[list[Finding], set[str]]:
    """The findings that only one of two audits has, and the endpoints that it found in another state: `here` are the
    states that it alone found, `there` those that the other did."""
    states, looks = schema.states.c, schema.looks.c
    alike: dict[int, set[int]] = defaultdict(set)
    for some in in_parts(there):
        elsewhere = select(states.subject_id, states.verdicts, states.meanings).where(states.id.in_(some))
        for subject, verdicts, meanings in connection.execute(elsewhere):
            alike[subject].update(told(verdicts, meanings))

    def only_here(row: Sequence[Any]) -> Sequence[int]:
        known = alike.get(row[-1], ())
        return [slot for slot, each in enumerate(told(row[VERDICTS], row[MEANINGS])) if each not in known]

    findings: list[Finding] = []
    endpoints: set[str] = set()
    for some in in_parts(here):
        look = and_(looks.audit_id == audit, looks.state_id == states.id)
        found = select(states.id.label("state_id"), looks.facts).select_from(
            schema.states.outerjoin(schema.looks, look)
        )
        differing = subjects_in(found.where(states.id.in_(some)).subquery("found")).add_columns(states.subject_id)
        findings += found_by(connection, differing, only_here)
        named = select(schema.endpoints.c.endpoint).join(schema.states).where(states.id.in_(some))
        endpoints.update(connection.scalars(named))
    return findings, endpoints
