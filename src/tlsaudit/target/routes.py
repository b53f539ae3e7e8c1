"""Where hosts are because somebody wrote it down: one route for all of a site."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from tlsaudit.target.columns import Index, Texts
from tlsaudit.target.defaults import http_companion
from tlsaudit.target.endpoint import Route, SocketAddress
from tlsaudit.target.roster import Roster


class At(NamedTuple):
    """Where a host is at a site. `ports` are those that are really listened on, by the public ones."""

    site: str | None
    host: str
    port: int
    addresses: tuple[str, ...]
    ports: Mapping[int, int] = {}


class Addresses(Mapping[str, tuple[str, ...]]):
    """Those of each host, in some thirty bytes and their letters. Of a host that comes again the first counts."""

    def __init__(self, known: Iterable[tuple[str, tuple[str, ...]]] = ()) -> None:
        self._hosts, self._addresses = Texts(), Texts()
        self._index: Index | None = None
        for host, addresses in known:
            self.add(host, addresses)

    def add(self, host: str, addresses: tuple[str, ...]) -> None:
        self._hosts.append(host)
        self._addresses.append(" ".join(addresses))
        self._index = None

    @property
    def _by_host(self) -> Index:
        if self._index is None:
            self._index = Index((each, row) for row, each in enumerate(self._hosts))
        return self._index

    def comes_again(self) -> bool:
        """Whether any host does."""
        return any(len({self._hosts[row] for row in rows}) < len(rows) for rows in self._by_host.shared())

    def __getitem__(self, host: str) -> tuple[str, ...]:
        for row in self._by_host.rows(host):
            if self._hosts[row] == host:
                return tuple(self._addresses[row].split())
        raise KeyError(host)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(self._hosts))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __reduce__(self) -> tuple[type["Addresses"], tuple[list[tuple[str, tuple[str, ...]]]]]:
        """Without the index: hashes of names are others in each process."""
        return Addresses, ([*self.items()],)


def routes_of(places: Callable[[], Iterable[At]]) -> dict[str | None, Route]:
    """By site. `places` tells them anew each time: where a host has several, the first is that of all its ports, and
    the others are pinned."""
    known: dict[str | None, Addresses] = {}
    ports = False
    for at in places():
        known.setdefault(at.site, Addresses()).add(at.host, at.addresses)
        ports = ports or bool(at.ports)
    if not (ports or any(each.comes_again() for each in known.values())):
        return {site: Route({}, addresses) for site, addresses in known.items()}
    pins: dict[str | None, dict[tuple[str, int], tuple[SocketAddress, ...]]] = {site: {} for site in known}
    for at in places():
        if at.ports or known[at.site][at.host] != at.addresses:
            pins[at.site].update(_pins(at))
    return {site: Route(pins[site], addresses) for site, addresses in known.items()}


def _pins(at: At) -> Iterator[tuple[tuple[str, int], tuple[SocketAddress, ...]]]:
    public = {at.port, http_companion(at.port), *at.ports} - {None}
    for number in sorted(item for item in public if item is not None):
        yield (at.host, number), tuple((address, at.ports.get(number, number)) for address in at.addresses)


def routed(endpoints: Roster) -> Roster:
    """With routes to where inventories say that they are."""
    routes = routes_of(
        lambda: (At(each.site, each.host, each.port, each.addresses) for each in endpoints if each.addresses)
    )
    if not routes:
        return endpoints
    return Roster(
        replace(each, route=routes[each.site], addresses=()) if each.addresses else each for each in endpoints
    )
