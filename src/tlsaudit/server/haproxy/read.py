"""HAProxy's configuration files -> sections with their lines (HAProxy configuration manual, 2.1 and 2.2)."""

import re
from collections.abc import Iterator
from pathlib import Path

from tlsaudit.server.directive import Directive, Place
from tlsaudit.server.problem import ConfigurationError
from tlsaudit.server.tree import Tree, lines_of, text_of

_SECTIONS = frozenset({
    "global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "userlist", "mailers", "cache",
    "program", "http-errors", "ring", "log-forward", "fcgi-app", "crt-store", "traces", "acme",
})  # fmt: skip

_CONDITIONS = frozenset({".if", ".elif", ".else", ".endif"})
_MESSAGES = frozenset({".alert", ".warning", ".notice", ".diag"})
"""HAProxy configuration manual, 2.4."""

_WORD = re.compile(r"""(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s#"'\\])+|\#.*|["'\\]""", re.ASCII)


class Reader:
    """Reads the files of one configuration."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.files: dict[str, Path] = {}

    def read(self, file: Path) -> list[Directive]:
        """The sections. Raises ConfigurationError."""
        content = self._tree.content(file)
        shown = self._tree.shown(file)
        self.files[shown] = file
        sections: list[Directive] = []
        for number, line in enumerate(lines_of(text_of(content)), 1):
            place = Place(shown, self._tree.line(file, number))
            said = list(words(line, place))
            if not said:
                continue
            name, *args = said
            if name in _CONDITIONS:
                raise ConfigurationError(f"{place}: {name} is not evaluated here: render the file first, with --render")
            if name in _MESSAGES:
                continue
            if name in _SECTIONS:
                sections.append(Directive(name, tuple(args), place, []))
            elif sections and sections[-1].block is not None:
                sections[-1].block.append(Directive(name, tuple(args), place, None, sections[-1]))
            else:
                raise ConfigurationError(f"{place}: {name} stands in no section")
        return sections


def words(line: str, place: Place) -> Iterator[str]:
    """The words of a line as they stand there, quotes and backslashes with them, up to a comment."""
    for word in _WORD.findall(line.replace("\x00", "")):
        if word.startswith("#"):
            return
        if word in ('"', "'", "\\"):
            raise ConfigurationError(f"{place}: a quote is not closed")
        yield word


def plain(word: str) -> str:
    """A word without its quotes and backslashes."""
    return re.sub(r"\\(.)", r"\1", re.sub(r"[\"']", "", word))
