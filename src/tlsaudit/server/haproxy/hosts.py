"""Which names and ports a configuration answers for."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from tlsaudit.server.directive import Directive
from tlsaudit.server.haproxy.bind import Bind, binds
from tlsaudit.server.haproxy.read import plain
from tlsaudit.server.host import VirtualHost, is_domain, not_asked_for
from tlsaudit.server.sockets import Sockets
from tlsaudit.server.tree import Tree

_SAYS_NAMES = re.compile(
    r"(req\.)?(hdr|ssl_fc_sni|ssl_sni|req\.ssl_sni|req_ssl_sni)(_end|_dom)?(\(.*|$)", re.IGNORECASE
)

_WAYS_TO_MATCH = frozenset({"beg", "bin", "dir", "dom", "end", "found", "len", "reg", "str", "sub"})
"""What stands after -m (HAProxy configuration manual, 7.1.1)."""

_SUFFIXES = (".pem", ".crt", ".cer", ".combined")

_WILD = "any-name"
"""Put for the asterisk of a wildcard."""

_UNNAMED = "unnamed.invalid"
"""What is asked for where a server answers for any name (RFC 6761 section 6.4)."""


@dataclass(frozen=True, slots=True)
class Answering:
    """The bind lines and proxies behind a name, by loopback address: over TLS and by plain http. `sections` are all."""

    tls: Mapping[str, tuple[Bind, Directive]]
    http: Mapping[str, Directive]
    sections: Sequence[Directive]


def names_of(proxy: Directive, tree: Tree) -> list[str]:
    """Those that conditions of a frontend ask for, or that its certificates are called by or listed for."""
    found = [name for line in proxy.block or () for name in _asked_for(line)]
    for bind in binds(proxy):
        found += [_of_file(file) for file in bind.values("crt", "default-crt")]
        for list_name in bind.values("crt-list"):
            for file in tree.find(list_name):
                words = re.sub(r"\[[^]]*\]|#.*", " ", tree.read(file).decode("utf-8", "replace")).split()
                found += [
                    word if "/" not in word and not word.endswith(_SUFFIXES) else _of_file(word) for word in words
                ]
    return list(dict.fromkeys(name.lower() for name in found if is_domain(name)))


def _asked_for(line: Directive) -> Iterator[str]:
    """The names of a condition on the Host header or on SNI."""
    words = [plain(word) for word in line.args]
    for number, word in enumerate(words):
        if _SAYS_NAMES.match(word) and (line.name == "acl" or "{" in words[:number]):
            for value in words[number + 1 :]:
                if value == "}":
                    break
                yield f"*{value}" if value.startswith(".") else value


def unnamed(sections: Sequence[Directive]) -> list[str]:
    """Notes on names that cannot be asked for."""
    proxies = (section for section in sections if section.name in ("frontend", "listen"))
    said = ((line, name) for proxy in proxies for line in proxy.block or () for name in _asked_for(line))
    return [
        not_asked_for(line.place, name)
        for line, name in said
        if not (name.startswith("-") or "/" in name or name in _WAYS_TO_MATCH or is_domain(name))
    ]


def _of_file(name: str) -> str:
    last = PurePosixPath(name).name
    return next((last.removesuffix(suffix) for suffix in _SUFFIXES if last.endswith(suffix)), "")


def hosts(sections: Sequence[Directive], sockets: Sockets, tree: Tree) -> list[tuple[VirtualHost, Answering]]:
    """The virtual hosts in the order of the file, and last where TLS is spoken that none of their names leads to."""
    proxies = [section for section in sections if section.name in ("frontend", "listen")]
    named = {id(proxy): names_of(proxy, tree) for proxy in proxies}
    wanted = dict.fromkeys(name for names in named.values() for name in names)
    bound = [(bind, proxy) for proxy in proxies for bind in binds(proxy)]
    found = [
        host
        for name in wanted
        for host in _of(
            name.replace("*", _WILD, 1),
            [pair for pair in bound if name in named[id(pair[1])]] or bound,
            bound,
            sections,
            sockets,
        )
    ]
    asked = {id(bind) for _, answering in found for bind, _ in answering.tls.values()}
    rest = [(bind, proxy) for bind, proxy in bound if bind.tls and id(bind) not in asked]
    return [*found, *(_of(_UNNAMED, rest, bound, sections, sockets) if rest else ())]


def _of(
    name: str,
    own: Sequence[tuple[Bind, Directive]],
    bound: Sequence[tuple[Bind, Directive]],
    sections: Sequence[Directive],
    sockets: Sockets,
) -> Iterator[tuple[VirtualHost, Answering]]:
    """Those of a name, one for each port that speaks TLS."""
    speaking = own if any(bind.tls for bind, _ in own) else bound
    ports = dict.fromkeys(public.port for bind, _ in speaking if bind.tls for public in bind.publics)
    clear = [(public, proxy) for bind, proxy in bound if not bind.tls for public in bind.publics if public.port == 80]
    for port in ports:
        tls = [
            (public, bind, proxy)
            for bind, proxy in speaking
            if bind.tls
            for public in bind.publics
            if public.port == port
        ]
        plain_http = clear if port == 443 else []
        where = {port: [sockets.standing_for(public) for public, _, _ in tls]}
        if plain_http:
            where[80] = [sockets.standing_for(public) for public, _ in plain_http]
        yield (
            VirtualHost(name, port, 80 if plain_http else None, where),
            Answering(
                {sockets.standing_for(public)[0]: (bind, proxy) for public, bind, proxy in tls},
                {sockets.standing_for(public)[0]: proxy for public, proxy in plain_http},
                sections,
            ),
        )


def passed_through(sections: Iterable[Directive]) -> Iterator[Directive]:
    """The proxies that hand TLS on as it is."""
    for section in sections:
        mode = [line.args for line in section.children("mode")]
        clear = (public.port for bind in binds(section) if not bind.tls for public in bind.publics)
        if mode and mode[-1] == ("tcp",) and section.name in ("frontend", "listen") and 443 in clear:
            yield section
