"""The sockets of a proxy, and what its bind lines say of TLS (HAProxy configuration manual, 5.1)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tlsaudit.server.directive import Directive
from tlsaudit.server.haproxy.keep import BIND_FILES, BIND_FLAGS, BIND_VALUES
from tlsaudit.server.haproxy.read import plain
from tlsaudit.server.problem import VARIABLES, ConfigurationError
from tlsaudit.server.sockets import Public

_ADDRESS = re.compile(r"(?:ipv4@|ipv6@)?(?P<host>\[[^]]*\]|.*?):(?P<port>[0-9]{1,5})(?:-[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Bind:
    """A bind line: where it listens, and its parameters with their values, those without one with None."""

    publics: tuple[Public, ...]
    parameters: tuple[tuple[str, str | None], ...]
    directive: Directive

    @property
    def tls(self) -> bool:
        return self.has("ssl")

    def has(self, *names: str) -> bool:
        return any(name in names for name, _ in self.parameters)

    def values(self, *names: str) -> Iterator[str]:
        return (plain(value) for name, value in self.parameters if name in names and value is not None)


def binds(proxy: Directive) -> Iterator[Bind]:
    """Those of a frontend or listen section; a Unix socket and QUIC are none that anyone is led to. Raises
    ConfigurationError."""
    for line in proxy.children("bind"):
        if not line.args:
            continue
        if "$" in line.args[0]:
            raise ConfigurationError(f"{line.place}: bind {line.args[0]}: {VARIABLES}")
        publics = tuple(public for text in line.args[0].split(",") if (public := _public(plain(text))))
        if publics:
            yield Bind(publics, tuple(_parameters(line.args[1:])), line)


def _public(text: str) -> Public | None:
    matched = _ADDRESS.fullmatch(text)
    if not matched or "@" in matched["host"] or int(matched["port"]) > 65535:
        return None
    host = matched["host"]
    names: Mapping[str, str] = {"": "[::]" if text.startswith("ipv6@") else "*", "0.0.0.0": "*", "::": "[::]"}  # noqa: S104 names for all
    return Public(names.get(host, host), int(matched["port"]))


def _parameters(words: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """Those that are kept."""
    rest = iter(words)
    for word in rest:
        if word in BIND_FLAGS:
            yield word, None
        elif word in BIND_VALUES or word in BIND_FILES:
            yield word, next(rest, "")
