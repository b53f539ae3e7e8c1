"""What is measured of an objective: the share of its subjects that pass, or the worst figure of a metric."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

from tlsaudit.check import Finding, Outcome, Subject
from tlsaudit.goal.tally import Counts, Findings, Standing, Standings, Weighed, count, figure, weigh
from tlsaudit.goal.waivers import Waivers
from tlsaudit.target import Milestone, MilestoneTarget, ObjectiveSpec


@dataclass(frozen=True, slots=True)
class Blocker:
    """A finding that keeps a target from holding; `excused_until` is the last day of the waiver that excuses it.
    `part` is that of its subject in the whole, from 0 to 1, where the objective is weighted.
    """

    check: str
    subject: Subject
    message: str
    excused_until: date | None = None
    part: Fraction | None = None


MOST_BLOCKERS = 50
"""Blockers that are told one by one."""


class Blocking(NamedTuple):
    """The first of what keeps a target from holding, and how many there are in all."""

    first: tuple[Blocker, ...]
    total: int

    @classmethod
    def of(cls, blockers: Iterable[Blocker]) -> "Blocking":
        rest = iter(blockers)
        first = tuple(islice(rest, MOST_BLOCKERS))
        return cls(first, len(first) + sum(1 for _ in rest))


@dataclass(frozen=True, slots=True)
class Measurement:
    """The subjects of an objective by one audit. `values` has the figure of each subject that has one; it is None
    where the objective is no metric. `weights` are those of the subjects; None where each counts the same.
    """

    objective: ObjectiveSpec
    standings: Standings
    counts: Counts
    weighed: Weighed
    values: dict[Subject, float] | None
    waivers: Waivers
    weights: Mapping[Subject, Fraction] | None = None

    @property
    def share(self) -> Fraction | None:
        """The share that passes; None for a metric."""
        return self.weighed.share if self.values is None else None

    @property
    def value(self) -> float | None:
        """The worst figure of a metric: the largest, where milestones ask for at least something the smallest."""
        if not self.values:
            return None
        return max(self.values.values()) if self.lower_is_better else min(self.values.values())

    @property
    def lower_is_better(self) -> bool:
        """Of a metric: unless its milestones ask for at least something."""
        figures = [item.target for item in self.objective.milestones if item.target.figure is not None]
        return not figures or figures[0].at_most

    @property
    def figure(self) -> Fraction | float | None:
        """The share or the value: what is held against the milestones."""
        return self.value if self.objective.metric else self.share

    @property
    def coverage(self) -> Fraction | None:
        return self.weighed.coverage

    @property
    def judged(self) -> bool:
        """Whether there is anything to hold against a milestone."""
        return self.counts.judged > 0

    def reaches(self, target: MilestoneTarget) -> bool:
        """Whether a target holds. That of a metric only does where every subject has a figure: the one that is
        missing might be the worst."""
        if target.word == "measured":
            return self.judged
        if self.figure is None or (self.objective.metric and self.counts.unknown):
            return False
        return target.reached_by(self.figure)

    def excused_until(self, due: Sequence[Milestone]) -> date | None:
        """The last day on which all that keeps the share from these milestones is waived; None where more does.

        Of more waived subjects than the milestones need, those that are waived longest count.
        """
        asked = max((item.target.figure for item in due if item.target.figure is not None), default=None)
        if self.values is not None or asked is None:
            return None
        missing = asked * self.weighed.applicable - self.weighed.passed
        waived = ((self._waived_until(item), self.weight(item.subject)) for item in self.standings.waived)
        for day, weight in sorted(waived, reverse=True):
            missing -= weight
            if missing <= 0:
                return day
        return None

    def weight(self, subject: Subject) -> Fraction:
        """How much a subject in scope counts."""
        return Fraction(1) if self.weights is None else self.weights[subject]

    def _waived_until(self, standing: Standing) -> date:
        """A subject is excused until the first of the waivers that it needs ends."""
        return min((self.waivers.until(finding) or date.min for finding in standing.failing), default=date.min)

    def blocking(self, target: MilestoneTarget) -> Blocking:
        """What keeps a target from holding: failures, then unknowns, then what is waived, the heaviest first."""
        if self.values is not None:
            return Blocking.of(self._beyond(target))
        found = self.standings
        failing = (item for item in found.with_outcome(Outcome.FAIL) if not item.waived)
        turns = (failing, found.with_outcome(Outcome.UNKNOWN), found.waived)
        blockers = (blocker for turn in turns for item in self._by_weight(turn) for blocker in self._decisive(item))
        counts = found.added(lambda item: sum(1 for _ in item.decisive))
        total = sum(number for (outcome, _), number in counts.items() if outcome in {Outcome.FAIL, Outcome.UNKNOWN})
        return Blocking(tuple(islice(blockers, MOST_BLOCKERS)), total)

    def _by_weight(self, standings: Iterable[Standing]) -> Iterable[Standing]:
        if self.weights is None:
            return standings
        return sorted(standings, key=lambda item: -self.weight(item.subject))

    def _decisive(self, standing: Standing) -> Iterator[Blocker]:
        for check, finding in standing.decisive:
            until = self.waivers.until(finding) if finding and finding.waived else None
            yield _blocker(check, standing.subject, finding, until, self._part(standing.subject))

    def _part(self, subject: Subject) -> Fraction | None:
        whole = self.weighed.applicable
        return self.weights[subject] / whole if self.weights and whole else None

    def _beyond(self, target: MilestoneTarget) -> Iterator[Blocker]:
        for standing in self.standings:
            ((check, finding),) = standing.findings
            value = (self.values or {}).get(standing.subject)
            beyond = value is not None and target.figure is not None and not target.reached_by(value)
            if standing.outcome is Outcome.UNKNOWN or beyond:
                yield _blocker(check, standing.subject, finding)


def _blocker(
    check: str, subject: Subject, finding: Finding | None, until: date | None = None, part: Fraction | None = None
) -> Blocker:
    return Blocker(check, subject, finding.message if finding else "not judged", until, part)


def take(
    objective: ObjectiveSpec,
    scope: Sequence[Subject],
    findings: Findings,
    waivers: Waivers,
    weights: Mapping[Subject, Fraction] | None = None,
) -> Measurement:
    """Measure the subjects in scope; a metric is not weighted."""
    if objective.metric is None:
        found = Standings(objective.checks, scope if objective.checks else (), findings)
        counts = count(found)
        return Measurement(objective, found, counts, weigh(found, weights, counts), None, waivers, weights)
    fact = objective.metric.fact
    found = Standings([objective.metric.check], scope, findings, fact)
    figures = ((item.subject, figure(item.said[0], fact)) for item in found)
    values = {subject: value for subject, value in figures if value is not None}
    counts = count(found)
    return Measurement(objective, found, counts, weigh(found, None, counts), values, waivers)
