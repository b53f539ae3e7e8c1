"""Whom a change of a targets file may lead to: whom the base names, reached as the base says.

A change comes from anybody. A host that it adds, or an address, a port or a way through STARTTLS that it sets, could be
anything that the machine of the gate can reach.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tlsaudit.target import Endpoint, Route, SocketAddress

NEW = "new in this change"
MOVED = "led elsewhere by this change"

_Asked = tuple[str, int, int | None, str | None]


class Known:
    """The endpoints of the base."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._by_asked: dict[_Asked, list[Endpoint]] = {}
        for endpoint in endpoints:
            self._by_asked.setdefault(_asked(endpoint), []).append(endpoint)

    def distrust(self, endpoint: Endpoint) -> str | None:
        """Why the base does not lead to an endpoint of the change; None where it does."""
        if self._as_known(endpoint):
            return None
        return MOVED if _asked(endpoint) in self._by_asked else NEW

    def reached_as_before(self, endpoint: Endpoint) -> Endpoint:
        """One that is trusted, on the road of the base: the change does not decide where its redirects lead, either."""
        was = self._as_known(endpoint)
        if was is None:
            return endpoint
        own = {key: sockets for key, sockets in _sockets(endpoint).items() if sockets}
        if all(was.route.sockets(*key) == sockets for key, sockets in own.items()):
            return replace(endpoint, route=was.route)
        return replace(endpoint, route=Route({**was.route.pins, **own}, was.route.addresses, was.route.closed))

    def _as_known(self, endpoint: Endpoint) -> Endpoint | None:
        """The endpoint of the base that is asked the same at all these addresses, of several the one with this id."""
        candidates = self._by_asked.get(_asked(endpoint), [])
        return next(
            (was for was in sorted(candidates, key=lambda was: was.id != endpoint.id) if _within(endpoint, was)), None
        )


def _asked(endpoint: Endpoint) -> _Asked:
    return endpoint.host, endpoint.port, endpoint.http_port, endpoint.starttls


def _sockets(endpoint: Endpoint) -> Mapping[tuple[str, int], tuple[SocketAddress, ...] | None]:
    """Where its ports are connected to, None where only DNS knows."""
    ports = [port for port in (endpoint.port, endpoint.http_port) if port is not None]
    return {(endpoint.host, port): endpoint.route.sockets(endpoint.host, port) for port in ports}


def _within(endpoint: Endpoint, was: Endpoint) -> bool:
    """Whether it is connected to nowhere that another is not."""
    before = _sockets(was)
    return all(
        sockets == before[key] or (sockets is not None and set(sockets) <= set(before[key] or ()))
        for key, sockets in _sockets(endpoint).items()
    )
