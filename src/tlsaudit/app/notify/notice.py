"""What there is to tell somebody."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from tlsaudit.check import Subject, SubjectKind
from tlsaudit.target import Targets

Key = tuple[str, ...]
"""The same as long as the news is the same. The first element says whose business it is."""


class Kind(Enum):
    """What is new, the most pressing first: as a message says it, and as its subject counts one and several."""

    OUTAGE = ("OUTAGE", "outage of the audits", "outages of the audits")
    REGRESSED = ("REGRESSED", "regression", "regressions")
    EXPIRED = ("EXPIRED", "certificate expired", "certificates expired")
    OVERDUE = ("OVERDUE", "goal overdue", "goals overdue")
    WAIVER_EXPIRED = ("WAIVER EXPIRED", "waiver expired", "waivers expired")
    EXPIRES = ("EXPIRES", "certificate expires", "certificates expire")
    WAIVER_EXPIRES = ("WAIVER EXPIRES", "waiver expires", "waivers expire")
    DUE = ("DUE SOON", "milestone due", "milestones due")
    BACK = ("AUDITS ARE BACK", "outage over", "outages over")
    RECOVERED = ("RECOVERED", "recovery", "recoveries")
    MET = ("MET", "goal met", "goals met")

    @property
    def word(self) -> str:
        return self.value[0]

    def counted(self, number: int) -> str:
        """`1 regression`, `2 regressions`."""
        return f"{number:,} {self.value[1 if number == 1 else 2]}"


GOOD = frozenset({Kind.BACK, Kind.RECOVERED, Kind.MET})


@dataclass(frozen=True, slots=True)
class Notice:
    """One piece of news. Those of a kind that are `about` the same are told together: a `line` each, then the `advice`
    once. `topic` is one of those of the targets file. What `line` and `advice` have from a server is neutralised.
    """

    key: Key
    kind: Kind
    topic: str
    owner: str | None
    about: str
    line: str
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """How one concern stands: what is to be told, or was; of what was told, the keys of which nothing certain can be
    said today (`unsure`), and what to say of some that are over. All else that was told is over, and not worth a word.
    """

    stands: Sequence[Notice] = ()
    unsure: Collection[Key] = ()
    over: Mapping[Key, Notice] = field(default_factory=dict)


def owners(targets: Targets) -> Callable[[Subject], str | None]:
    """Who answers for a subject of a finding; None where nobody is named, or it is in the file no more."""
    known: dict[Subject, str | None] = {
        **{Subject(SubjectKind.ENDPOINT, endpoint.id): endpoint.owner for endpoint in targets.endpoints},
        **{Subject(SubjectKind.SERVICE, service.id): service.owner for service in targets.services.values()},
        **{Subject(SubjectKind.LINK, link.id): link.owner for link in targets.links.values()},
    }
    return known.get
