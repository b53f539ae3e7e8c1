"""Which names and ports a configuration answers for."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tlsaudit.server.apache.listen import sockets_of, speaks_tls
from tlsaudit.server.directive import Directive
from tlsaudit.server.host import VirtualHost, is_name, not_asked_for
from tlsaudit.server.sockets import Public, Sockets

_WILD = "any-name"
"""Put for the asterisk of a wildcard."""

_UNNAMED = "unnamed.invalid"
"""What is asked for where a server answers for any name (RFC 6761 section 6.4)."""


@dataclass(frozen=True, slots=True)
class Answering:
    """The virtual host sections behind a name, by loopback address: over TLS and by plain http."""

    tls: Mapping[str, Directive]
    http: Mapping[str, Directive]


def sections_of(directives: Iterable[Directive]) -> list[Directive]:
    """The VirtualHost sections."""
    return [each for top in directives for each in top.walk() if each.name == "virtualhost"]


def names_of(host: Directive) -> list[str]:
    """Those that a certificate can have."""
    return list(dict.fromkeys(word.lower() for _, word in _said(host) if is_name(word)))


def _said(host: Directive) -> Iterator[tuple[Directive, str]]:
    for each in host.walk():
        if each.name in ("servername", "serveralias"):
            for word in each.args:
                yield each, word.removeprefix("https://").removeprefix("http://").partition(":")[0]


def unnamed(directives: Sequence[Directive]) -> list[str]:
    """Notes on names that cannot be asked for."""
    speaking = (section for section in sections_of(directives) if speaks_tls(section))
    said = (each for section in speaking for each in _said(section))
    return [not_asked_for(each.place, word) for each, word in said if not is_name(word)]


def hosts(directives: Sequence[Directive], sockets: Sockets) -> list[tuple[VirtualHost, Answering]]:
    """The virtual hosts in the order of the file."""
    listening: dict[Public, list[Directive]] = defaultdict(list)
    sections = sections_of(directives)
    for section in sections:
        for public in sockets_of(section):
            listening[public].append(section)
    wanted = dict.fromkeys(name for section in sections for name in names_of(section)) or {_UNNAMED: None}
    return [host for name in wanted for host in _of(name.replace("*", _WILD, 1), listening, sockets)]


def _of(
    name: str, listening: Mapping[Public, Sequence[Directive]], sockets: Sockets
) -> Iterator[tuple[VirtualHost, Answering]]:
    """Those of a name, one for each port that speaks TLS."""
    http = _answering(name, listening, tls=False, port=80)
    ports = dict.fromkeys(public.port for public, sections in listening.items() if speaks_tls(sections[0]))
    for port in ports:
        tls = _answering(name, listening, tls=True, port=port)
        if not tls:
            continue
        plain = http if port == 443 else {}
        where = {port: [sockets.standing_for(public) for public in tls]}
        if plain:
            where[80] = [sockets.standing_for(public) for public in plain]
        yield (
            VirtualHost(name, port, 80 if plain else None, where),
            Answering(
                {sockets.standing_for(public)[0]: section for public, section in tls.items()},
                {sockets.standing_for(public)[0]: section for public, section in plain.items()},
            ),
        )


def _answering(
    name: str, listening: Mapping[Public, Sequence[Directive]], *, tls: bool, port: int
) -> dict[Public, Directive]:
    """Where the name is answered for: the sockets on which a section has it, else those where the first one answers."""
    of_port = {
        public: sections
        for public, sections in listening.items()
        if public.port == port and speaks_tls(sections[0]) == tls
    }
    named = {
        public: section
        for public, sections in of_port.items()
        if (section := next((each for each in sections if _has(each, name)), None))
    }
    return named or {public: sections[0] for public, sections in of_port.items()}


def _has(section: Directive, name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in names_of(section))
