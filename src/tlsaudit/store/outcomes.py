"""What an audit found, read subject by subject: the verdicts on one come in one row, and of each verdict, which most of
a fleet shares, the text is read once.
"""

import json
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    func,
    not_,
    or_,
    select,
)

from tlsaudit.check import Outcome, Subject, SubjectKind
from tlsaudit.goal import CheckFindings, Places
from tlsaudit.store import schema
from tlsaudit.store.bulk import PARAMETERS
from tlsaudit.store.codec import UNEXCUSED, Said, said_in
from tlsaudit.store.reading import (
    SILENT,
    by_letters,
    endpoint_columns,
    endpoint_of,
    findings_in,
    findings_of,
    of_slot,
    started,
)
from tlsaudit.store.records import EndpointSeen
from tlsaudit.store.spans import found_in

_QUIET = (Outcome.PASS, Outcome.NOT_APPLICABLE)


Outcomes = Mapping[str, CheckFindings]
"""By check."""


def read_outcomes(
    connection: Connection, audit: int, checks: Collection[str], whole: Collection[str], places: Places
) -> Outcomes:
    """In brief is told what is excused by nothing, of those that are not `whole`."""
    verdicts = schema.verdicts.c
    brief = and_(verdicts.check.in_(checks), verdicts.check.not_in(whole), verdicts.body.endswith(UNEXCUSED))
    findings = {check: CheckFindings(check, places) for check in checks}
    codes = _Codes(connection, brief)
    told = {code: (findings[check], outcome) for code, (check, outcome) in codes.meanings.items()}
    found = found_in(connection, audit)
    wanted = select(verdicts.id).where(verdicts.check.in_(checks), verdicts.check.not_in(whole))
    lines = _lines(found, _ID, schema.state_verdicts.c.verdict_id.in_(wanted))
    for subject, ids in connection.execute(_of_subjects(found, schema.subjects.c.subject, lines)):
        if ids:
            number = places.number(subject)
            for code in codes.of(ids):
                said, outcome = told[code]
                said.tell(number, outcome)
    others = select(verdicts.id).where(verdicts.check.in_(checks), not_(brief))
    if connection.execute(others.limit(1)).first():
        rest = findings_in(found_in(connection, audit)).where(schema.state_verdicts.c.verdict_id.in_(others))
        for finding in findings_of(connection, rest):
            findings[finding.check].add(finding)
    return findings


class _Codes:
    """What some verdicts say, without their words. There may be a million of them: of each, two bytes are kept."""

    def __init__(self, connection: Connection, *which: ColumnElement[bool]) -> None:
        verdicts = schema.verdicts.c
        self._codes = array("H")
        codes: dict[tuple[str, str], int] = {}
        told = select(verdicts.id, verdicts.check, verdicts.outcome).where(*which).order_by(verdicts.id)
        for number, check, outcome in connection.execute(told):
            self._pass_over(number)
            self._codes.append(codes.setdefault((check, outcome), 1 + len(codes)))
        self._pass_over(1 + (connection.scalar(select(func.max(verdicts.id))) or 0))
        self.meanings = {code: (check, Outcome(outcome)) for (check, outcome), code in codes.items()}

    def _pass_over(self, number: int) -> None:
        """Those up to a number are none of them."""
        self._codes.frombytes(bytes((number - len(self._codes)) * self._codes.itemsize))

    def of(self, ids: str | None) -> Iterator[int]:
        """The codes of those among the verdicts with these ids, a line each."""
        return filter(None, map(self._codes.__getitem__, map(int, _split(ids))))


Judged = tuple[Said, str | None, Sequence[Any]]
"""What is said, of which address, and the values of the sample facts."""


@dataclass(frozen=True, slots=True, eq=False)
class Brief:
    """What passes or does not apply of a subject: checks with their outcomes, in any order. Most of a fleet has the
    same object, so that what is made of it can be kept.
    """

    outcomes: tuple[tuple[str, Outcome], ...]


Outlined = tuple[Subject, Sequence[Judged], Brief]
"""A subject, what fails or is unknown of it, and the rest in brief."""


def read_judged(connection: Connection, audit: int) -> Iterator[tuple[Subject, Sequence[Judged]]]:
    """What is said of each subject, by check; the subjects by kind and id."""
    found = found_in(connection, audit)
    said = _subjects(found, _said(found)).order_by(*_by_subject(connection))
    for row, judged in _judged(connection, said):
        yield Subject(SubjectKind(row[0]), row[1]), judged


def read_outlines(connection: Connection, audit: int) -> Iterator[Outlined]:
    """The same, but of what passes or does not apply no more than that."""
    found, briefs = found_in(connection, audit), _Briefs(connection)
    said = _subjects(found, _said(found, _OPEN), _lines(found, _ID))
    for row, judged in _judged(connection, said.order_by(*_by_subject(connection))):
        yield Subject(SubjectKind(row[0]), row[1]), judged, briefs.of(row[4])


