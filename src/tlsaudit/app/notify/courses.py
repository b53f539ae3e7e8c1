"""What each check said of each subject in audits that followed one another, as far as it changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from tlsaudit.check import Finding, Outcome, Subject
from tlsaudit.store import Side

Judged = tuple[str, Subject]
"""A check's id, and what it judged."""

Course = Sequence[Finding | None]
"""In each of several audits, oldest first; None where nothing was said."""


class Turn(Enum):
    """Where a course has led."""

    REGRESSED = auto()
    """It failed in the last two audits that judged it, and passed in the one before its failures began."""
    OVER = auto()
    """It did not fail in the last two audits that judged it."""
    GONE = auto()
    """Nothing was said of it in the last audit."""
    OPEN = auto()


@dataclass(frozen=True, slots=True)
class Turned:
    """`now` is the last finding that is not unknown; `since` the index of the first audit in which it failed."""

    turn: Turn
    now: Finding | None = None
    since: int = 0


def turned(course: Course) -> Turned:
    """What is unknown, or was not judged, neither confirms nor contradicts."""
    if course[-1] is None:
        return Turned(Turn.GONE)
    judged = [(index, item) for index, item in enumerate(course) if item and item.outcome is not Outcome.UNKNOWN]
    if len(judged) < 2:
        return Turned(Turn.OPEN)
    now = judged[-1][1]
    fails = [item.outcome is Outcome.FAIL for _, item in judged]
    if not any(fails[-2:]):
        return Turned(Turn.OVER, now)
    if all(fails[-2:]) and not all(fails):
        last_good = max(place for place, failed in enumerate(fails) if not failed)
        if judged[last_good][1].outcome is Outcome.PASS:
            return Turned(Turn.REGRESSED, now, judged[last_good + 1][0])
    return Turned(Turn.OPEN, now)


def same_rule(audits: Iterable[tuple[int, Mapping[str, Any]]]) -> Mapping[tuple[int, ...], frozenset[str]]:
    """Audits by id, each with the rules it ran by their checks, newest first -> the last of them that ran a check by
    the same rule, oldest first, with the checks of which that is so. A check whose rule was changed begins anew.
    """
    ran: dict[str, list[int]] = {}
    known: dict[str, Any] = {}
    ended: set[str] = set()
    for audit, rules in audits:
        for check, rule in rules.items():
            if known.setdefault(check, rule) != rule:
                ended.add(check)
            elif check not in ended:
                ran.setdefault(check, []).insert(0, audit)
    grouped: dict[tuple[int, ...], set[str]] = {}
    for check, ids in ran.items():
        grouped.setdefault(tuple(ids), set()).add(check)
    return {ids: frozenset(checks) for ids, checks in grouped.items()}


def courses(
    sides: Sequence[tuple[Side, Side]], checks: Iterable[str], renamed: Mapping[str, str]
) -> dict[Judged, list[Finding | None]]:
    """The courses of these checks through audits of which each pair that follow one another was compared. What all
    have alike is left out. `renamed` are earlier ids of endpoints, each with that of today.
    """
    wanted = frozenset(checks)
    known: dict[Judged, dict[int, Finding | None]] = {}
    for index, pair in enumerate(sides):
        said = [
            {(item.check, _today(item.subject, renamed)): item for item in side.findings if item.check in wanted}
            for side in pair
        ]
        for key in said[0].keys() | said[1].keys():
            known.setdefault(key, {}).update({index: said[0].get(key), index + 1: said[1].get(key)})
    return {key: _filled(found, len(sides) + 1) for key, found in known.items()}


def _today(subject: Subject, renamed: Mapping[str, str]) -> Subject:
    return Subject(subject.kind, renamed.get(subject.id, subject.id)) if renamed else subject


def _filled(found: Mapping[int, Finding | None], length: int) -> list[Finding | None]:
    """Where two audits were not told apart, both said the same."""
    course: list[Finding | None] = []
    following = found[min(found)]
    for index in range(length):
        following = found.get(index, following)
        course.append(following)
    return course
