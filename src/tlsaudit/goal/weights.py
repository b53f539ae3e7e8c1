"""How much each subject of an objective counts."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tlsaudit.check import Subject, SubjectKind
from tlsaudit.goal.errors import ObjectiveError
from tlsaudit.goal.subjects import Subjects
from tlsaudit.target import ObjectiveSpec


def weights_of(
    objective: ObjectiveSpec, scope: Sequence[Subject], subjects: Subjects
) -> Mapping[Subject, Fraction] | None:
    """The weight of each subject in scope by the number that the objective names; None where it names none.

    Raises ObjectiveError where a subject has no such number: to leave it out, or to guess, would move the share; and
    where all of them are 0.
    """
    name = objective.weighted
    if name is None:
        return None
    known = {subject: subjects.weight(subject, name) for subject in scope}
    missing = [subject for subject, weight in known.items() if weight is None]
    if missing:
        raise ObjectiveError(_missing(name, missing))
    if known and not any(known.values()):
        raise ObjectiveError(f"{name} is 0 for everything in scope: leave weighted out")
    return {subject: weight for subject, weight in known.items() if weight is not None}


def _missing(name: str, subjects: Sequence[Subject]) -> str:
    first = subjects[0]
    if first.kind is SubjectKind.FLEET:
        return "the fleet is a single subject: leave weighted out"
    who = first.id if len(subjects) == 1 else f"{first.id} and {len(subjects) - 1} more"
    have = "has" if len(subjects) == 1 else "have"
    where = "the link" if first.kind is SubjectKind.LINK else "each host, 0 where that is so"
    return f"{who} {have} no {name}: write weights: {{{name}: ...}} beside {where}"
