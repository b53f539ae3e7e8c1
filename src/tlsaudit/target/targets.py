"""What a targets.yaml says, ready to be audited."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tlsaudit.target.endpoint import Endpoint, Link, Location, Service, Site, SocketAddress, Vantage
from tlsaudit.target.notify import NotifySpec
from tlsaudit.target.objective import ObjectiveSpec, WaiverSpec
from tlsaudit.target.problem import Problem, TargetsError
from tlsaudit.target.roster import Roster
from tlsaudit.target.services import Services

if TYPE_CHECKING:
    from tlsaudit.target.listed import Reader

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
    `endpoints` are those of all services, service by service. `listed` is the digest of what inventories hold, empty
    without any; `notes` say what of them was left out.
    """

    path: Path
    sites: Mapping[str, Site]
    vantages: Mapping[str, Vantage]
    control: tuple[Endpoint, ...]
    services: Services
    links: Mapping[str, Link]
    objectives: tuple[ObjectiveSpec, ...]
    waivers: tuple[WaiverSpec, ...]
    check_options: Mapping[str, Mapping[str, object]]
    history: str | None
    notify: NotifySpec | None
    dns: bool
    resolver: SocketAddress | None
    positions: Mapping[tuple[str | int, ...], tuple[int, int]] = field(repr=False)
    endpoints: Roster = field(repr=False)
    listed: str = ""
    notes: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """The file as it was named; relative to the working directory where it is below it."""
        return as_called(self.path)

    def having(self, endpoints: Iterable[Endpoint]) -> "Targets":
        """The same with other endpoints, in the order of the services."""
        roster = Roster(endpoints)
        counts = Counter(endpoint.service for endpoint in roster)
        services = Services(roster)
        for name, service in self.services.items():
            services.add_written(name, service.owner, counts[name], service.location, service.drills)
        return replace(self, endpoints=roster, services=services)

    def region_of(self, vantage: str) -> str | None:
        """Of a vantage, as an audit records it."""
        return self.vantages[vantage].region if vantage in self.vantages else None

    @property
    def renamed(self) -> dict[str, str]:
        """The ids that endpoints had before their hosts were renamed -> those that they have now."""
        if not any(kind.was for kind in self.endpoints.kinds()):
            return {}
        return {former: endpoint.id for endpoint in self.endpoints for former in endpoint.was}

    @property
    def locations(self) -> "Locations":
        """The kind and id of a subject -> where it is written."""
        return Locations(self)

    def problem_at(self, place: Place, message: str) -> TargetsError:
        """A problem that only shows later, at a place in `objectives`, `waivers`, `checks` or `notify`, such as
        ("waivers", 0, "check"): the error to raise for it."""
        known = tuple(place)
        while known and known not in self.positions:
            known = known[:-1]
        return TargetsError(str(self.path), [Problem(*self.positions.get(known, (0, 0)), message)])


class Locations(Mapping[tuple[str, str], Location]):
    """Where subjects are written, by kind and id."""

    def __init__(self, targets: Targets) -> None:
        self._endpoints = targets.endpoints
        self._others: Mapping[str, Mapping[str, Service | Link]] = {"service": targets.services, "link": targets.links}

    def __getitem__(self, subject: tuple[str, str]) -> Location:
        kind, name = subject
        if kind == "endpoint":
            found = self._endpoints.find(name)
            location = None if found is None else self._endpoints.location(found)
        else:
            location = self._others[kind][name].location
        if location is None:
            raise KeyError(subject)
        return location

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for kind, others in self._others.items():
            yield from ((kind, name) for name, item in others.items() if item.location)
        yield from (("endpoint", item.id) for item in self._endpoints if item.location)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def load_targets(path: Path, read: "Reader | None" = None) -> Targets:
    """Read and check a targets.yaml, and what inventories its services name: without `read` these are left out. Raises
    TargetsError with everything that is wrong in it, or in an inventory.
    """
    from tlsaudit.target.load import read_targets

    return read_targets(path, read)


def is_history_url(text: str) -> bool:
    """Whether it names a database that a history can be in."""
    return re.fullmatch(r"(sqlite(\+\w+)?:///|postgresql(\+\w+)?://)[^\s?].*", text) is not None


def sqlite_url(file: Path) -> str:
    """The history in a file, whatever that is called: `%` and `?` mean something in a URL."""
    return f"sqlite:///{_in_url(file)}"


def below(folder: Path, file: str) -> str:
    """The path of a file as a URL has it already, in a folder, unless it is absolute."""
    return str(Path(_in_url(folder)) / file)


def _in_url(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3F")


def load_history(path: Path) -> str | None:
    """The database URL that a targets.yaml names, without a look at its other sections. Raises TargetsError."""
    from tlsaudit.target.load import read_history

    return read_history(path)
