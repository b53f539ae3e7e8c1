"""Which names a configuration answers for; nothing is run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tlsaudit.server.haproxy.bind import binds
from tlsaudit.server.haproxy.hosts import names_of
from tlsaudit.server.haproxy.read import Reader
from tlsaudit.server.named import Named
from tlsaudit.server.tree import Tree


def named(files: Sequence[Path], tree: Tree) -> Iterator[Named]:
    """Of files that belong together. Raises ConfigurationError."""
    reader = Reader(tree)
    for section in [each for file in files for each in reader.read(file)]:
        if section.name in ("frontend", "listen"):
            ports = tuple(public.port for bind in binds(section) if bind.tls for public in bind.publics)
            yield from (Named(name, ports, section.place) for name in names_of(section, tree))
