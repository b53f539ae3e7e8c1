"""Everything a finding of this audit can be about, and by which names scopes and waivers may call it."""

from collections.abc import Iterable

from tlsaudit.check import Subject, SubjectKind
from tlsaudit.target import Targets, canonical, names_of

FLEET = Subject(SubjectKind.FLEET, "fleet")


class Subjects:
    """The endpoints, services, links and the fleet of a targets file.

    A name is a service, service@site, host, host@site, host:port, endpoint id, link or `fleet`. Findings about a
    service compare its sites, so only services at two or more are subjects themselves.
    """

    def __init__(self, targets: Targets) -> None:
        self._named: dict[str, dict[Subject, None]] = {}
        self._of_kind: dict[SubjectKind, list[Subject]] = {kind: [] for kind in SubjectKind}
        for endpoint in targets.endpoints:
            self._add(Subject(SubjectKind.ENDPOINT, endpoint.id), names_of(endpoint))
        for service in targets.services.values():
            if len({endpoint.site for endpoint in service.endpoints}) > 1:
                self._add(Subject(SubjectKind.SERVICE, service.id), [service.id])
        for link in targets.links:
            self._add(Subject(SubjectKind.LINK, link), [link])
        self._add(FLEET, [FLEET.id])

    def _add(self, subject: Subject, names: Iterable[str]) -> None:
        self._of_kind[subject.kind].append(subject)
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
