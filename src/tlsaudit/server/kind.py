"""Whose configuration a file is."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tlsaudit.server import apache, haproxy, nginx
from tlsaudit.server.named import Named
from tlsaudit.server.served import Served
from tlsaudit.server.tree import Tree


class Serve(Protocol):
    """Serves files that belong together, until leaving, writing below a folder alone. `program` is the daemon, None
    for the one that is installed; with `allow`, what runs code is run. Raises ConfigurationError and
    MissingDaemonError.
    """

    def __call__(
        self, files: Sequence[Path], tree: Tree, folder: Path, program: str | None, *, allow: bool
    ) -> AbstractContextManager[Served]: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A server: the folders that its files are installed in, and what its main file is called. `looks` is found in a
    file of it and in no other's. `named` are the names of files that belong together, found without running anything.
    """

    installed: tuple[str, ...]
    main: tuple[str, ...]
    looks: re.Pattern[str]
    serve: Serve
    named: Callable[[Sequence[Path], Tree], Iterator[Named]]


_APACHE = Kind(
    ("/etc/apache2", "/etc/httpd"),
    ("apache2.conf", "httpd.conf"),
    re.compile(
        r"^\s*(<\s*(VirtualHost|IfModule|Directory|Location|Files|If)\b|(ServerRoot|ServerName|LoadModule|SSLEngine|"
        r"SSLProtocol|DocumentRoot|Include(Optional)?|Listen|Header|RewriteEngine)\s[^;{]*$)",
        re.MULTILINE | re.IGNORECASE,
    ),
    apache.served,
    apache.named,
)
_HAPROXY = Kind(
    ("/etc/haproxy",),
    ("haproxy.cfg",),
    re.compile(r"^(global|defaults|(frontend|backend|listen|program|userlist)\s+[\w.:-]+)\s*(#.*)?$", re.MULTILINE),
    haproxy.served,
    haproxy.named,
)
_NGINX = Kind(("/etc/nginx", "/usr/local/nginx/conf"), ("nginx.conf",), re.compile(""), nginx.served, nginx.named)

KINDS = {"haproxy": _HAPROXY, "apache": _APACHE, "nginx": _NGINX}
"""By what its users call it, the one that anything may be last."""


def kind_of(text: str) -> Kind:
    """By what a file says; nginx's where nothing speaks against it."""
    return next(kind for kind in KINDS.values() if kind.looks.search(text))


def main_files(folder: Path) -> Iterator[Path]:
    """The main files that a folder holds."""
    return (folder / name for kind in KINDS.values() for name in kind.main if (folder / name).is_file())
