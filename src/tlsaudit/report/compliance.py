"""How published guidelines are kept: by how many endpoints each, and what stands in the way."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tlsaudit.report.document import FindingRecord, ProfileRecord
from tlsaudit.report.text import plural
from tlsaudit.report.view import AuditView, standing

_NAMED = 5


@dataclass(slots=True)
class Gap:
    """A rule that keeps `count` endpoints from a tier: `found` is what the first of them shows, `subjects` are the
    first few's names, `lines` the ready lines by server; `since` is the day from which on it counts, where it does not
    yet.
    """

    rule: str
    found: str
    fix: str
    lines: Mapping[str, Sequence[str]]
    source: str
    since: str | None = None
    count: int = 0
    subjects: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Compliance:
    """How one tier of a guideline is kept: endpoints by their standing, the gaps and those that are only announced, the
    commonest first.
    """

    check: str
    profile: ProfileRecord
    counts: Counter[str] = field(default_factory=Counter)
    gaps: list[Gap] = field(default_factory=list)
    announced: list[Gap] = field(default_factory=list)

    @property
    def name(self) -> str:
        """`mozilla-intermediate 6.0`, or the id alone where it has the version in it already."""
        return self.check if self.profile.version in self.check else f"{self.check} {self.profile.version}"

    @property
    def title(self) -> str:
        """`Mozilla Server Side TLS 6.0, intermediate`."""
        return ", ".join(filter(None, (f"{self.profile.title} {self.profile.version}", self.profile.tier)))

    @property
    def total(self) -> int:
        return sum(self.counts[kind] for kind in ("pass", "fail", "unknown", "waived"))

    def sentence(self) -> str:
        """`reached by 3 of 12 endpoints, 2 unknown`; of one endpoint: `not reached (2 gaps)`."""
        if self.total == 0:
            return "applies to nothing"
        if self.total == 1:
            if self.counts["pass"]:
                return "reached"
            return "unknown" if self.counts["unknown"] else f"not reached ({plural(len(self.gaps), 'gap')})"
        more = [f"{self.counts[kind]:,} {word}" for kind, word in _ALSO.items() if self.counts[kind]]
        return ", ".join((f"reached by {self.counts['pass']:,} of {self.total:,} endpoints", *more))


_KEYS = {"rule", "found", "fix", "lines", "source"}
_ALSO = {"waived": "excused", "unknown": "unknown"}


def compliance(view: AuditView) -> list[Compliance]:
    """By check id; empty where no guideline was asked for, and the findings are then not read."""
    found = {check.id: Compliance(check.id, check.profile) for check in view.header.checks if check.profile}
    if not found:
        return []
    gaps: dict[tuple[str, str], Gap] = {}
    for finding in view.findings():
        if finding.check not in found:
            continue
        found[finding.check].counts[standing(finding)] += 1
        for told in (*gaps_of(finding), *announced_of(finding)):
            gap = gaps.setdefault((finding.check, told.rule), told)
            gap.count += 1
            gap.subjects += [finding.subject.id] if len(gap.subjects) < _NAMED else []
    for (check, _), gap in sorted(gaps.items(), key=lambda item: -item[1].count):
        (found[check].announced if gap.since else found[check].gaps).append(gap)
    return list(found.values())


def gaps_of(finding: FindingRecord) -> Iterator[Gap]:
    """The gaps of one endpoint, as its guideline's check tells them."""
    return _told(finding, "gaps")


def announced_of(finding: FindingRecord) -> Iterator[Gap]:
    """What will be a gap of an endpoint when the rule begins to count."""
    return (gap for gap in _told(finding, "announced") if gap.since)


def recommended_of(finding: FindingRecord) -> Iterator[Gap]:
    """What a guideline recommends, and an endpoint does not do."""
    return _told(finding, "recommended")


def _told(finding: FindingRecord, name: str) -> Iterator[Gap]:
    """Checks of others may mean something else by a fact of that name."""
    told = finding.facts.get(name)
    for each in told if isinstance(told, list) else ():
        if isinstance(each, dict) and each.keys() >= _KEYS and each.get("standing", "not met") == "not met":
            yield Gap(**{key: each[key] for key in _KEYS}, since=each.get("from"))
