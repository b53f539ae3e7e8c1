"""Findings counted and grouped in one pass, in memory that does not grow with the fleet's size beyond a bound."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from tlsaudit.report.document import AuditView, Counts, EndpointRecord, FindingRecord, Open, Outline, Quiet, standing

MAX_MESSAGES = 1000
"""Distinct messages kept for a check; what says something else is only counted."""

SEVERITIES = ("critical", "high", "medium", "low", "info")


def standings(outline: Outline) -> Counter[str]:
    """How many of the findings stand so."""
    counted = _outcomes(outline.quiet).copy()
    for finding in outline.open:
        counted[standing(finding)] += 1
    return counted


@lru_cache(maxsize=4096)
def _outcomes(quiet: tuple[Quiet, ...]) -> Counter[str]:
    return Counter(item.outcome for item in quiet)


@dataclass(slots=True)
class Group:
    """The findings of one check that say the same: `opened` stands for them, `subjects` are the first few's names."""

    standing: str
    opened: Open
    count: int = 0
    subjects: list[str] = field(default_factory=list)

    @property
    def first(self) -> FindingRecord:
        """The whole of what stands for them."""
        return self.opened.record()


@dataclass(slots=True)
class CheckRollup:
    """All findings of one check. `kind` is that of its subjects; `beyond` are left ungrouped, see MAX_MESSAGES."""

    id: str
    severity: str
    kind: str
    counts: Counter[str] = field(default_factory=Counter)
    beyond: int = 0
    _groups: dict[tuple[str, str], Group] = field(default_factory=dict)

    def add(self, finding: Open, kind: str, subject: str, keep: int) -> None:
        """One that is open, with its standing and its subject."""
        self.counts[kind] += 1
        self._group(kind, finding, 1, [subject], keep)

    def merge(self, other: "CheckRollup", keep: int) -> None:
        for kind, count in other.counts.items():
            self.counts[kind] += count
        self.beyond += other.beyond
        for group in other._groups.values():
            self._group(group.standing, group.opened, group.count, group.subjects, keep)

    def _group(self, kind: str, finding: Open, count: int, subjects: list[str], keep: int) -> None:
        group = self._groups.get((kind, finding.message))
        if group is None:
            if len(self._groups) >= MAX_MESSAGES:
                self.beyond += count
                return
            group = self._groups[kind, finding.message] = Group(kind, finding)
        group.count += count
        group.subjects += subjects[: max(keep - len(group.subjects), 0)]

    def groups(self, *standings: str) -> list[Group]:
        """Those with one of these outcomes, in that order, the largest first."""
        wanted = [group for group in self._groups.values() if group.standing in standings]
        return sorted(wanted, key=lambda group: (standings.index(group.standing), -group.count))


@dataclass(slots=True)
class Rollup:
    """Of endpoints and what was found of them. `keep` is how many subjects a group names; `silent` are the endpoints
    that did not answer, with the reason; what is unknown of them is not in `faults`, which are the checks with anything
    open, and no more than that counted. `failing` is how many endpoints have a failure that no waiver excuses."""

    keep: int
    faults: dict[str, CheckRollup] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    failing: int = 0
    _quiet: Counter[tuple[str, tuple[Quiet, ...]]] = field(default_factory=Counter)

    @classmethod
    def of(cls, view: AuditView, *, keep: int) -> "Rollup":
        rollup = cls(keep)
        for endpoint in view.endpoints(silent=True):
            rollup.add_endpoint(endpoint)
        for outline in view.outlines():
            rollup.add(outline, standings(outline))
        return rollup

    def add_endpoint(self, endpoint: EndpointRecord) -> None:
        """Before its findings."""
        if not endpoint.reachable:
            self.silent[endpoint.id] = endpoint.reason or "no reason given"

    def add(self, outline: Outline, counted: Counter[str]) -> None:
        """`counted` are its standings."""
        endpoint, kind = outline.endpoint, outline.subject.kind
        self.failing += bool(endpoint and counted["fail"])
        self._quiet[kind, outline.quiet] += 1
        for finding in outline.open:
            if finding.outcome == "unknown" and endpoint in self.silent:
                continue
            if finding.check not in self.faults:
                self.faults[finding.check] = CheckRollup(finding.check, finding.severity, kind)
            self.faults[finding.check].add(finding, standing(finding), outline.subject.id, self.keep)

    def merge(self, other: "Rollup") -> None:
        """Count in what was found of other endpoints."""
        self.silent.update(other.silent)
        self.failing += other.failing
        for quiet, times in other._quiet.items():
            self._quiet[quiet] += times
        for name, check in other.faults.items():
            if name not in self.faults:
                self.faults[name] = CheckRollup(name, check.severity, check.kind)
            self.faults[name].merge(check, self.keep)

    def faulty(self) -> list[CheckRollup]:
        """The faults: failures before what is excused and mere unknowns, then by severity, then by how many fail."""
        return _worst_first(self.faults.values())

    def worst_first(self) -> list[CheckRollup]:
        """The same of all checks, with whatever was found counted."""
        checks = {name: replace(item, counts=item.counts.copy()) for name, item in self.faults.items()}
        for (kind, quiet), times in self._quiet.items():
            for each in quiet:
                if each.check not in checks:
                    checks[each.check] = CheckRollup(each.check, each.severity, kind)
                checks[each.check].counts[each.outcome] += times
        return _worst_first(checks.values())

    def passing(self) -> tuple[str, ...]:
        """The checks that passed wherever they apply, in that order."""
        return _passing(frozenset(quiet for _, quiet in self._quiet), frozenset(self.faults))


@lru_cache(maxsize=4096)  # most of a large fleet's services are alike
def _passing(found: frozenset[tuple[Quiet, ...]], faulty: frozenset[str]) -> tuple[str, ...]:
    passed = {(item.check, item.severity) for quiet in found for item in quiet if item.outcome == "pass"}
    checks = [CheckRollup(check, severity, "") for check, severity in passed if check not in faulty]
    return tuple(item.id for item in _worst_first(checks))


def _worst_first(checks: Iterable[CheckRollup]) -> list[CheckRollup]:
    return sorted(
        checks,
        key=lambda item: (
            not item.counts["fail"], not item.counts["waived"], SEVERITIES.index(item.severity),
            -item.counts["fail"], item.id,
        ),
    )  # fmt: skip


def counts_of(counter: Counter[str]) -> Counts:
    return Counts.model_validate(
        {name: counter[name] for name in ("pass", "fail", "unknown", "not_applicable", "waived")}
    )
