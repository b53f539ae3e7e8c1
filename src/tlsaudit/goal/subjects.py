"""Everything a finding of this audit can be about, and by which names scopes and waivers may call it."""

from collections.abc import Iterable, Mapping, Sized
from fractions import Fraction
from typing import Protocol

from tlsaudit.check import Subject, SubjectKind
from tlsaudit.target import Drill, Endpoint, Link, Service, canonical, names_of

FLEET = Subject(SubjectKind.FLEET, "fleet")


class Named(Protocol):
    """Whatever has endpoints, services and links, by their names: a targets file, or what an earlier audit saw."""

    @property
    def endpoints(self) -> Iterable[Endpoint]: ...
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
        self._named: dict[str, dict[Subject, None]] = {}
        self._parts: dict[Subject, tuple[Mapping[str, Fraction], ...]] = {}
        self._drills: dict[Subject, tuple[Drill, ...]] = {}
        self._of_kind: dict[SubjectKind, list[Subject]] = {kind: [] for kind in SubjectKind}
        for endpoint in targets.endpoints:
            self._add(Subject(SubjectKind.ENDPOINT, endpoint.id), names_of(endpoint), endpoint.weights)
        for service in targets.services.values():
            sites = {endpoint.site for endpoint in service.endpoints}
            subject = Subject(SubjectKind.SERVICE, service.id)
            if len(sites) > 1 or len(targets.vantages) > 1:
                self._add(subject, [service.id], *(endpoint.weights for endpoint in service.endpoints))
            if len(sites) > 1:
                self._drills[subject] = service.drills
        for link in targets.links.values():
            self._add(Subject(SubjectKind.LINK, link.id), [link.id], link.weights)
        self._add(FLEET, [FLEET.id])

    def _add(self, subject: Subject, names: Iterable[str], *parts: Mapping[str, Fraction]) -> None:
        self._of_kind[subject.kind].append(subject)
        self._parts[subject] = parts
        for name in names:
            self._named.setdefault(name, {})[subject] = None

    def called(self, name: str) -> tuple[Subject, ...]:
        """The subjects of any kind that go by a name."""
        return tuple(self._named.get(name) or self._named.get(canonical(name)) or ())

    def in_scope(self, scope: Iterable[str], kind: SubjectKind) -> tuple[Subject, ...]:
        """The subjects of one kind that a scope names, each once; all of them where it names nothing."""
        entries = tuple(scope)
        if not entries:
            return tuple(self._of_kind[kind])
        named = dict.fromkeys(subject for entry in entries for subject in self.called(entry))
        return tuple(subject for subject in named if subject.kind is kind)

    def at_sites(self, scope: Iterable[str]) -> tuple[Subject, ...]:
        """The services in a scope that are at two sites or more."""
        return tuple(subject for subject in self.in_scope(scope, SubjectKind.SERVICE) if subject in self._drills)

    def drills(self, subject: Subject) -> tuple[Drill, ...]:
        """The fail-overs of a service that were tried."""
        return self._drills.get(subject, ())

    def weight(self, subject: Subject, name: str) -> Fraction | None:
        """How much of something a subject has, a service as much as its hosts together; None where that is not known of
        all of it."""
        parts = self._parts[subject]
        return (
            sum((part[name] for part in parts), Fraction()) if parts and all(name in part for part in parts) else None
        )
