"""The sockets that a configuration listens on, and the loopback sockets that stand for them."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tlsaudit.server.directive import Directive

_LISTEN = re.compile(r"(?:(?P<host>\[[^]]*\]|[^:\[\]]+):)?(?P<port>[0-9]{1,5})|(?P<only>\[[^]]*\]|[^:\[\]]+)")

_KEPT = frozenset({"ssl", "http2", "default_server", "default"})


class Public(NamedTuple):
    """An address and port as the configuration has them; every address is `*` or `[::]`."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listen:
    """A `listen` of a server; `options` are those that are kept."""

    public: Public
    options: tuple[str, ...]
    directive: Directive

    @property
    def tls(self) -> bool:
        return "ssl" in self.options or any(
            each.args == ("on",) for each in (self.directive.parent or self.directive).children("ssl")
        )

    @property
    def default(self) -> bool:
        return not {"default_server", "default"}.isdisjoint(self.options)


def listens(server: Directive) -> Iterator[Listen]:
    """Those of a server block; a Unix socket and QUIC are none that anyone is led to. Without any it is `*:80`."""
    found = list(server.children("listen"))
    if not found:
        yield Listen(Public("*", 80), (), server)
    for directive in found:
        if not directive.args or directive.args[0].startswith("unix:") or "quic" in directive.args:
            continue
        if public := _public(directive.args[0]):
            yield Listen(public, tuple(word for word in directive.args[1:] if word in _KEPT), directive)


def _public(text: str) -> Public | None:
    matched = _LISTEN.fullmatch(text)
    if not matched:
        return None
    host, port = matched["host"] or matched["only"] or "*", int(matched["port"] or 80)
    return Public("*" if host == "0.0.0.0" else host, port) if port < 65536 else None  # noqa: S104 a name for all


@dataclass(slots=True)
class Sockets:
    """One of loopback for each public one: each has an address of its own, so that it is known by that."""

    _known: dict[Public, tuple[str, int]] = field(default_factory=dict)

    def standing_for(self, public: Public) -> tuple[str, int]:
        """The loopback address and port."""
        if public not in self._known:
            number = len(self._known) + 1
            address = f"127.0.{64 + number // 250}.{number % 250 + 1}"
            self._known[public] = address, _free_port(address)
        return self._known[public]

    def public(self, address: str) -> Public | None:
        """The one that a loopback address stands for."""
        return next((public for public, (known, _) in self._known.items() if known == address), None)

    def __iter__(self) -> Iterator[Public]:
        return iter(list(self._known))


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port
