"""What a check says of each subject, in little memory: most of a fleet is told one of few things."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from tlsaudit.check import Finding, Outcome, Severity, Subject, SubjectKind
from tlsaudit.goal.subjects import Endpoints
from tlsaudit.target import Roster

NOTHING, OWN = 0, 1
"""Codes: nothing is said of a subject, or a finding of its own. Any other is of what is said of many."""

_CODES = {outcome: OWN + number for number, outcome in enumerate(Outcome, start=1)}
_FILLED = OWN + len(_CODES) + 1

_NOBODY = Subject(SubjectKind.FLEET, "")


class Places:
    """A number for each subject that findings are about: of an endpoint of the roster its place there, of others one as
    they come. The checks of an audit share them. `renamed` are ids that the audit knew endpoints by, each with that of
    the roster.
    """

    def __init__(self, endpoints: Roster | None = None, renamed: Mapping[str, str] = MappingProxyType({})) -> None:
        self.endpoints = Roster() if endpoints is None else endpoints
        self._renamed = renamed
        self._others: dict[str, int] = {}

    def today(self, subject: Subject) -> Subject:
        """By the id that the roster has."""
        name = self._renamed.get(subject.id)
        return subject if name is None else replace(subject, id=name)

    def number(self, name: str) -> int:
        """Of the subject with an id, also where it is new."""
        name = self._renamed.get(name, name)
        found = self.endpoints.find(name)
        return self._others.setdefault(name, len(self.endpoints) + len(self._others)) if found is None else found

    def find(self, name: str) -> int | None:
        """The same; None where it is new."""
        found = self.endpoints.find(name)
        return self._others.get(name) if found is None else found

    def __iter__(self) -> Iterator[str]:
        """The ids of all, in the order of their numbers."""
        yield from self.endpoints.ids()
        yield from self._others


class CheckFindings(Mapping[str, Finding]):
    """The findings of one check, by the id of the subject. What is told in brief is a code, one byte: it is without
    message and facts, and about nobody, the same for all of whom it is said. `own` are the findings that are kept
    whole.
    """

    def __init__(self, check: str, places: Places) -> None:
        self._places = places
        self._codes = bytearray(len(places.endpoints))
        self._said: dict[int, Finding] = {
            code: Finding(check, _NOBODY, None, None, outcome, Severity.INFO, "") for outcome, code in _CODES.items()
        }
        self.own: dict[str, Finding] = {}

    @classmethod
    def of(cls, check: str, findings: Mapping[str, Finding]) -> "CheckFindings":
        """The same, where they are that already."""
        return findings if isinstance(findings, cls) else cls(check, Places()).having(findings)

    def tell(self, number: int, outcome: Outcome) -> None:
        """In brief, of the subject that has a number."""
        self._set(number, _CODES[outcome])

    def fill(self, numbers: Iterable[int], finding: Finding) -> None:
        """Say the same of all these of whom nothing is said."""
        self._said[_FILLED] = finding
        for number in numbers:
            if self._code(number) == NOTHING:
                self._set(number, _FILLED)

    def add(self, finding: Finding) -> None:
        """One that is kept whole."""
        subject = self._places.today(finding.subject)
        self.own[subject.id] = finding if subject is finding.subject else replace(finding, subject=subject)
        self._set(self._places.number(subject.id), OWN)

    def having(self, own: Mapping[str, Finding]) -> "CheckFindings":
        """The same with other findings of some subjects."""
        if not own:
            return self
        changed = CheckFindings.__new__(CheckFindings)
        changed._places, changed._codes, changed._said = self._places, self._codes.copy(), self._said
        changed.own = {**self.own, **own}
        for name in own:
            changed._set(self._places.number(name), OWN)
        return changed

    def codes(self, subjects: Sequence[Subject]) -> bytes | bytearray:
        """What is said of each, in their order."""
        if not isinstance(subjects, Endpoints) or subjects.roster is not self._places.endpoints:
            return bytes(self._code(self._places.find(subject.id)) for subject in subjects)
        numbers = subjects.numbers
        if isinstance(numbers, range) and numbers.step == 1:
            return self._codes[numbers.start : numbers.stop]
        return bytes(map(self._codes.__getitem__, numbers))

    def said(self, code: int, name: str) -> Finding | None:
        """Of the subject with an id, who has a code."""
        return self.own[name] if code == OWN else self._said.get(code)

    def in_brief(self, name: str) -> bool:
        """Whether there is more to be said of a subject than is kept."""
        return self._code(self._places.find(name)) not in (NOTHING, OWN, _FILLED)

    def get(self, name: str, default: Finding | None = None) -> Finding | None:  # type: ignore[override]
        return self.said(self._code(self._places.find(name)), name) or default

    def __getitem__(self, name: str) -> Finding:
        finding = self.get(name)
        if finding is None:
            raise KeyError(name)
        return finding

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._code(self._places.find(name)) != NOTHING

    def __iter__(self) -> Iterator[str]:
        return (name for name, code in zip(self._places, self._codes, strict=False) if code != NOTHING)

    def __len__(self) -> int:
        return len(self._codes) - self._codes.count(NOTHING)

    def _code(self, number: int | None) -> int:
        return self._codes[number] if number is not None and number < len(self._codes) else NOTHING

    def _set(self, number: int, code: int) -> None:
        if (missing := number + 1 - len(self._codes)) > 0:
            self._codes.extend(bytes(missing))
        self._codes[number] = code
