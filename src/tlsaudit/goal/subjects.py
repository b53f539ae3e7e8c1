"""Everything a finding of this audit can be about, and by which names scopes and waivers may call it."""

from array import array
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence, Sized
from fractions import Fraction
from functools import cached_property
from itertools import chain
from typing import Protocol, overload

from tlsaudit.check import Subject, SubjectKind
from tlsaudit.target import Drill, Link, Names, Roster, Service, canonical

FLEET = Subject(SubjectKind.FLEET, "fleet")


class Endpoints(Sequence[Subject]):
    """The endpoints at some places of a roster as subjects, each made when its turn comes."""

    def __init__(self, roster: Roster, numbers: Sequence[int]) -> None:
        self.roster = roster
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Subject]:
        return (Subject(SubjectKind.ENDPOINT, each) for each in map(self.roster.id, self.numbers))

    def __contains__(self, subject: object) -> bool:
        return isinstance(subject, Subject) and self.roster.find(subject.id) in self._places

    @cached_property
    def _places(self) -> Collection[int]:
        return self.numbers if isinstance(self.numbers, range) else frozenset(self.numbers)

    def among(self, subjects: Iterable[Subject]) -> "Endpoints":
        """Those that are among these."""
        wanted = {self.roster.find(subject.id) for subject in subjects}
        return Endpoints(self.roster, array("I", filter(wanted.__contains__, self.numbers)))

    @overload
    def __getitem__(self, number: int) -> Subject: ...
    @overload
    def __getitem__(self, number: slice) -> "Endpoints": ...
    def __getitem__(self, number: int | slice) -> "Subject | Endpoints":
        if isinstance(number, slice):
            return Endpoints(self.roster, self.numbers[number])
        return Subject(SubjectKind.ENDPOINT, self.roster.id(self.numbers[number]))


def members(subjects: Sequence[Subject]) -> Container[Subject]:
    """The same, to look for many of them."""
    return subjects if isinstance(subjects, Endpoints) else frozenset(subjects)


def among(subjects: Sequence[Subject], others: Collection[Subject]) -> Sequence[Subject]:
    """Those that are among the others, in their order."""
    return subjects.among(others) if isinstance(subjects, Endpoints) else [each for each in subjects if each in others]


class Parts(Protocol):
    """Services by their ids."""

    def numbers(self, name: str, /) -> Sequence[int]:
        """The places of a service's endpoints in the roster."""
        ...

    def __contains__(self, name: object, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __getitem__(self, name: str, /) -> Service: ...


class Named(Protocol):
    """Whatever has endpoints, services and links, by their names: a targets file, or what an earlier audit saw."""

    @property
    def endpoints(self) -> Roster: ...
    @property
    def services(self) -> Parts: ...
    @property
    def links(self) -> Mapping[str, Link]: ...
    @property
    def vantages(self) -> Sized: ...


class Subjects:
    """The endpoints, services, links and the fleet of a targets file.

    A name is a service, service@site, host, host@site, host:port, endpoint id, link or `fleet`. Findings about a
    service compare its sites, or what is seen of it from several vantages, so only services at two sites or more are
    subjects themselves, and all where there are two vantages or more.
    """

    def __init__(self, targets: Named) -> None:
        self._endpoints, self._services, self._links = targets.endpoints, targets.services, targets.links
        self._names = Names(targets.endpoints)
        self._vantages = len(targets.vantages)

    def called(self, name: str) -> tuple[Subject, ...]:
        """The subjects of any kind that go by a name."""
        known = self._known(name)
        return (*Endpoints(self._endpoints, [*dict.fromkeys(self._numbers(known))]), *self._others(known))

    def _known(self, name: str) -> str:
        """The name as something is called, if anything is."""
        found = next(chain(self._numbers(name), self._others(name)), None)
        return canonical(name) if found is None else name

    def _numbers(self, name: str) -> Iterator[int]:
        """The places of the endpoints that go by a name, some twice."""
        yield from self._names.numbers(name)
        service, at, site = name.partition("@")
        if service in self._services:
            numbers = self._services.numbers(service)
            yield from (number for number in numbers if not at or self._endpoints[number].site == site)

    def _others(self, name: str) -> Iterator[Subject]:
        """What goes by a name and is no endpoint."""
        if self._is_compared(name):
            yield Subject(SubjectKind.SERVICE, name)
        if name in self._links:
            yield Subject(SubjectKind.LINK, name)
        if name == FLEET.id:
            yield FLEET

    def _is_compared(self, name: str) -> bool:
        """Whether it is a service that is a subject itself."""
        return name in self._services and (self._vantages > 1 or self._services[name].at_sites)

    def in_scope(self, scope: Iterable[str], kind: SubjectKind) -> Sequence[Subject]:
        """The subjects of one kind that a scope names, each once; all of them where it names nothing."""
        entries = tuple(scope)
        if kind is SubjectKind.ENDPOINT:
            return self.endpoints(entries)
        if not entries:
            return tuple(self._all(kind))
        named = dict.fromkeys(subject for entry in entries for subject in self._others(self._known(entry)))
        return tuple(subject for subject in named if subject.kind is kind)

    def endpoints(self, scope: Collection[str]) -> Endpoints:
        """The endpoints among them."""
        if not scope:
            return Endpoints(self._endpoints, range(len(self._endpoints)))
        named, numbers = bytearray(len(self._endpoints)), array("I")
        for entry in scope:
            for number in self._numbers(self._known(entry)):
                if not named[number]:
                    named[number] = True
                    numbers.append(number)
        return Endpoints(self._endpoints, numbers)

    def at_sites(self, scope: Iterable[str]) -> tuple[Subject, ...]:
        """The services in a scope that are at two sites or more."""
        return tuple(each for each in self.in_scope(scope, SubjectKind.SERVICE) if self._services[each.id].at_sites)

    def _all(self, kind: SubjectKind) -> Iterator[Subject]:
        if kind is SubjectKind.SERVICE:
            return (Subject(kind, each) for each in self._services if self._is_compared(each))
        return (Subject(kind, each) for each in self._links) if kind is SubjectKind.LINK else iter([FLEET])

    def drills(self, subject: Subject) -> tuple[Drill, ...]:
        """The fail-overs of a service that were tried."""
        known = subject.kind is SubjectKind.SERVICE and subject.id in self._services
        return self._services[subject.id].drills if known else ()

    def weight(self, subject: Subject, name: str) -> Fraction | None:
        """How much of something a subject has, a service as much as its hosts together; None where that is not known of
        all of it."""
        parts = list(self._parts(subject))
        return (
            sum((part[name] for part in parts), Fraction()) if parts and all(name in part for part in parts) else None
        )

    def _parts(self, subject: Subject) -> Iterator[Mapping[str, Fraction]]:
        if subject.kind is SubjectKind.ENDPOINT:
            if (number := self._endpoints.find(subject.id)) is not None:
                yield self._endpoints[number].weights
        elif subject.kind is SubjectKind.SERVICE:
            yield from (endpoint.weights for endpoint in self._services[subject.id].endpoints)
        elif subject.kind is SubjectKind.LINK:
            yield self._links[subject.id].weights
