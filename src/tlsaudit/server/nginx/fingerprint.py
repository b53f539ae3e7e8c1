"""What decides how a virtual host answers, in short: where it is the same in two configurations, so is the answer."""

import hashlib
from collections.abc import Iterator

from tlsaudit.server.directive import Directive
from tlsaudit.server.nginx.hosts import Answering
from tlsaudit.server.tree import Tree

_NAME_FILES = frozenset({"ssl_certificate", "ssl_dhparam"})
"""Directives that name files whose content counts."""


def fingerprint(answering: Answering, tree: Tree) -> str:
    """Of the server blocks behind it and of what stands around them; files and lines do not count."""
    said = hashlib.sha256()
    for servers in (answering.tls, answering.first, answering.http):
        for address, server in sorted(servers.items()):
            said.update(repr([address, list(_words(server, tree))]).encode())
            for around in server.within():
                others = (each for each in around.block or () if each.name != "server")
                said.update(repr([word for each in others for word in _words(each, tree)]).encode())
    return said.hexdigest()


def _words(directive: Directive, tree: Tree) -> Iterator[object]:
    yield directive.name, directive.args
    if directive.name in _NAME_FILES:
        yield from (hashlib.sha256(file.read_bytes()).hexdigest() for file in tree.find(" ".join(directive.args)))
    if directive.block is not None:
        yield "{"
        for child in directive.block:
            yield from _words(child, tree)
        yield "}"