def read_faults(connection: Connection, audit: int) -> Iterator[tuple[Subject, Sequence[Judged]]]:
    """What fails or is unknown of each subject of which anything is, without what is unknown of endpoints that did not
    answer. A row each is read faster than a line each of a row where most have none."""
    found, said = found_in(connection, audit), schema.state_verdicts.c
    silent = select(schema.states.c.id).join(schema.endpoints).where(SILENT)
    faults = (
        _subjects(found, _ID, said.slot, said.address)
        .join(schema.state_verdicts, said.state_id == found.c.state_id)
        .where(or_(_having(Outcome.FAIL), and_(_having(Outcome.UNKNOWN), found.c.state_id.not_in(silent))))
        .order_by(*_by_subject(connection))
    )
    for (kind, subject), told in groupby(_one_by_one(connection, faults), key=itemgetter(0)):
        yield Subject(SubjectKind(kind), subject), sorted((judged for _, judged in told), key=_check)


def _one_by_one(connection: Connection, rows: Select[Any]) -> Iterator[tuple[tuple[str, str], Judged]]:
    """From rows with a verdict each: a subject's kind and id, and what is said of it."""
    known: dict[str, Said] = {}
    for some in connection.execute(rows).partitions():
        _learn(connection, known, {row[3] for row in some})
        for kind, subject, facts, verdict, slot, address in some:
            said = known[verdict]
            values = of_slot(json.loads(facts), slot) if said.samples and facts else None
            yield (kind, subject), (said, address, values or ())


def read_seen(connection: Connection, audit: int) -> Iterator[tuple[EndpointSeen | None, Outlined]]:
    """All of it: of what is beyond services first, then of one service after another what is said of it, and its
    endpoints with what was seen of each."""
    found, briefs, started_at = found_in(connection, audit), _Briefs(connection), started(connection, audit)
    subjects, endpoints = schema.subjects.c, schema.endpoints.c
    kind = case((endpoints.id.is_not(None), 2), (subjects.kind == SubjectKind.SERVICE.value, 1), else_=0)
    service = case((kind == 2, endpoints.service), (kind == 1, subjects.subject))
    seen = (
        _subjects(found, _said(found, _OPEN), _lines(found, _ID))
        .outerjoin(schema.endpoints, endpoints.id == schema.states.c.endpoint_id)
        .add_columns(*endpoint_columns(found))
        .order_by(kind > 0, service.is_(None), *by_letters(connection, service), kind, *_by_subject(connection))
    )
    for row, judged in _judged(connection, seen):
        outlined = Subject(SubjectKind(row[0]), row[1]), judged, briefs.of(row[4])
        of_endpoint = row[_COLUMNS:]
        yield endpoint_of(of_endpoint, started_at) if of_endpoint[0] else None, outlined


class _Briefs:
    """What verdicts say in brief."""

    def __init__(self, connection: Connection) -> None:
        self._codes = _Codes(connection)
        self._made: dict[tuple[int, ...], Brief] = {}

    def of(self, ids: str | None) -> Brief:
        """Of the verdicts with these ids, a line each."""
        found = tuple(self._codes.of(ids))
        if found not in self._made:
            outcomes = (self._codes.meanings[code] for code in found)
            self._made[found] = Brief(tuple(each for each in outcomes if each[1] in _QUIET))
        return self._made[found]


def _check(judged: Judged) -> str:
    return judged[0].check


def _judged(connection: Connection, rows: Select[Any]) -> Iterator[tuple[Sequence[Any], Sequence[Judged]]]:
    """Rows of `_subjects` with `_said` first, and that read."""
    known: dict[str, Said] = {}
    for some in connection.execute(rows).partitions():
        split = [[each.split(" ", 2) for each in _split(row[3])] for row in some]
        _learn(connection, known, {verdict for verdicts in split for verdict, _, _ in verdicts})
        for row, verdicts in zip(some, split, strict=True):
            sampled = row[2] and any(known[verdict].samples for verdict, _, _ in verdicts)
            values = json.loads(row[2]) if sampled else ()
            judged = [
                (known[verdict], address or None, of_slot(values, int(slot)) or ())
                for verdict, slot, address in verdicts
            ]
            yield row, sorted(judged, key=_check)


_COLUMNS = 5
"""Of `_subjects` with two more."""


def _by_subject(connection: Connection) -> Iterator[ColumnElement[str]]:
    return by_letters(connection, schema.subjects.c.kind, schema.subjects.c.subject)


