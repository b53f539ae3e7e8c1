"""What a profile is held against: all that was seen of one address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from tlsaudit.evidence import Evidence, EvidenceType, NotObserved, Reason
from tlsaudit.policy.preload import PreloadList

E = TypeVar("E")

NOT_ASKED = NotObserved(Reason.NOT_PROBED)


class MissingError(Exception):
    """Evidence that a rule needs was not observed."""

    def __init__(self, why: NotObserved) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True, slots=True)
class Look:
    """The evidence by type. `preload_list` is None where there is none to look hosts up in."""

    evidence: Mapping[EvidenceType, Evidence | NotObserved]
    preload_list: PreloadList | None = None

    def of(self, kind: type[E]) -> E:
        """The evidence of one type. Raises MissingError."""
        item = self.missing(kind) or self.evidence[kind]  # type: ignore[index]  # which of the types E is, mypy cannot know
        if isinstance(item, NotObserved):
            raise MissingError(item)
        assert isinstance(item, kind)
        return item

    def missing(self, kind: type) -> NotObserved | None:
        """Why evidence was not observed; None where it was."""
        item = self.evidence.get(kind, NOT_ASKED)
        return item if isinstance(item, NotObserved) else None
