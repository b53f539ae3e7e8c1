"""Which names and ports a configuration answers for (nginx.org: How nginx processes a request, Server names)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tlsaudit.server.directive import Directive
from tlsaudit.server.host import SocketAddress, VirtualHost, is_name, not_asked_for
from tlsaudit.server.nginx import stream
from tlsaudit.server.nginx.listen import Listen, listens
from tlsaudit.server.nginx.stream import Streams
from tlsaudit.server.sockets import Public, Sockets

_WILD = "any-name"
"""Put for the asterisk of a wildcard."""

_UNNAMED = "unnamed.invalid"
"""What is asked for where a server answers for any name (RFC 6761 section 6.4)."""


@dataclass(frozen=True, slots=True)
class Answering:
    """The server blocks behind a virtual host, by loopback address: the one that answers over TLS, the one that decides
    the protocol version before the name is known, the one that answers on plain http, and the one of a stream that
    hands TLS on to the others.
    """

    tls: Mapping[str, Directive]
    first: Mapping[str, Directive]
    http: Mapping[str, Directive]
    front: Mapping[str, Directive]


def servers_of(directives: Iterable[Directive]) -> list[Directive]:
    """The server blocks of http."""
    return [
        server
        for http in directives
        if http.name == "http"
        for server in http.children("server")
        if server.block is not None
    ]


def names_of(server: Directive) -> list[str]:
    """Those that a certificate can have; a wildcard with its asterisk."""
    said = (word for directive in server.children("server_name") for word in directive.args)
    names: list[str] = []
    for word in said:
        if not _is_name(word):
            continue
        names += [word[1:], f"*{word}"] if word.startswith(".") else [word.rstrip(".")]
    return list(dict.fromkeys(name.lower() for name in names))


def _is_name(word: str) -> bool:
    return is_name(f"*{word}" if word.startswith(".") else word.rstrip("."))


def hosts(
    directives: Sequence[Directive], streams: Streams, sockets: Sockets
) -> tuple[list[tuple[VirtualHost, Answering]], list[str]]:
    """The virtual hosts in the order of the file, and notes on names that cannot be asked for."""
    listening: dict[Public, list[tuple[Listen, Directive]]] = defaultdict(list)
    servers = servers_of(directives)
    for server in servers:
        for listen in listens(server):
            listening[listen.public].append((listen, server))
    notes = [note for server in servers for note in not_asked(server)]
    book = _Book(listening, streams, sockets)
    named = [name for server in servers for name in names_of(server)]
    named += [name for front in streams.fronts for name in front.names if front.leads_to(_example(name))]
    found = [host for name in dict.fromkeys(named) or (_UNNAMED,) for host in book.of(_example(name))]
    ended = [host for server in streams.ended for host in _ended(server, sockets)]
    return [*found, *ended], notes


def not_asked(server: Directive) -> Iterator[str]:
    """Notes on names that cannot be asked for."""
    tls = any(listen.tls for listen in listens(server))
    for directive in server.children("server_name"):
        for word in directive.args:
            if word.startswith("~") or word.endswith(".*"):
                yield f"{directive.place}: {word} is a pattern: no name to ask for is known"
            elif tls and word and not _is_name(word):
                yield not_asked_for(directive.place, word)


def _example(name: str) -> str:
    """A name to ask for."""
    return name.replace("*", _WILD, 1)


def _ended(server: Directive, sockets: Sockets) -> Iterator[tuple[VirtualHost, Answering]]:
    """Those of a stream's server that ends TLS."""
    where: dict[int, list[SocketAddress]] = defaultdict(list)
    for listen in stream.speaking(server):
        where[listen.public.port].append(sockets.standing_for(listen.public))
    for name in stream.names_of(server) or (_UNNAMED,):
        for port, addresses in where.items():
            behind = {address: server for address, _ in addresses}
            yield (
                VirtualHost(_example(name), port, None, {port: addresses}, web=False),
                Answering(tls=behind, first=behind, http={}, front={}),
            )


Reached = Mapping[Public, Sequence[tuple[Listen, Directive]]]
"""The sockets that a client gets at, and the servers behind each."""


class _Book:
    """Who answers where."""

    def __init__(
        self, listening: dict[Public, list[tuple[Listen, Directive]]], streams: Streams, sockets: Sockets
    ) -> None:
        self._listening = listening
        self._direct = {public: servers for public, servers in listening.items() if public not in streams.hidden}
        self._fronts = {listen.public: front for front in streams.fronts for listen in listens(front.server)}
        self._sockets = sockets

    def of(self, name: str) -> Iterator[tuple[VirtualHost, Answering]]:
        """The virtual hosts of a name, one for each port that speaks TLS."""
        through = {
            public: self._listening[own] for public, front in self._fronts.items() if (own := front.leads_to(name))
        }
        reached = self._direct | through
        http = list(_answering(name, reached, tls=False, port=80))
        for port in dict.fromkeys(public.port for public, servers in reached.items() if servers[0][0].tls):
            tls = list(_answering(name, reached, tls=True, port=port))
            plain = http if port == 443 else []
            where = {port: [self._sockets.standing_for(public) for public, _ in tls]}
            if plain:
                where[80] = [self._sockets.standing_for(public) for public, _ in plain]
            yield (
                VirtualHost(name, port, 80 if plain else None, where),
                Answering(
                    tls={self._address(public): server for public, server in tls},
                    first={self._address(public): _default(reached[public]) for public, _ in tls},
                    http={self._address(public): server for public, server in plain},
                    front={
                        self._address(public): self._fronts[public].server for public, _ in tls if public in through
                    },
                ),
            )

    def _address(self, public: Public) -> str:
        return self._sockets.standing_for(public)[0]


def _answering(name: str, reached: Reached, *, tls: bool, port: int) -> Iterator[tuple[Public, Directive]]:
    """Where the name is answered for: the sockets on which a server has it, else those where anyone gets an answer."""
    of_port = {
        public: servers
        for public, servers in reached.items()
        if public.port == port and any(listen.tls for listen, _ in servers) == tls
    }
    named = {public: server for public, servers in of_port.items() if (server := _named(name, servers))}
    yield from (named or {public: _default(servers) for public, servers in of_port.items()}).items()


def _default(servers: Sequence[tuple[Listen, Directive]]) -> Directive:
    return next((server for listen, server in servers if listen.default), servers[0][1])


def _named(name: str, servers: Sequence[tuple[Listen, Directive]]) -> Directive | None:
    """The server with the name itself, else with the longest wildcard for it."""
    by_name = {known: server for _, server in reversed(servers) for known in names_of(server)}
    if name in by_name:
        return by_name[name]
    labels = name.split(".")
    wild = (f"*.{'.'.join(labels[start:])}" for start in range(1, len(labels)))
    return next((by_name[known] for known in wild if known in by_name), None)
