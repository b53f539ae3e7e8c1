"""A virtual host of a configuration: whom a client asks for, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tlsaudit.server.directive import Place

SocketAddress = tuple[str, int]


@dataclass(frozen=True, slots=True)
class VirtualHost:
    """`port` is where TLS is spoken, `http_port` where plain http is, None where nowhere. `sockets` say where on
    loopback each of the two is. `web` is False where it is not HTTP that is spoken over TLS.
    """

    name: str
    port: int
    http_port: int | None
    sockets: Mapping[int, Sequence[SocketAddress]] = field(compare=False)
    web: bool = True

    @property
    def id(self) -> str:
        """`name:port`."""
        return f"{self.name}:{self.port}"


def not_asked_for(place: Place, word: str) -> str:
    """A note on what a configuration answers for by a word that is no name of DNS."""
    return f"{place}: {word} is no name that a certificate can have: what answers for it is not judged"
