"""What an audit found, read subject by subject: the verdicts on one come in one row, and of each verdict, which most of
a fleet shares, the text is read once.
"""

import json
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, Subquery, and_, bindparam, cast, func, not_, select

from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.store import schema
from tlsaudit.store.bulk import PARAMETERS
from tlsaudit.store.codec import UNEXCUSED, Said, said_in
from tlsaudit.store.findings import CheckFindings
from tlsaudit.store.reading import endpoint_columns, endpoint_of, findings_in, findings_of, started
from tlsaudit.store.records import EndpointSeen
from tlsaudit.store.spans import found_in

_QUIET = (Outcome.PASS, Outcome.NOT_APPLICABLE)


Outcomes = Mapping[str, CheckFindings]
"""By check. What is told in brief is without message and facts, and about nobody, the same for all of whom it is said;
what its verdict has to say is found by the verdict's number.
"""


def read_outcomes(connection: Connection, audit: int, checks: Collection[str], whole: Collection[str]) -> Outcomes:
    """In brief is told what is excused by nothing, of those that are not `whole`."""
    verdicts = schema.verdicts.c
    brief = and_(verdicts.check.in_(checks), verdicts.check.not_in(whole), verdicts.body.endswith(UNEXCUSED))
    said = _brief(connection, brief)
    rows: dict[str, int] = {}
    findings = {check: CheckFindings(rows, said) for check in checks}
    found = found_in(connection, audit)
    for _, subject, _, ids in connection.execute(_subjects(found, _lines(found, _ID))):
        row = rows.setdefault(subject, len(rows))
        for each in map(int, _split(ids)):
            if finding := said.get(each):
                findings[finding.check].add(row, each)
    others = select(verdicts.id).where(verdicts.check.in_(checks), not_(brief))
    if connection.execute(others.limit(1)).first():
        rest = findings_in(found_in(connection, audit)).where(schema.state_verdicts.c.verdict_id.in_(others))
        for finding in findings_of(connection, rest):
            findings[finding.check].own[finding.subject.id] = finding
    return findings


def _brief(connection: Connection, which: ColumnElement[bool]) -> Mapping[int, Finding]:
    """By the number of the verdict."""
    verdicts = schema.verdicts.c
    made: dict[tuple[str, str], Finding] = {}
    said: dict[int, Finding] = {}
    for number, check, outcome in connection.execute(
        select(verdicts.id, verdicts.check, verdicts.outcome).where(which)
    ):
        if (check, outcome) not in made:
            made[check, outcome] = Finding(check, _NOBODY, None, None, Outcome(outcome), Severity.INFO, "")
        said[number] = made[check, outcome]
    return said


_NOBODY = Subject(SubjectKind.FLEET, "")


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
    for row, judged in _judged(connection, _subjects(found, _said(found)).order_by(*_BY_SUBJECT)):
        yield Subject(SubjectKind(row[0]), row[1]), judged


def read_outlines(connection: Connection, audit: int) -> Iterator[Outlined]:
    """The same, but of what passes or does not apply no more than that."""
    found, briefs = found_in(connection, audit), _Briefs(connection)
    said = _subjects(found, _said(found, _OPEN), _lines(found, _ID))
    for row, judged in _judged(connection, said.order_by(*_BY_SUBJECT)):
        yield Subject(SubjectKind(row[0]), row[1]), judged, briefs.of(row[4])


