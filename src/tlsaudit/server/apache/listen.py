"""The sockets of virtual hosts (httpd.apache.org, Name-based Virtual Host Support)."""

import re
from collections.abc import Iterator

from tlsaudit.server.directive import Directive
from tlsaudit.server.problem import VARIABLES, ConfigurationError
from tlsaudit.server.sockets import Public

_ADDRESS = re.compile(r"(?P<host>\[[^]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}|\*))?")


def sockets_of(host: Directive) -> Iterator[Public]:
    """Those of a VirtualHost section; one without a port is of every port, which is read as 443 with TLS, else 80.
    Raises ConfigurationError."""
    for word in host.args:
        if "$" in word:
            raise ConfigurationError(f"{host.place}: {word}: {VARIABLES}")
        matched = _ADDRESS.fullmatch(word)
        if not matched:
            continue
        port = matched["port"]
        number = int(port) if port and port != "*" else 443 if speaks_tls(host) else 80
        name = matched["host"] or "*"
        yield Public("*" if name in ("_default_", "0.0.0.0") else name, number)  # noqa: S104 a name for all


def speaks_tls(host: Directive) -> bool:
    """Whether SSLEngine is on for it, there or for the whole server."""
    for scope in (host.walk(), of_server(host)):
        said = [each.args[0].lower() for each in scope if each.name == "sslengine" and each.args]
        if said:
            return said[-1] in ("on", "optional")
    return False


def of_server(host: Directive) -> Iterator[Directive]:
    """What stands outside of all virtual hosts."""
    *_, server = host.within()
    yield from _outside(server)


def _outside(block: Directive) -> Iterator[Directive]:
    for each in block.block or ():
        if each.name != "virtualhost":
            yield each
            yield from _outside(each)
