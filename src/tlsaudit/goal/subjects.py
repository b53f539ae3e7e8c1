"""Everything a finding of this audit can be about, and by which names scopes and waivers may call it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from fractions import Fraction
from typing import Protocol

from tlsaudit.check import Subject, SubjectKind
from tlsaudit.target import Drill, Endpoint, Link, Names, Roster, Service, canonical

FLEET = Subject(SubjectKind.FLEET, "fleet")


class Named(Protocol):
    """Whatever has endpoints, services and links, by their names: a targets file, or what an earlier audit saw."""

    @property
    def endpoints(self) -> Roster: ...
    @property
    def services(self) -> Mapping[str, Service]: ...
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
        self._kept: tuple[tuple[str, ...], SubjectKind, tuple[Subject, ...]] | None = None

    def called(self, name: str) -> tuple[Subject, ...]:
        """The subjects of any kind that go by a name."""
        return tuple(self._called(name) or self._called(canonical(name)))

    def _called(self, name: str) -> list[Subject]:
        endpoints = dict.fromkeys(each.id for each in (*self._names.called(name), *self._of_service(name)))
        found = [Subject(SubjectKind.ENDPOINT, each) for each in endpoints]
        if self._is_compared(name):
            found.append(Subject(SubjectKind.SERVICE, name))
        if name in self._links:
            found.append(Subject(SubjectKind.LINK, name))
        return [*found, FLEET] if name == FLEET.id else found

    def _is_compared(self, name: str) -> bool:
        """Whether it is a service that is a subject itself."""
        return name in self._services and (self._vantages > 1 or self._services[name].at_sites)

    def _of_service(self, name: str) -> Iterator[Endpoint]:
        """Those of a service, or of service@site."""
        called, at, site = name.partition("@")
        if service := self._services.get(called):
            yield from (each for each in service.endpoints if not at or each.site == site)

    def in_scope(self, scope: Iterable[str], kind: SubjectKind) -> tuple[Subject, ...]:
        """The subjects of one kind that a scope names, each once; all of them where it names nothing. The last answer
        is kept, since most objectives ask for the same, until `forget` is called."""
        entries = tuple(scope)
        if self._kept is None or self._kept[:2] != (entries, kind):
            self._kept = (entries, kind, self._in_scope(entries, kind))
        return self._kept[2]

    def forget(self) -> None:
        """Leave the memory of the last answer to others."""
        self._kept = None

    def _in_scope(self, entries: Sequence[str], kind: SubjectKind) -> tuple[Subject, ...]:
        if not entries:
            return tuple(self._all(kind))
        named = dict.fromkeys(subject for entry in entries for subject in self.called(entry))
        return tuple(subject for subject in named if subject.kind is kind)

    def at_sites(self, scope: Iterable[str]) -> tuple[Subject, ...]:
        """The services in a scope that are at two sites or more."""
        return tuple(each for each in self.in_scope(scope, SubjectKind.SERVICE) if self._services[each.id].at_sites)

    def _all(self, kind: SubjectKind) -> Iterator[Subject]:
        if kind is SubjectKind.ENDPOINT:
            return (Subject(kind, each) for each in self._endpoints.ids())
        if kind is SubjectKind.SERVICE:
            return (Subject(kind, each) for each in self._services if self._is_compared(each))
        return (Subject(kind, each) for each in self._links) if kind is SubjectKind.LINK else iter([FLEET])

    def drills(self, subject: Subject) -> tuple[Drill, ...]:
        """The fail-overs of a service that were tried."""
        service = self._services.get(subject.id) if subject.kind is SubjectKind.SERVICE else None
        return service.drills if service else ()

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
