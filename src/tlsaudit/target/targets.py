"""What a targets.yaml says, ready to be audited."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tlsaudit.target.endpoint import Endpoint, Link, Location, Service, Site, SocketAddress, Vantage
from tlsaudit.target.notify import NotifySpec
from tlsaudit.target.objective import ObjectiveSpec, WaiverSpec
from tlsaudit.target.problem import Problem, TargetsError

Place = Sequence[str | int]
"""The way to a value in the file: the keys and list indexes from the root."""


def as_called(path: Path) -> str:
    """The path as it was given; relative to the working directory where it is below it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


@dataclass(frozen=True, slots=True)
class Targets:
    """What one targets.yaml says.

    `check_options` maps a check's id to its options as written; the registry knows their types. `history` is a
    database URL, a file's path in it absolute. `dns`: whether DNS is judged, and `resolver` whom to ask, the system's
    where it is None. `control` are endpoints that always answer, and no part of any audit.
    """

    path: Path
    sites: Mapping[str, Site]
    vantages: Mapping[str, Vantage]
    control: tuple[Endpoint, ...]
    services: Mapping[str, Service]
    links: Mapping[str, Link]
    objectives: tuple[ObjectiveSpec, ...]
    waivers: tuple[WaiverSpec, ...]
    check_options: Mapping[str, Mapping[str, object]]
    history: str | None
    notify: NotifySpec | None
    dns: bool
    resolver: SocketAddress | None
    positions: Mapping[tuple[str | int, ...], tuple[int, int]] = field(repr=False)

    @property
    def called(self) -> str:
        """The file as it was named; relative to the working directory where it is below it."""
        return as_called(self.path)

    @property
    def endpoints(self) -> Iterator[Endpoint]:
        """Every endpoint, service by service."""
        for service in self.services.values():
            yield from service.endpoints

    def region_of(self, vantage: str) -> str | None:
        """Of a vantage, as an audit records it."""
        return self.vantages[vantage].region if vantage in self.vantages else None

    @property
    def renamed(self) -> dict[str, str]:
        """The ids that endpoints had before their hosts were renamed -> those that they have now."""
        return {former: endpoint.id for endpoint in self.endpoints for former in endpoint.was}

    @property
    def locations(self) -> dict[tuple[str, str], Location]:
        """The kind and id of a subject -> where it is written."""
        services = self.services.values()
        found = {("service", item.id): item.location for item in services}
        found |= {("link", item.id): item.location for item in self.links.values()}
        found |= {("endpoint", item.id): item.location for item in self.endpoints}
        return {subject: location for subject, location in found.items() if location}

    def problem_at(self, place: Place, message: str) -> TargetsError:
        """A problem that only shows later, at a place in `objectives`, `waivers`, `checks` or `notify`, such as
        ("waivers", 0, "check"): the error to raise for it."""
        known = tuple(place)
        while known and known not in self.positions:
            known = known[:-1]
        return TargetsError(str(self.path), [Problem(*self.positions.get(known, (0, 0)), message)])


def load_targets(path: Path) -> Targets:
    """Read and check a targets.yaml. Raises TargetsError with everything that is wrong in it."""
    from tlsaudit.target.load import read_targets

    return read_targets(path)


def load_history(path: Path) -> str | None:
    """The database URL that a targets.yaml names, without a look at its other sections. Raises TargetsError."""
    from tlsaudit.target.load import read_history

    return read_history(path)
