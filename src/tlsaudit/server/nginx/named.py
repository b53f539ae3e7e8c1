"""Which names a configuration answers for; nothing is run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tlsaudit.server.named import Named
from tlsaudit.server.nginx import stream
from tlsaudit.server.nginx.hosts import names_of, servers_of
from tlsaudit.server.nginx.read import Reader, whole
from tlsaudit.server.nginx.stream import Streams
from tlsaudit.server.tree import Tree


def named(files: Sequence[Path], tree: Tree) -> Iterator[Named]:
    """Of a main file, or of several that belong into its http block. Raises ConfigurationError."""
    reader = Reader(tree)
    directives = whole([each for file in files for each in reader.read(file)])
    for server in servers_of(directives):
        ports = tuple(listen.public.port for listen in stream.speaking(server))
        yield from (Named(name, ports, server.place) for name in names_of(server))
    streams = Streams.of(directives)
    for server in streams.ended:
        ports = tuple(listen.public.port for listen in stream.speaking(server))
        yield from (Named(name, ports, server.place) for name in stream.names_of(server))
