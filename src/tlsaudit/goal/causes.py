"""Why an objective's figure is another than at the audit before: its subjects, counted by what became of each."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from tlsaudit.check import Outcome, Subject
from tlsaudit.goal.measurement import Measurement
from tlsaudit.goal.tally import Standing


class Cause(StrEnum):
    """What became of a subject. `improved` and `worsened` are said of a metric's figure, for which the outcome does not
    count; `checks-changed` is an edit of the objective, `rule-changed` another check or option: neither is progress
    or regression.
    """

    FIXED = "fixed"
    REGRESSED = "regressed"
    IMPROVED = "improved"
    WORSENED = "worsened"
    LOST = "lost"
    REGAINED = "regained"
    APPLICABILITY = "applicability"
    APPEARED = "appeared"
    LEFT = "left"
    WAIVED = "waived"
    WAIVER_EXPIRED = "waiver-expired"
    RULE_CHANGED = "rule-changed"
    CHECKS_CHANGED = "checks-changed"


_OURS = {Cause.FIXED, Cause.REGRESSED, Cause.IMPROVED, Cause.WORSENED, Cause.LOST, Cause.REGAINED}
"""What is the doing of those who run the servers."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How many subjects changed by which cause, in the order of the causes. `rules` are the changed checks that
    decided. `direction` is 1 where what was judged alike in both audits became better, -1 where worse.
    """

    counts: Mapping[Cause, int]
    rules: tuple[str, ...]
    direction: int


def changes(before: Measurement, now: Measurement, rules: Collection[str]) -> Changes:
    """What changed from one measurement of an objective to another, which may leave out the same subjects where these
    have not changed. `rules` are the checks that are not the same in both.
    """
    was = {standing.subject: standing for standing in before.standings}
    found: dict[Subject, Cause] = {}
    deciding: set[str] = set()
    for standing in now.standings:
        earlier = was.pop(standing.subject, None)
        if earlier is None:
            cause = Cause.APPEARED if _counted(standing) else None
        elif cause := _cause(before, now, earlier, standing):
            cause, by = _attributed(cause, earlier, standing, rules)
            deciding |= by
        if cause:
            found[standing.subject] = cause
    found.update((subject, Cause.LEFT) for subject, standing in was.items() if _counted(standing))
    counted = Counter(found.values())
    return Changes(
        {cause: counted[cause] for cause in Cause if counted[cause]},
        tuple(sorted(deciding)),
        _direction(before, now, [subject for subject, cause in found.items() if cause in _OURS]),
    )


def _counted(standing: Standing) -> bool:
    """Whether it was part of the denominator. What was not asked at all did not apply."""
    return standing.outcome is not Outcome.NOT_APPLICABLE and any(standing.said)


def _cause(before: Measurement, now: Measurement, earlier: Standing, standing: Standing) -> Cause | None:
    was, outcome = earlier.outcome, standing.outcome
    if before.values is not None and now.values is not None and {was, outcome} <= {Outcome.PASS, Outcome.FAIL}:
        value, figure = before.values[standing.subject], now.values[standing.subject]
        if value == figure:
            return None
        return Cause.IMPROVED if (figure < value) is now.lower_is_better else Cause.WORSENED
    if was is not outcome:
        return _by_outcome(was, outcome)
    if earlier.waived is standing.waived:
        return None
    return _by_waiver(earlier, standing)


def _by_waiver(earlier: Standing, standing: Standing) -> Cause:
    """Of what fails as before, and is excused as a whole in one audit alone."""
    failed, fails = ({finding.check: finding.waived for finding in each.failing} for each in (earlier, standing))
    if standing.waived:
        return Cause.WAIVED if any(check in fails for check, waived in failed.items() if not waived) else Cause.FIXED
    same = any(check in failed for check, waived in fails.items() if not waived)
    return Cause.WAIVER_EXPIRED if same else Cause.REGRESSED


def _by_outcome(was: Outcome, outcome: Outcome) -> Cause:
    if Outcome.NOT_APPLICABLE in (was, outcome):
        return Cause.APPLICABILITY
    if outcome is Outcome.UNKNOWN:
        return Cause.LOST
    if was is Outcome.UNKNOWN:
        return Cause.REGAINED
    return Cause.FIXED if outcome is Outcome.PASS else Cause.REGRESSED


def _attributed(cause: Cause, before: Standing, now: Standing, rules: Collection[str]) -> tuple[Cause, frozenset[str]]:
    """The cause, or the edit that brought the change about, with the changed rules that did.

    What is worse is held against whoever runs the servers if one unchanged rule says so; what is better is to their
    credit only where no rule and no goal was changed for it.
    """
    if cause in {Cause.WAIVED, Cause.WAIVER_EXPIRED}:
        return cause, frozenset()
    said, says = _outcomes(before), _outcomes(now)
    worse = cause in {Cause.REGRESSED, Cause.WORSENED, Cause.LOST}
    spoke, outcome = (says, now.outcome) if worse else (said, before.outcome)
    decided = {check for check in spoke if spoke[check] is outcome and said.get(check) is not says.get(check)}
    decided = decided or set(spoke)
    edited = decided - (said.keys() & says.keys())
    changed = (decided - edited).intersection(rules)
    if edited | changed and (not worse or decided == edited | changed):
        return (Cause.CHECKS_CHANGED, frozenset()) if edited else (Cause.RULE_CHANGED, frozenset(changed))
    return cause, frozenset()


def _outcomes(standing: Standing) -> dict[str, Outcome]:
    return {check: finding.outcome if finding else Outcome.UNKNOWN for check, finding in standing.findings}


def _direction(before: Measurement, now: Measurement, ours: Collection[Subject]) -> int:
    if before.values is not None and now.values is not None:
        was, figure = (replace(each, values=_of(each.values, ours)).value for each in (before, now))
        if was is None or figure is None or was == figure:
            return 0
        return 1 if (figure < was) is now.lower_is_better else -1
    passed, passes = (
        {item.subject for item in each.standings if item.outcome is Outcome.PASS} for each in (before, now)
    )
    gain = sum(now.weight(subject) * ((subject in passes) - (subject in passed)) for subject in ours)
    return (gain > 0) - (gain < 0)


def _of(values: Mapping[Subject, float] | None, subjects: Collection[Subject]) -> dict[Subject, float]:
    return {subject: value for subject, value in (values or {}).items() if subject in subjects}
