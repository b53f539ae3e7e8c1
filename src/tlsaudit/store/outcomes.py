"""What an audit found, read subject by subject: a row has the ids of all verdicts on one, and of each verdict, which
most of a fleet shares, the text is read once.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Subquery, bindparam, case, select

from tlsaudit.check import Finding, Outcome, Subject, SubjectKind
from tlsaudit.goal import CheckFindings, Places
from tlsaudit.store import schema
from tlsaudit.store.bulk import in_parts
from tlsaudit.store.codec import Said, read_json, said_in, unpack_addresses, unpack_ids
from tlsaudit.store.reading import SILENT, by_letters, endpoint_columns, endpoint_of, started
from tlsaudit.store.recording import content_row
from tlsaudit.store.records import EndpointSeen
from tlsaudit.store.spans import found_in

_QUIET = (Outcome.PASS, Outcome.NOT_APPLICABLE)


Outcomes = Mapping[str, CheckFindings]
"""By check."""


def read_outcomes(
    connection: Connection, audit: int, checks: Collection[str], whole: Collection[str], places: Places
) -> Outcomes:
    """In brief is told what is excused by nothing, of those that are not `whole`."""
    meanings, findings = Meanings(connection), {check: CheckFindings(check, places) for check in checks}
    brief = meanings.where(lambda check, _, excused: check in findings and check not in whole and not excused)

    @lru_cache(maxsize=ALIKE)
    def in_brief(packed: bytes) -> Sequence[tuple[CheckFindings, Outcome]]:
        told = (meanings[each] for each in unpack_ids(packed) if each in brief)
        return [(findings[check], outcome) for check, outcome, _ in told]

    found = found_in(connection, audit)
    states = _of_subjects(found, schema.subjects.c.subject, schema.states.c.meanings)
    for subject, packed in connection.execute(states):
        if told := in_brief(packed):
            number = places.number(subject)
            for said, outcome in told:
                said.tell(number, outcome)
    if rest := meanings.where(lambda check, *_: check in findings) - brief:
        for finding in found_by(connection, subjects_in(found), _meaning(rest)):
            findings[finding.check].add(finding)
    return findings


ALIKE = 4096
"""States of which it is kept what they mean: most of a fleet means the same."""

Meaning = tuple[str, Outcome, bool]
"""A check, its outcome, and whether a waiver excused it when it was recorded."""


class Meanings(dict[int, Meaning]):
    """All of them, by their ids."""

    def __init__(self, connection: Connection) -> None:
        known = connection.execute(select(*(schema.meanings.c[name] for name in ("id", "check", "outcome", "excused"))))
        super().__init__((number, (check, Outcome(told), excused)) for number, check, told, excused in known)

    def where(self, wanted: Callable[[str, Outcome, bool], bool]) -> frozenset[int]:
        """The ids of such."""
        return frozenset(number for number, meaning in self.items() if wanted(*meaning))

    def open(self) -> frozenset[int]:
        """The ids of those that fail or are unknown."""
        return self.where(lambda _, outcome, __: outcome not in _QUIET)


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


class Spoken(NamedTuple):
    """What is said of a subject, by check, and of which address; `said` leaves out its name, see Said. What holds for
    few of these stands beside them, by their places: another address, and the values of the sample facts."""

    subject: Subject
    said: Sequence[Said]
    address: str | None
    addresses: Mapping[int, str | None]
    values: Mapping[int, Sequence[Any]]

    def judged(self) -> Iterator[Judged]:
        for place, said in enumerate(self.said):
            yield said.about(self.subject.id), self.addresses.get(place, self.address), self.values.get(place, ())

    def findings(self) -> Iterator[Finding]:
        return (said.of(self.subject, address, values) for said, address, values in self.judged())


def read_spoken(connection: Connection, audit: int) -> Iterator[Spoken]:
    """All of it; the subjects by kind and id."""
    meanings = Meanings(connection)

    @lru_cache(maxsize=ALIKE)
    def by_check(packed: bytes) -> tuple[Sequence[int], Mapping[int, int]]:
        """The slots in the order of their checks, and the place of each in it."""
        ids = unpack_ids(packed)
        slots = sorted(range(len(ids)), key=lambda slot: meanings[ids[slot]][0])
        return slots, {slot: place for place, slot in enumerate(slots)}

    known: dict[int, Said] = {}
    for rows in connection.execute(_subjects_of(connection, audit)).partitions():
        verdicts = [unpack_ids(row[VERDICTS]) for row in rows]
        _learn(connection, known, set(chain.from_iterable(verdicts)))
        for row, ids in zip(rows, verdicts, strict=True):
            slots, place = by_check(row[MEANINGS])
            first, *others = unpack_addresses(row[_ADDRESSES], len(ids)) or [None]
            values = read_json(row[_FACTS]) if row[_FACTS] else ()
            yield Spoken(
                Subject(SubjectKind(row[0]), row[1]),
                [known[ids[slot]] for slot in slots],
                first,
                {place[slot]: each for slot, each in enumerate(others, 1) if each != first},
                {place[slot]: of_slot for slot, of_slot in enumerate(values)},
            )


def read_findings(connection: Connection, audit: int, checks: Collection[str]) -> Iterator[Finding]:
    """Those of these checks, in the same order."""
    wanted = Meanings(connection).where(lambda check, *_: check in checks)
    return found_by(connection, _subjects_of(connection, audit), _meaning(wanted))


def read_outlines(connection: Connection, audit: int) -> Iterator[Outlined]:
    """What is said of each subject, but of what passes or does not apply no more than that."""
    briefs = _Briefs(connection)
    for row, judged in _judged(connection, _subjects_of(connection, audit), _meaning(briefs.open)):
        yield Subject(SubjectKind(row[0]), row[1]), judged, briefs.of(row[MEANINGS])


def read_faults(connection: Connection, audit: int) -> Iterator[tuple[Subject, Sequence[Judged]]]:
    """What fails or is unknown of each subject of which anything is, without what is unknown of endpoints that did not
    answer."""
    meanings, endpoints = Meanings(connection), schema.endpoints.c
    fails = _meaning(meanings.where(lambda _, outcome, __: outcome is Outcome.FAIL))
    faults = _meaning(meanings.open())
    states = (
        _subjects_of(connection, audit)
        .outerjoin(schema.endpoints, endpoints.id == schema.states.c.endpoint_id)
        .add_columns(SILENT)
    )
    told = _judged(connection, states, lambda row: fails(row) if row[-1] else faults(row))
    for (kind, subject), of_subject in groupby(told, key=lambda each: each[0][:2]):
        if judged := [each for _, some in of_subject for each in some]:
            yield Subject(SubjectKind(kind), subject), sorted(judged, key=_check)


def read_seen(connection: Connection, audit: int) -> Iterator[tuple[EndpointSeen | None, Outlined]]:
    """All of it: of what is beyond services first, then of one service after another what is said of it, and its
    endpoints with what was seen of each."""
    found, briefs, started_at = found_in(connection, audit), _Briefs(connection), started(connection, audit)
    subjects, endpoints = schema.subjects.c, schema.endpoints.c
    kind = case((endpoints.id.is_not(None), 2), (subjects.kind == SubjectKind.SERVICE.value, 1), else_=0)
    service = case((kind == 2, endpoints.service), (kind == 1, subjects.subject))
    seen = (
        subjects_in(found)
        .outerjoin(schema.endpoints, endpoints.id == schema.states.c.endpoint_id)
        .add_columns(*endpoint_columns(found))
        .order_by(kind > 0, service.is_(None), *by_letters(connection, service), kind, *_by_subject(connection))
    )
    for row, judged in _judged(connection, seen, _meaning(briefs.open)):
        outlined = Subject(SubjectKind(row[0]), row[1]), judged, briefs.of(row[MEANINGS])
        of_endpoint = row[_COLUMNS:]
        yield endpoint_of(of_endpoint, started_at) if of_endpoint[0] else None, outlined


class _Briefs:
    """What verdicts say in brief; `open` are the meanings of which more is told."""

    def __init__(self, connection: Connection) -> None:
        self._meanings = Meanings(connection)
        self.open = self._meanings.open()
        self._made: dict[bytes, Brief] = {}

    def of(self, packed: bytes) -> Brief:
        """Of the meanings of a state."""
        if packed not in self._made:
            quiet = (self._meanings[each] for each in unpack_ids(packed) if each not in self.open)
            self._made[packed] = Brief(tuple((check, outcome) for check, outcome, _ in quiet))
        return self._made[packed]


def _check(judged: Judged) -> str:
    return judged[0].check


Slots = Callable[[Sequence[Any]], Sequence[int]]
"""Given a row of `subjects_in`, where among its verdicts those that are wanted stand."""


def _meaning(wanted: Set[int]) -> Slots:
    """Those with one of these meanings."""

    @lru_cache(maxsize=ALIKE)
    def slots(packed: bytes) -> Sequence[int]:
        return [slot for slot, number in enumerate(unpack_ids(packed)) if number in wanted]

    return lambda row: slots(row[MEANINGS])


def found_by(connection: Connection, states: Select[Any], slots: Slots) -> Iterator[Finding]:
    """Some findings of some subjects, from rows of `subjects_in`."""
    for row, judged in _judged(connection, states, slots):
        subject = Subject(SubjectKind(row[0]), row[1])
        for said, address, values in judged:
            yield said.of(subject, address, values)


def _judged(
    connection: Connection, states: Select[Any], slots: Slots
) -> Iterator[tuple[Sequence[Any], Sequence[Judged]]]:
    """Rows of `subjects_in`, and what is said of each, by check."""
    known: dict[int, Said] = {}
    for some in connection.execute(states).partitions():
        wanted = [(row, unpack_ids(row[VERDICTS]), slots(row)) for row in some]
        _learn(connection, known, {ids[slot] for _, ids, at in wanted for slot in at})
        for row, ids, at in wanted:
            addresses = unpack_addresses(row[_ADDRESSES], len(ids))
            # Those with sample facts are the first of a state.
            values = read_json(row[_FACTS]) if row[_FACTS] and at and known[ids[at[0]]].samples else ()
            sampled = len(values)
            judged = [
                (known[ids[slot]].about(row[1]), addresses[slot], values[slot] if slot < sampled else ()) for slot in at
            ]
            yield row, sorted(judged, key=_check)


Key = tuple[str, Subject]
"""A check and a subject."""

Tallies = Mapping[Meaning, int]
"""How many findings there are of each meaning."""


def read_tallies(connection: Connection, audit: int) -> Tallies:
    meanings, counted = Meanings(connection), Counter[Meaning]()
    states = connection.scalars(_of_subjects(found_in(connection, audit), schema.states.c.meanings))
    for packed, times in Counter(states).items():
        for number in unpack_ids(packed):
            counted[meanings[number]] += times
    return counted


def read_messages(connection: Connection, audit: int, about: Collection[Key]) -> dict[Key, str]:
    """What checks say of subjects."""
    checks, subjects = {check for check, _ in about}, {subject for _, subject in about}
    wanted = Meanings(connection).where(lambda check, *_: check in checks)
    digests = [content_row(kind=each.kind.value, subject=each.id)["digest"] for each in subjects]
    # As a mere condition it would be asked of all that was found.
    of_some = select(schema.states.c.id).join(schema.subjects).where(schema.subjects.c.digest.in_(digests))
    found = found_in(connection, audit)
    told = found_by(connection, subjects_in(found).where(found.c.state_id.in_(of_some)), _meaning(wanted))
    return {(finding.check, finding.subject): finding.message for finding in told}


_KNOWN = 1024
"""Verdicts whose text is kept in memory."""


def _learn(connection: Connection, known: dict[int, Said], ids: Set[int]) -> None:
    """Read those of these verdicts that are not known."""
    if len(known) > _KNOWN:
        known.clear()
    for some in in_parts(sorted(ids - known.keys())):
        rows = connection.execute(_VERDICTS, {"some": some})
        known.update((number, said_in(check, outcome, body)) for number, check, outcome, body in rows.all())


_VERDICTS = select(
    schema.verdicts.c.id, schema.verdicts.c.check, schema.verdicts.c.outcome, schema.verdicts.c.body
).where(schema.verdicts.c.id.in_(bindparam("some", expanding=True)))


def subjects_in(found: Subquery) -> Select[Any]:
    """Of each subject its kind, its id, its look's facts, and its verdicts, their meanings and addresses as packed."""
    subjects, states = schema.subjects.c, schema.states.c
    of_subject = subjects.kind, subjects.subject, found.c.facts
    return _of_subjects(found, *of_subject, states.verdicts, states.meanings, states.addresses)


_FACTS, VERDICTS, MEANINGS, _ADDRESSES, _COLUMNS = range(2, 7)
"""Where these stand in a row of `subjects_in`, and how many there are."""


def _subjects_of(connection: Connection, audit: int) -> Select[Any]:
    """All of an audit, by kind and id."""
    return subjects_in(found_in(connection, audit)).order_by(*_by_subject(connection))


def _by_subject(connection: Connection) -> Iterator[ColumnElement[str]]:
    return by_letters(connection, schema.subjects.c.kind, schema.subjects.c.subject)


def _of_subjects(found: Subquery, *columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*columns)
        .select_from(found)
        .join(schema.states, schema.states.c.id == found.c.state_id)
        .join(schema.subjects)
    )
