"""The sockets that a server block listens on (nginx.org, ngx_http_core_module, listen)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tlsaudit.server.directive import Directive
from tlsaudit.server.problem import ConfigurationError
from tlsaudit.server.sockets import Public

_LISTEN = re.compile(r"(?:(?P<host>\[[^]]*\]|[^:\[\]]+):)?(?P<port>[0-9]{1,5})|(?P<only>\[[^]]*\]|[^:\[\]]+)")

_NO_PORT = re.compile(r"(^|:)[0-9]+-[0-9]+$|(^|:)[0-9]{6,}$")
"""A range, or more than a port can be."""

_KEPT = frozenset({"ssl", "http2", "default_server", "default"})


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
    """Those of a server block; a Unix socket, UDP and QUIC are none that anyone is led to. Without any it is `*:80`.
    Raises ConfigurationError."""
    found = list(server.children("listen"))
    if not found:
        yield Listen(Public("*", 80), (), server)
    for directive in found:
        if not directive.args or not {"quic", "udp"}.isdisjoint(directive.args):
            continue
        if _NO_PORT.search(directive.args[0]):
            raise ConfigurationError(f"{directive.place}: listen {directive.args[0]}: write each port by itself")
        if public := public_of(directive.args[0]):
            yield Listen(public, tuple(word for word in directive.args[1:] if word in _KEPT), directive)


def public_of(text: str) -> Public | None:
    """The socket that an address and port name; None for one of Unix."""
    matched = _LISTEN.fullmatch(text)
    if not matched or text.startswith("unix:"):
        return None
    host, port = matched["host"] or matched["only"] or "*", int(matched["port"] or 80)
    return Public("*" if host == "0.0.0.0" else host, port) if port < 65536 else None  # noqa: S104 a name for all
