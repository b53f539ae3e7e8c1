"""The services of a targets file, in little memory: an inventory may name one for every few of its hosts."""

from array import array
from collections.abc import Iterator, Mapping

from tlsaudit.target.endpoint import Drill, Location, Service
from tlsaudit.target.roster import Roster


class Services(Mapping[str, Service]):
    """Services by their ids, in the order of their endpoints; each is made anew when it is asked for."""

    def __init__(self, endpoints: Roster) -> None:
        self._endpoints = endpoints
        self._numbers: dict[str, int] = {}
        self._owners: list[str | None] = []
        self._starts = array("I", [0])
        self._written: dict[str, tuple[Location | None, tuple[Drill, ...]]] = {}

    def add(self, name: str, owner: str | None, count: int) -> None:
        """The next one, which has so many of the endpoints; it is written where the first of them is."""
        self._numbers[name] = len(self._owners)
        self._owners.append(owner)
        self._starts.append(self._starts[-1] + count)

    def add_written(
        self, name: str, owner: str | None, count: int, location: Location | None, drills: tuple[Drill, ...]
    ) -> None:
        """The next one, which is written at a place of its own."""
        self.add(name, owner, count)
        self._written[name] = location, drills

    def numbers(self, name: str) -> range:
        """The places of its endpoints in the roster."""
        number = self._numbers[name]
        return range(self._starts[number], self._starts[number + 1])

    def __getitem__(self, name: str) -> Service:
        number, part = self._numbers[name], self._endpoints.picked(self.numbers(name))
        if name in self._written:
            return Service(name, self._owners[number], part, *self._written[name])
        return Service(name, self._owners[number], part, part[0].location)

    def __contains__(self, name: object) -> bool:
        return name in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)