def read_seen(connection: Connection, audit: int) -> Iterator[tuple[EndpointSeen | None, Outlined]]:
    """The same, of what is no endpoint first, then of the endpoints with what was seen of each, those of one service
    after those of another."""
    found, briefs, started_at = found_in(connection, audit), _Briefs(connection), started(connection, audit)
    said, endpoints = _subjects(found, _said(found, _OPEN), _lines(found, _ID)), schema.endpoints.c
    beyond = said.where(schema.states.c.endpoint_id.is_(None)).order_by(*_BY_SUBJECT)
    for row, judged in _judged(connection, beyond):
        yield None, (Subject(SubjectKind(row[0]), row[1]), judged, briefs.of(row[4]))
    seen = said.join(schema.endpoints).add_columns(*endpoint_columns(found))
    by_service = seen.order_by(endpoints.service.is_(None), endpoints.service, endpoints.endpoint)
    for row, judged in _judged(connection, by_service):
        outlined = Subject(SubjectKind(row[0]), row[1]), judged, briefs.of(row[4])
        yield endpoint_of(row[_COLUMNS:], started_at), outlined


class _Briefs:
    """What verdicts say in brief. There may be a million of them: of each, two bytes are kept."""

    def __init__(self, connection: Connection) -> None:
        verdicts = schema.verdicts.c
        self._codes = array("H")
        codes: dict[tuple[str, str], int] = {}
        told = select(verdicts.id, verdicts.check, verdicts.outcome).order_by(verdicts.id)
        for number, check, outcome in connection.execute(told):
            if missing := number - len(self._codes):
                self._codes.frombytes(bytes(missing * self._codes.itemsize))
            self._codes.append(codes.setdefault((check, outcome), len(codes)))
        self._outcomes = [(check, Outcome(outcome)) for check, outcome in codes]
        self._made: dict[tuple[int, ...], Brief] = {}

    def of(self, ids: str | None) -> Brief:
        """Of the verdicts with these ids, a line each."""
        found = tuple(map(self._codes.__getitem__, map(int, _split(ids))))
        if found not in self._made:
            outcomes = (self._outcomes[code] for code in found)
            self._made[found] = Brief(tuple(each for each in outcomes if each[1] in _QUIET))
        return self._made[found]


def _judged(connection: Connection, rows: Select[Any]) -> Iterator[tuple[Sequence[Any], Sequence[Judged]]]:
    """Rows of `_subjects` with `_said` first, and that read."""
    known: dict[str, Said] = {}
    for some in connection.execute(rows).partitions():
        split = [[each.split(" ", 2) for each in _split(row[3])] for row in some]
        if len(known) > _KNOWN:
            known.clear()
        known |= _read_said(connection, {verdict for verdicts in split for verdict, _, _ in verdicts} - known.keys())
        for row, verdicts in zip(some, split, strict=True):
            values = json.loads(row[2]) if row[2] and verdicts else []
            of_slot = {str(slot): each for slot, each in enumerate(values) if each}
            judged = [(known[verdict], address or None, of_slot.get(slot, ())) for verdict, slot, address in verdicts]
            yield row, sorted(judged, key=lambda each: each[0].check)


_COLUMNS = 5
"""Of `_subjects` with two more."""

_BY_SUBJECT = (schema.subjects.c.kind, schema.subjects.c.subject)

_OPEN = schema.state_verdicts.c.verdict_id.in_(
    select(schema.verdicts.c.id).where(schema.verdicts.c.outcome.not_in(_QUIET))
)


def _said(found: Subquery, *which: ColumnElement[bool]) -> ColumnElement[str | None]:
    """Of each verdict its id, its slot and the address; `which` rows of `state_verdicts`, all by default."""
    said = schema.state_verdicts.c
    # An address, which may be a name, has neither the one nor the other separator.
    return _lines(found, _ID + " " + cast(said.slot, String) + " " + func.coalesce(said.address, ""), *which)


_KNOWN = 1024
"""Verdicts whose text is kept in memory."""


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


def read_messages(connection: Connection, verdicts: Collection[int]) -> dict[int, str]:
    """By their numbers."""
    return {int(number): said.message for number, said in _read_said(connection, map(str, verdicts)).items()}


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


def _subjects(found: Subquery, *more: ColumnElement[str | None]) -> Select[Any]:
    """Of each subject its kind, its id, its look's facts, and `more`."""
    return (
        select(schema.subjects.c.kind, schema.subjects.c.subject, found.c.facts, *more)
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
