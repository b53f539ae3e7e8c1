"""Counting: every subject of an objective has one outcome, the worst of what the objective's checks say."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import compress
from math import isfinite

from tlsaudit.check import Finding, Outcome, Subject, worst
from tlsaudit.goal.findings import OWN, CheckFindings
from tlsaudit.goal.subjects import FLEET

Findings = Mapping[str, Mapping[str, Finding]]
"""By check and the id of the subject: a check judges subjects of one kind."""


def by_check_and_subject(findings: Iterable[Finding]) -> Findings:
    """Findings as objectives look them up."""
    found: dict[str, dict[str, Finding]] = {}
    for finding in findings:
        found.setdefault(finding.check, {})[finding.subject.id] = finding
    return found


@dataclass(frozen=True, slots=True)
class Counts:
    """How many subjects count as what."""

    passed: int = 0
    fail: int = 0
    unknown: int = 0
    not_applicable: int = 0
    waived: int = 0

    @property
    def judged(self) -> int:
        return self.passed + self.fail + self.waived

    @property
    def applicable(self) -> int:
        """The denominator of every percentage that is not weighted."""
        return self.judged + self.unknown


@dataclass(frozen=True, slots=True)
class Weighed:
    """What `Counts` counts, added up by the weights of the subjects."""

    passed: Fraction
    judged: Fraction
    applicable: Fraction

    @property
    def share(self) -> Fraction | None:
        """pass / (pass + fail + unknown + waived); None where nothing applies."""
        return self.passed / self.applicable if self.applicable else None

    @property
    def coverage(self) -> Fraction | None:
        """(pass + fail + waived) / (pass + fail + unknown + waived); None where nothing applies."""
        return self.judged / self.applicable if self.applicable else None


@dataclass(frozen=True, slots=True)
class Standing:
    """One subject of an objective. `said` is what the objective's checks say of it, in their order; what is missing is
    None, and counts as unknown.
    """

    subject: Subject
    outcome: Outcome
    checks: Sequence[str]
    said: Sequence[Finding | None]

    @property
    def findings(self) -> Iterator[tuple[str, Finding | None]]:
        return zip(self.checks, self.said, strict=True)

    @property
    def failing(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.said if finding and finding.outcome is Outcome.FAIL)

    @property
    def waived(self) -> bool:
        """It fails, and each of its failures is excused."""
        return self.outcome is Outcome.FAIL and all(finding.waived for finding in self.failing)

    @property
    def decisive(self) -> Iterator[tuple[str, Finding | None]]:
        """Those of its findings that have its outcome."""
        return ((check, said) for check, said in self.findings if _outcome(said) is self.outcome)


_Case = tuple[int, ...]
"""The codes of what each check says of a subject."""


class Standings:
    """How each of some subjects stands, made anew whenever it is asked for. Those of whom the checks say the same are
    counted together: of a fleet, all but what is waived and what is read whole are a handful of cases.

    Where a `fact` of the only check is measured, whatever applies and has no such figure is unknown.
    """

    def __init__(
        self, checks: Sequence[str], subjects: Sequence[Subject], findings: Findings, fact: str | None = None
    ) -> None:
        self._checks, self._subjects, self._fact = checks, subjects, fact
        self._of_checks = [CheckFindings.of(check, findings.get(check, {})) for check in checks]
        self._codes = [of.codes(subjects) for of in self._of_checks]
        cases = Counter(self._cases())
        self._own = {case for case in cases if OWN in case}
        self._alike = {case: (self._standing(case, FLEET), cases[case]) for case in cases.keys() - self._own}

    def __iter__(self) -> Iterator[Standing]:
        return (self._standing(case, subject) for case, subject in zip(self._cases(), self._subjects, strict=True))

    def with_outcome(self, outcome: Outcome) -> Iterator[Standing]:
        """Those with an outcome."""
        alike = {case for case, (standing, _) in self._alike.items() if standing.outcome is outcome}
        return (standing for standing in self._among(alike | self._own) if standing.outcome is outcome)

    @property
    def waived(self) -> Iterator[Standing]:
        """Those that are: what is told in brief is excused by nothing."""
        return (standing for standing in self._among(self._own) if standing.waived)

    def added(self, number: Callable[[Standing], int]) -> Counter[tuple[Outcome, bool]]:
        """What a number comes to over those of each outcome, the waived apart. It is the same for all of whom the same
        is said."""
        total: Counter[tuple[Outcome, bool]] = Counter()
        for standing, times in self._alike.values():
            total[standing.outcome, standing.waived] += times * number(standing)
        for standing in self._among(self._own):
            total[standing.outcome, standing.waived] += number(standing)
        return total

    def _cases(self) -> Iterator[_Case]:
        return zip(*self._codes, strict=True)

    def _among(self, cases: Collection[_Case]) -> Iterator[Standing]:
        if cases:
            for number, case in compress(enumerate(self._cases()), map(cases.__contains__, self._cases())):
                yield self._standing(case, self._subjects[number])

    def _standing(self, case: _Case, subject: Subject) -> Standing:
        said = [of.said(code, subject.id) for of, code in zip(self._of_checks, case, strict=True)]
        outcome = worst(map(_outcome, said))
        if self._fact is not None and outcome is not Outcome.NOT_APPLICABLE and figure(said[0], self._fact) is None:
            outcome = Outcome.UNKNOWN
        return Standing(subject, outcome, self._checks, said)


def _outcome(finding: Finding | None) -> Outcome:
    return finding.outcome if finding else Outcome.UNKNOWN


def count(found: Standings) -> Counts:
    """Add up."""
    counted = found.added(lambda _: 1)
    return Counts(
        passed=counted[Outcome.PASS, False],
        fail=counted[Outcome.FAIL, False],
        unknown=counted[Outcome.UNKNOWN, False],
        not_applicable=counted[Outcome.NOT_APPLICABLE, False],
        waived=counted[Outcome.FAIL, True],
    )


def weigh(found: Standings, weights: Mapping[Subject, Fraction] | None, counts: Counts) -> Weighed:
    """Add up by weight; without `weights` everything weighs the same, and these are its counts."""
    if weights is None:
        return Weighed(Fraction(counts.passed), Fraction(counts.judged), Fraction(counts.applicable))
    sums = dict.fromkeys(Outcome, Fraction())
    for item in found:
        sums[item.outcome] += weights[item.subject]
    judged = sums[Outcome.PASS] + sums[Outcome.FAIL]
    return Weighed(sums[Outcome.PASS], judged, judged + sums[Outcome.UNKNOWN])


def figure(finding: Finding | None, fact: str) -> float | None:
    """A number among the facts of a finding that passes or fails; None where there is none."""
    if finding is None or finding.outcome not in {Outcome.PASS, Outcome.FAIL}:
        return None
    value = finding.facts.get(fact)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)
