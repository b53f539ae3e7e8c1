"""A virtual host of a configuration: whom a client asks for, where, and which parts of the configuration answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tlsaudit.server.directive import Directive

SocketAddress = tuple[str, int]


@dataclass(frozen=True, slots=True)
class VirtualHost:
    """`port` is where TLS is spoken, `http_port` where plain http is, None where nowhere. `sockets` say where on
    loopback a public port is.
    """

    name: str
    port: int
    http_port: int | None
    sockets: Mapping[int, Sequence[SocketAddress]]
    answering: "Answering"


@dataclass(frozen=True, slots=True)
class Answering:
    """The server blocks behind a virtual host, by loopback address: the one that answers over TLS, the one that decides
    the protocol version before the name is known, and the one that answers on plain http.
    """

    tls: Mapping[str, Directive]
    first: Mapping[str, Directive]
    http: Mapping[str, Directive] = field(default_factory=dict)
