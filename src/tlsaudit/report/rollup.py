"""Findings counted and grouped in one pass, in memory that does not grow with the fleet's size beyond a bound."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from tlsaudit.report.document import Counts, FindingRecord
from tlsaudit.report.view import AuditView, Faults, Open, Outline, Quiet, standing

MAX_MESSAGES = 1000
"""Distinct messages kept for a check, and reasons of silence; what says something else is only counted."""

MAX_SILENT = 200
"""Endpoints that did not answer which are kept by name."""

NO_REASON = "no reason given"

_OF_REASON = 5

_QUIET = ("pass", "not_applicable")

_Told = tuple[str, str, str]
"""A check, its severity, and what it found."""

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
class Reason:
    """Of endpoints that did not answer: how many say it, and the names of the first few."""

    count: int = 0
    names: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Silent:
    """The endpoints that did not answer, by their reasons. `first` are MAX_SILENT of them, with the reason of each."""

    count: int = 0
    first: list[tuple[str, str]] = field(default_factory=list)
    _reasons: dict[str, Reason] = field(default_factory=dict)

    def add(self, endpoint: str, reason: str | None) -> None:
        said = reason or NO_REASON
        self.count += 1
        if len(self.first) < MAX_SILENT:
            self.first.append((endpoint, said))
        self._count(said, 1, [endpoint])

    def merge(self, other: "Silent") -> None:
        self.count += other.count
        self.first += other.first[: MAX_SILENT - len(self.first)]
        for reason, said in other._reasons.items():
            self._count(reason, said.count, said.names)

    def _count(self, reason: str, count: int, names: list[str]) -> None:
        said = self._reasons.get(reason)
        if said is None:
            if len(self._reasons) >= MAX_MESSAGES:
                return
            said = self._reasons[reason] = Reason()
        said.count += count
        said.names += names[: _OF_REASON - len(said.names)]

    def most_common(self, most: int) -> list[tuple[str, Reason]]:
        return sorted(self._reasons.items(), key=lambda item: -item[1].count)[:most]


@dataclass(slots=True)
class Rollup:
    """Of endpoints and what was found of them. `keep` is how many subjects a group names; what is unknown of `silent`
    endpoints is not in `faults`, which are the checks with anything open, and no more than that counted. `failing` is
    how many endpoints have a failure that no waiver excuses."""

    keep: int
    faults: dict[str, CheckRollup] = field(default_factory=dict)
    silent: Silent = field(default_factory=Silent)
    failing: int = 0
    _quiet: Counter[tuple[_Told, ...]] = field(default_factory=Counter)

    @classmethod
    def of(cls, view: AuditView, *, keep: int) -> "Rollup":
        rollup = cls(keep)
        for endpoint, reason in view.silent():
            rollup.silent.add(endpoint, reason)
        for told, count in view.tallies().items():
            if told[2] in _QUIET:
                rollup._quiet[told,] += count
        for each in view.faults():
            rollup._add(each)
        return rollup

    def add(self, outline: Outline, *, answered: bool = True) -> None:
        """`answered` is whether its endpoint did."""
        self._quiet[outline.quiet] += 1
        told = [item for item in outline.open if answered or item.outcome != "unknown"]
        self._add(Faults(outline.subject.kind, outline.subject.id, told))

    def _add(self, told: Faults) -> None:
        fails = False
        for finding in told.open:
            check, stands = finding.check, standing(finding)
            fails |= stands == "fail"
            if check not in self.faults:
                self.faults[check] = CheckRollup(check, finding.severity, told.kind)
            self.faults[check].add(finding, stands, told.id, self.keep)
        self.failing += fails and told.kind == "endpoint"

    def merge(self, other: "Rollup") -> None:
        """Count in what was found of other endpoints."""
        self.silent.merge(other.silent)
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
        for quiet, times in self._quiet.items():
            for check, severity, outcome in quiet:
                if check not in checks:
                    checks[check] = CheckRollup(check, severity, "")
                checks[check].counts[outcome] += times
        return _worst_first(checks.values())

    def passing(self) -> tuple[str, ...]:
        """The checks that passed wherever they apply, in that order."""
        return _passing(frozenset(self._quiet), frozenset(self.faults))


@lru_cache(maxsize=4096)  # most of a large fleet's services are alike
def _passing(found: frozenset[tuple[_Told, ...]], faulty: frozenset[str]) -> tuple[str, ...]:
    passed = {(check, severity) for quiet in found for check, severity, outcome in quiet if outcome == "pass"}
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
