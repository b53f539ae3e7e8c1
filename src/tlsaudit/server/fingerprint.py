"""What decides how a virtual host answers, in short: where it is the same in two configurations, so is the answer."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping

from tlsaudit.server.directive import Directive
from tlsaudit.server.tree import Tree


def fingerprint(
    answering: Iterable[Mapping[str, Directive]], tree: Tree, *, section: str, name_files: Collection[str]
) -> str:
    """Of the sections behind it, by address, and of what stands around them but other sections of that name; files and
    lines do not count. `name_files` are the directives that name a file whose content counts."""
    said = hashlib.sha256()
    for sections in answering:
        for address, block in sorted(sections.items()):
            said.update(repr([address, list(_words(block, tree, name_files))]).encode())
            for around in block.within():
                others = (each for each in around.block or () if each.name != section)
                said.update(repr([word for each in others for word in _words(each, tree, name_files)]).encode())
    return said.hexdigest()


def _words(directive: Directive, tree: Tree, name_files: Collection[str]) -> Iterator[object]:
    yield directive.name, directive.args
    if directive.name in name_files:
        found = tree.find(directive.args[-1]) if directive.args else []
        yield from (hashlib.sha256(tree.read(file)).hexdigest() for file in found)
    if directive.block is not None:
        yield "{"
        for child in directive.block:
            yield from _words(child, tree, name_files)
        yield "}"
