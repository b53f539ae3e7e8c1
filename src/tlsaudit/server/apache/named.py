"""Which names a configuration answers for; nothing is run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tlsaudit.server.apache.hosts import names_of, sections_of
from tlsaudit.server.apache.listen import sockets_of, speaks_tls
from tlsaudit.server.apache.read import Reader, whole
from tlsaudit.server.named import Named
from tlsaudit.server.tree import Tree


def named(files: Sequence[Path], tree: Tree) -> Iterator[Named]:
    """Of files that belong together. Raises ConfigurationError."""
    reader = Reader(tree)
    directives = whole([each for file in files for each in reader.read(file)], tree.shown(files[0]))
    for section in sections_of(directives):
        ports = tuple(public.port for public in sockets_of(section)) if speaks_tls(section) else ()
        yield from (Named(name, ports, section.place) for name in names_of(section))
