"""What an audit found, read subject by subject: the verdicts on one come in one row, and of each verdict, which most of
a fleet shares, the text is read once.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, Subquery, and_, cast, func, not_, select

from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.store import schema
from tlsaudit.store.codec import Said, said_in
from tlsaudit.store.reading import findings_in, findings_of
from tlsaudit.store.recording import PARAMETERS
from tlsaudit.store.spans import found_in

_QUIET = (Outcome.PASS, Outcome.NOT_APPLICABLE)


def read_outcomes(
    connection: Connection, audit: int, checks: Collection[str], whole: Collection[str]
) -> Mapping[str, Mapping[str, Finding]]:
    """The findings of these checks, by check and the id of the subject. Of those that are not `whole`, what passes or
    does not apply is one finding of each check for all of whom that is said: without message and facts, and about
    nobody.
    """
    verdicts = schema.verdicts.c
    brief = and_(verdicts.outcome.in_(_QUIET), verdicts.check.not_in(whole))
    said = _brief(connection, and_(verdicts.check.in_(checks), brief))
    found: dict[str, dict[str, Finding]] = {}
    rows = _subjects(found_in(connection, audit), cast(schema.state_verdicts.c.verdict_id, String))
    for _, subject, _, ids in connection.execute(rows):
        for each in _split(ids):
            if finding := said.get(each):
                found.setdefault(finding.check, {})[subject] = finding
    rest = findings_in(found_in(connection, audit)).where(verdicts.check.in_(checks), not_(brief))
    for finding in findings_of(connection, rest):
        found.setdefault(finding.check, {})[finding.subject.id] = finding
    return found


def _brief(connection: Connection, which: ColumnElement[bool]) -> Mapping[str, Finding]:
    """By the id of the verdict."""
    verdicts = schema.verdicts.c
    made: dict[tuple[str, str], Finding] = {}
    said: dict[str, Finding] = {}
    for number, check, outcome in connection.execute(
        select(verdicts.id, verdicts.check, verdicts.outcome).where(which)
    ):
        if (check, outcome) not in made:
            made[check, outcome] = Finding(check, _NOBODY, None, None, Outcome(outcome), Severity.INFO, "")
        said[str(number)] = made[check, outcome]
    return said


_NOBODY = Subject(SubjectKind.FLEET, "")


Judged = tuple[Said, str | None, Sequence[Any]]
"""What is said, of which address, and the values of the sample facts."""

Named = tuple[str, Outcome]
"""A check, and its outcome."""


def read_judged(connection: Connection, audit: int) -> Iterator[tuple[Subject, Sequence[Judged]]]:
    """What is said of each subject, by check; the subjects by kind and id."""
    for subject, judged, _ in _read(connection, audit, {}):
        yield subject, judged


def read_outlines(connection: Connection, audit: int) -> Iterator[tuple[Subject, Sequence[Judged], Sequence[Named]]]:
    """The same, but of what passes or does not apply no more than that; it comes last, in any order."""
    verdicts = schema.verdicts.c
    quiet = select(verdicts.id, verdicts.check, verdicts.outcome).where(verdicts.outcome.in_(_QUIET))
    known = {str(number): (check, Outcome(outcome)) for number, check, outcome in connection.execute(quiet)}
    return _read(connection, audit, known)


def _read(
    connection: Connection, audit: int, quiet: Mapping[str, Named]
) -> Iterator[tuple[Subject, Sequence[Judged], Sequence[Named]]]:
    """`quiet` are the verdicts of which no more is read, by their ids."""
    said = schema.state_verdicts.c
    # An address, which may be a name, has neither the one nor the other separator.
    each = cast(said.verdict_id, String) + " " + cast(said.slot, String) + " " + func.coalesce(said.address, "")
    subjects = schema.subjects.c
    rows = _subjects(found_in(connection, audit), each).order_by(subjects.kind, subjects.subject)
    known: dict[str, Said] = {}
    for some in connection.execute(rows).partitions():
        split = [[each.split(" ", 2) for each in _split(row[3])] for row in some]
        whole = [[each for each in verdicts if each[0] not in quiet] for verdicts in split]
        if len(known) > _KNOWN:
            known.clear()
        known |= _read_said(connection, {verdict for verdicts in whole for verdict, _, _ in verdicts} - known.keys())
        for (kind, name, facts, _), verdicts, read in zip(some, split, whole, strict=True):
            values = json.loads(facts) if facts and read else []
            judged = [
                (known[verdict], address or None, values[int(slot)] if int(slot) < len(values) else ())
                for verdict, slot, address in read
            ]
            named = [quiet[verdict] for verdict, _, _ in verdicts if verdict in quiet]
            yield Subject(SubjectKind(kind), name), sorted(judged, key=lambda each: each[0].check), named


_KNOWN = 20_000
"""Verdicts whose text is kept in memory."""


def _read_said(connection: Connection, ids: Collection[str]) -> dict[str, Said]:
    verdicts = schema.verdicts.c
    wanted = sorted(map(int, ids))
    said: dict[str, Said] = {}
    for start in range(0, len(wanted), PARAMETERS):
        some = verdicts.id.in_(wanted[start : start + PARAMETERS])
        rows = connection.execute(select(verdicts.id, verdicts.check, verdicts.outcome, verdicts.body).where(some))
        said.update((str(number), said_in(check, outcome, body)) for number, check, outcome, body in rows.all())
    return said


def _subjects(found: Subquery, each: ColumnElement[str]) -> Select[Any]:
    """Of each subject its kind, its id, its look's facts, and its verdicts: a line for `each`."""
    states, said = schema.states.c, schema.state_verdicts.c
    lines = select(func.aggregate_strings(each, "\n")).where(said.state_id == found.c.state_id).scalar_subquery()
    return (
        select(schema.subjects.c.kind, schema.subjects.c.subject, found.c.facts, lines)
        .select_from(found)
        .join(schema.states, states.id == found.c.state_id)
        .join(schema.subjects)
    )


def _split(lines: str | None) -> Sequence[str]:
    return lines.split("\n") if lines else ()
