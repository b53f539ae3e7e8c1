"""Verdicts and findings: the words in which everything after the probes is said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

Fact = str | int | float | bool | None | Sequence["Fact"] | Mapping[str, "Fact"]


class Outcome(StrEnum):
    """`unknown` is never pass and never fail; `not_applicable` is outside every percentage."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


_WORST_FIRST = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Reduce by fail > unknown > pass > not_applicable. Of nothing: not_applicable."""
    return min(outcomes, key=_WORST_FIRST.index, default=Outcome.NOT_APPLICABLE)


class Severity(IntEnum):
    """How much a failed check matters; ordered, so that `--fail-on` can compare."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        return self.name.lower()


class Setting(StrEnum):
    """What a server's configuration decides, independent of the server's own directive for it."""

    PROTOCOLS = "protocols"
    CIPHER_SUITES = "cipher-suites"
    NAMED_GROUPS = "named-groups"
    DH_PARAMETERS = "dh-parameters"
    SESSIONS = "sessions"
    EARLY_DATA = "early-data"
    CERTIFICATE = "certificate"
    HSTS = "hsts"
    REDIRECT = "redirect"
    PAGE = "page"


class SubjectKind(StrEnum):
    """What a finding can be about."""

    ENDPOINT = "endpoint"
    SERVICE = "service"
    LINK = "link"
    FLEET = "fleet"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about: an endpoint, a service, a link by its id, or the fleet (whose id is `fleet`)."""

    kind: SubjectKind
    id: str

    def __hash__(self) -> int:  # ids tell them apart, and a member of an enumeration takes long to hash
        return hash(self.id)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement of one check. `facts` are JSON values; durations carry their unit in the key.

    Of the verdicts that decide, the one with the lowest `rank` speaks, the first of them where several have it: so that
    a figure among the facts is that of the weakest page and address.
    """

    outcome: Outcome
    message: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    rank: int = 0


def passed(message: str, **facts: Fact) -> Verdict:
    return Verdict(Outcome.PASS, message, facts)


def failed(message: str, **facts: Fact) -> Verdict:
    return Verdict(Outcome.FAIL, message, facts)


def unknown(message: str, **facts: Fact) -> Verdict:
    return Verdict(Outcome.UNKNOWN, message, facts)


def not_applicable(message: str, **facts: Fact) -> Verdict:
    return Verdict(Outcome.NOT_APPLICABLE, message, facts)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says of one subject, reduced to the worst of its verdicts.

    `message`, `facts` and `address` are those of the first verdict with that outcome and the lowest rank; `also` holds
    the messages of the further ones with the same outcome, each once. `waiver` is the reason of the waiver
    that excuses the failure. `samples` names the facts that differ from look to look though nothing was changed.
    `vantages` is the worst outcome from each vantage, where it was looked at from several.
    """

    check: str
    subject: Subject
    endpoint: str | None
    address: str | None
    outcome: Outcome
    severity: Severity
    message: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    waiver: str | None = None
    samples: frozenset[str] = frozenset()
    vantages: Mapping[str, Outcome] = field(default_factory=dict)

    @property
    def waived(self) -> bool:
        return self.outcome is Outcome.FAIL and self.waiver is not None
