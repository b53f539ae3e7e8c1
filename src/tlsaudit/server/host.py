"""A virtual host of a configuration: whom a client asks for, and where."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tlsaudit.server.directive import Place

SocketAddress = tuple[str, int]

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(\*\.)?({_LABEL}\.)*{_LABEL}")
_LONGEST_NAME = 253


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


def is_name(word: str) -> bool:
    """Whether it is a name of DNS that a certificate can have (RFC 1123 section 2.1), or a wildcard of one."""
    return "." in word and len(word) <= _LONGEST_NAME and _NAME.fullmatch(word) is not None


def is_domain(word: str) -> bool:
    """Whether it is such a name, and neither an address nor a number of a version."""
    return is_name(word) and word.rpartition(".")[2][0].isalpha()


def not_asked_for(place: Place, word: str) -> str:
    """A note on what a configuration answers for by a word that is no name of DNS."""
    return f"{place}: {word} is no name that a certificate can have: what answers for it is not judged"