def _having(*outcomes: Outcome) -> ColumnElement[bool]:
    """Rows of `state_verdicts` with one of these."""
    verdicts = schema.verdicts.c
    return schema.state_verdicts.c.verdict_id.in_(select(verdicts.id).where(verdicts.outcome.in_(outcomes)))


_OPEN = _having(Outcome.FAIL, Outcome.UNKNOWN)


def _said(found: Subquery, *which: ColumnElement[bool]) -> ColumnElement[str | None]:
    """Of each verdict its id, its slot and the address; `which` rows of `state_verdicts`, all by default."""
    said = schema.state_verdicts.c
    # An address, which may be a name, has neither the one nor the other separator.
    return _lines(found, _ID + " " + cast(said.slot, String) + " " + func.coalesce(said.address, ""), *which)


_KNOWN = 1024
"""Verdicts whose text is kept in memory."""


Key = tuple[str, str]
"""A check and the id of a subject."""

Tallies = Mapping[tuple[str, Outcome, bool], int]
"""How many findings a check has with an outcome, those apart that a waiver excused when they were recorded."""


def read_tallies(connection: Connection, audit: int) -> Tallies:
    found, said, verdicts = found_in(connection, audit), schema.state_verdicts.c, schema.verdicts.c
    times = (
        select(said.verdict_id, func.count().label("times"))
        .select_from(found)
        .join(schema.state_verdicts, said.state_id == found.c.state_id)
        .group_by(said.verdict_id)
        .subquery()
    )
    excused = not_(verdicts.body.endswith(UNEXCUSED)).label("excused")
    rows = (
        select(verdicts.check, verdicts.outcome, excused, func.sum(times.c.times))
        .join(times, times.c.verdict_id == verdicts.id)
        .group_by(verdicts.check, verdicts.outcome, excused)
    )
    return {
        (check, Outcome(outcome), bool(waived)): int(count)
        for check, outcome, waived, count in connection.execute(rows)
    }


def read_messages(connection: Connection, audit: int, about: Collection[Key]) -> dict[Key, str]:
    """What checks say of subjects."""
    said, subjects, verdicts = schema.state_verdicts.c, schema.subjects.c, schema.verdicts.c
    found = found_in(connection, audit)
    checks, names = {check for check, _ in about}, {subject for _, subject in about}
    states = select(schema.states.c.id).join(schema.subjects).where(subjects.subject.in_(names))
    rows = (
        _of_subjects(found, subjects.subject, verdicts.check, verdicts.outcome, verdicts.body)
        .join(schema.state_verdicts, said.state_id == found.c.state_id)
        .join(schema.verdicts)
        .where(found.c.state_id.in_(states), verdicts.check.in_(checks))
    )
    return {
        (check, subject): said_in(check, outcome, body).message
        for subject, check, outcome, body in connection.execute(rows)
    }


def _learn(connection: Connection, known: dict[str, Said], ids: Set[str]) -> None:
    """Read those of these verdicts that are not known."""
    if len(known) > _KNOWN:
        known.clear()
    known |= _read_said(connection, ids - known.keys())


def _read_said(connection: Connection, ids: Iterable[str]) -> dict[str, Said]:
    wanted = sorted(map(int, ids))
    said: dict[str, Said] = {}
    for start in range(0, len(wanted), PARAMETERS):
        rows = connection.execute(_VERDICTS, {"some": wanted[start : start + PARAMETERS]})
        said.update((str(number), said_in(check, outcome, body)) for number, check, outcome, body in rows.all())
    return said


_VERDICTS = select(
    schema.verdicts.c.id, schema.verdicts.c.check, schema.verdicts.c.outcome, schema.verdicts.c.body
).where(schema.verdicts.c.id.in_(bindparam("some", expanding=True)))


def _subjects(found: Subquery, *more: ColumnElement[Any]) -> Select[Any]:
    """Of each subject its kind, its id, its look's facts, and `more`."""
    return _of_subjects(found, schema.subjects.c.kind, schema.subjects.c.subject, found.c.facts, *more)


def _of_subjects(found: Subquery, *columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*columns)
        .select_from(found)
        .join(schema.states, schema.states.c.id == found.c.state_id)
        .join(schema.subjects)
    )


_ID = cast(schema.state_verdicts.c.verdict_id, String)


def _lines(found: Subquery, each: ColumnElement[str], *which: ColumnElement[bool]) -> ColumnElement[str | None]:
    """A line for each of the rows of `state_verdicts` that a state has, or for some."""
    of_state = schema.state_verdicts.c.state_id == found.c.state_id
    return select(func.aggregate_strings(each, "\n")).where(of_state, *which).scalar_subquery()


def _split(lines: str | None) -> Sequence[str]:
    return lines.split("\n") if lines else ()
