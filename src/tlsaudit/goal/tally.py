"""Counting: every subject of an objective has one outcome, the worst of what the objective's checks say."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from tlsaudit.check import Finding, Outcome, Subject, worst

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


def standings(checks: Sequence[str], subjects: Sequence[Subject], findings: Findings) -> tuple[Standing, ...]:
    """How each subject stands."""
    of_checks = [findings.get(check, {}) for check in checks]
    found = []
    for subject in subjects:
        said = [of_check.get(subject.id) for of_check in of_checks]
        outcomes = [finding.outcome if finding else Outcome.UNKNOWN for finding in said]
        found.append(Standing(subject, outcomes[0] if len(outcomes) == 1 else worst(outcomes), checks, said))
    return tuple(found)


def count(found: Sequence[Standing]) -> Counts:
    """Add up."""
    outcomes = Counter(item.outcome for item in found)
    waived = sum(item.waived for item in found if item.outcome is Outcome.FAIL)
    return Counts(
        passed=outcomes[Outcome.PASS],
        fail=outcomes[Outcome.FAIL] - waived,
        unknown=outcomes[Outcome.UNKNOWN],
        not_applicable=outcomes[Outcome.NOT_APPLICABLE],
        waived=waived,
    )


def weigh(found: Sequence[Standing], weights: Mapping[Subject, Fraction] | None, counts: Counts) -> Weighed:
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
