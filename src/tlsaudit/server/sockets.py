"""The sockets that a configuration listens on, and the loopback sockets that stand for them."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Public(NamedTuple):
    """An address and port as the configuration has them; every address is `*` or `[::]`."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass(slots=True)
class Sockets:
    """One of loopback for each public one: a public address has one of loopback, and is known by that."""

    _known: dict[Public, tuple[str, int]] = field(default_factory=dict)

    def standing_for(self, public: Public) -> tuple[str, int]:
        """The loopback address and port."""
        if public not in self._known:
            address = self._address(public)
            taken = {port for known, port in self._known.values() if known == address}
            self._known[public] = address, next(port for port in _free_ports(address) if port not in taken)
        return self._known[public]

    def public(self, address: str) -> str | None:
        """The public address that a loopback address stands for."""
        return next((public.address for public, (known, _) in self._known.items() if known == address), None)

    def _address(self, public: Public) -> str:
        known = {each.address: address for each, (address, _) in self._known.items()}
        if public.address in known:
            return known[public.address]
        number = len(known)
        return f"127.0.{64 + number // 250}.{number % 250 + 1}"

    def __iter__(self) -> Iterator[Public]:
        return iter(list(self._known))


def _free_ports(address: str) -> Iterator[int]:
    """One after the other; none is held, so that the same may come again."""
    while True:
        with socket.socket() as probe:
            probe.bind((address, 0))
            yield probe.getsockname()[1]
