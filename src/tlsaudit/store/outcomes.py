"""What an audit found, in few words: most of a fleet passes, and to make a finding of each row takes long."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, String, and_, cast, func, not_, select

from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.store import schema
from tlsaudit.store.reading import findings_in, findings_of
from tlsaudit.store.spans import found_in


def read_outcomes(
    connection: Connection, audit: int, checks: Collection[str], whole: Collection[str]
) -> Mapping[str, Mapping[str, Finding]]:
    """The findings of these checks, by check and the id of the subject. Of those that are not `whole`, what passes or
    does not apply is one finding of each check for all of whom that is said: without message and facts, and about
    nobody.
    """
    verdicts = schema.verdicts.c
    brief = and_(verdicts.outcome.in_([Outcome.PASS, Outcome.NOT_APPLICABLE]), verdicts.check.not_in(whole))
    said = _brief(connection, and_(verdicts.check.in_(checks), brief))
    found: dict[str, dict[str, Finding]] = {}
    for _, subject, ids in read_verdicts(connection, audit):
        for each in ids:
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


def read_verdicts(connection: Connection, audit: int) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Of each subject its kind, its id, and the ids of the verdicts on it, as text: one row instead of some thirty."""
    states, subjects, said = schema.states.c, schema.subjects.c, schema.state_verdicts.c
    found = found_in(connection, audit)
    together = func.aggregate_strings(cast(said.verdict_id, String), ",")
    statement = (
        select(
            subjects.kind, subjects.subject, select(together).where(said.state_id == found.c.state_id).scalar_subquery()
        )
        .select_from(found)
        .join(schema.states, states.id == found.c.state_id)
        .join(schema.subjects)
    )
    for kind, subject, ids in connection.execute(statement):
        if ids:
            yield kind, subject, ids.split(",")
