"""What nginx's stream blocks do with TLS: end it, or hand it on by the name that is asked for (nginx.org,
ngx_stream_ssl_module, ngx_stream_ssl_preread_module, ngx_stream_map_module).
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from tlsaudit.server.directive import Directive
from tlsaudit.server.host import is_domain
from tlsaudit.server.nginx.listen import Listen, listens, public_of
from tlsaudit.server.nginx.match import matches
from tlsaudit.server.sockets import Public

_ASKED_FOR = "$ssl_preread_server_name"

_LOOPBACK = re.compile(r"127\..*|\[::1\]")


def speaking(server: Directive) -> list[Listen]:
    """Where a server ends TLS."""
    return [listen for listen in listens(server) if listen.tls]


def names_of(server: Directive) -> list[str]:
    """Those of a server that ends TLS: until nginx 1.25.5 none could be said, and the names of its certificates tell
    them.
    """
    said = [word for each in server.children("server_name") for word in each.args]
    for block in (server, *server.within()):
        said += [_of_file(PurePosixPath(" ".join(each.args))) for each in block.children("ssl_certificate")]
    return list(dict.fromkeys(name.lower() for name in said if is_domain(name)))


def _of_file(path: PurePosixPath) -> str:
    return path.parent.name if path.parent.parent.name == "live" else path.stem


@dataclass(frozen=True, slots=True)
class Front:
    """A server of a stream block that hands TLS on as it is, and `table`, the map that says where to for each name.
    `own` are the sockets of the configuration itself that TLS is spoken on.
    """

    server: Directive
    own: Collection[Public]

    @property
    def target(self) -> str:
        """What its proxy_pass says."""
        return next((each.args[0] for each in self.server.children("proxy_pass") if each.args), "")

    @property
    def table(self) -> Directive | None:
        maps = self.server.parent.children("map") if self.server.parent else ()
        return next((each for each in maps if each.args == (_ASKED_FOR, self.target)), None)

    @property
    def names(self) -> list[str]:
        """Those that its map has, wildcards with their asterisk."""
        keys = [entry.name for entry in self.table.block or ()] if self.table else []
        names = [name for key in keys for name in ((key[1:], f"*{key}") if key.startswith(".") else (key,))]
        return [name.lower() for name in names if is_domain(name)]

    def leads_to(self, name: str) -> Public | None:
        """The socket of the configuration itself that a name is handed on to."""
        return self.socket(_looked_up(self.table, name) if self.table else self.target)

    @property
    def sockets(self) -> set[Public]:
        """Those of the configuration itself that any name is handed on to."""
        entries = self.table.block or () if self.table else ()
        values = [entry.args[0] for entry in entries if entry.args] if self.table else [self.target]
        return {public for value in values if (public := self.socket(value))}

    def socket(self, target: str) -> Public | None:
        """The socket of the configuration itself that a target is: an address, or an upstream, whose first counts."""
        upstreams = self.server.parent.children("upstream") if self.server.parent else ()
        named = (each for upstream in upstreams if upstream.args == (target,) for each in upstream.children("server"))
        first = next(named, None)
        public = public_of(first.args[0] if first and first.args else target)
        if public is None:
            return None
        here = Public("127.0.0.1", public.port) if public.address == "localhost" else public
        any_address = Public("[::]" if here.address == "[::1]" else "*", here.port)
        return here if here in self.own else any_address if is_local(here) and any_address in self.own else None


def is_local(public: Public) -> bool:
    """Whether it is reached from the machine itself only."""
    return _LOOPBACK.fullmatch(public.address) is not None


@dataclass(frozen=True, slots=True)
class Streams:
    """The servers that end TLS, and those that hand it on: to the configuration itself for some name, or elsewhere
    only.
    """

    ended: Sequence[Directive]
    fronts: Sequence[Front]
    elsewhere: Sequence[Directive]

    @classmethod
    def of(cls, directives: Sequence[Directive]) -> "Streams":
        https = [server for http in directives if http.name == "http" for server in http.children("server")]
        own = {listen.public for server in https for listen in speaking(server)}
        servers = [server for stream in directives if stream.name == "stream" for server in stream.children("server")]
        passing = [Front(server, own) for server in servers if not speaking(server)]
        return cls(
            [server for server in servers if speaking(server)],
            [front for front in passing if front.sockets],
            [front.server for front in passing if not front.sockets and _is_asked_for_tls(front.server)],
        )

    @property
    def names(self) -> list[str]:
        """All that are known, wildcards with their asterisk."""
        return [
            *(name for server in self.ended for name in names_of(server)),
            *(name for front in self.fronts for name in front.names),
        ]

    @property
    def judged(self) -> list[Directive]:
        """The servers that are to be run."""
        return [*self.ended, *(front.server for front in self.fronts)]

    @property
    def hidden(self) -> set[Public]:
        """The sockets of the configuration itself that are reached by being handed on to, and in no other way."""
        return {public for front in self.fronts for public in front.sockets if is_local(public)}

    @property
    def notes(self) -> list[str]:
        """What is not judged."""
        ended = [f"{server.place}: a stream's server: what is said over its TLS is not judged" for server in self.ended]
        through = [f"{server.place}: hands TLS on: what is behind it decides" for server in self.elsewhere]
        also = [
            f"{entry.place}: {entry.name} is handed on: what is behind it decides"
            for front in self.fronts
            for entry in (front.table.block or () if front.table else ())
            if entry.args and not front.socket(entry.args[0])
        ]
        return [*ended, *through, *also]


def _is_asked_for_tls(server: Directive) -> bool:
    preread = (each for block in (server, *server.within()) for each in block.children("ssl_preread"))
    return any(each.args == ("on",) for each in preread) or any(listen.public.port == 443 for listen in listens(server))


def _looked_up(table: Directive, name: str) -> str:
    """What a map says of a name (nginx.org, ngx_http_map_module): itself, the longest wildcard, the first expression
    that matches, the default.
    """
    entries = [(entry.name, entry.args[0]) for entry in table.block or () if entry.args]
    exact = {key.lower(): value for key, value in entries}
    wild = any(entry.name == "hostnames" for entry in table.block or ())
    for known in (name, *(_wildcards(name) if wild else ())):
        if known in exact:
            return exact[known]
    expressions = ((key, value) for key, value in entries if key.startswith("~"))
    found = (value for key, value in expressions if matches(key.lstrip("~*"), name, ignore_case=key.startswith("~*")))
    return next(found, exact.get("default", ""))


def _wildcards(name: str) -> Iterator[str]:
    yield f".{name}"
    labels = name.split(".")
    for start in range(1, len(labels)):
        rest = ".".join(labels[start:])
        yield f"*.{rest}"
        yield f".{rest}"
