"""Apache's configuration files -> directives, with what is included in its place (httpd.apache.org, Configuration
Files).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from string import whitespace

from tlsaudit.server.directive import Directive, Place
from tlsaudit.server.problem import ConfigurationError
from tlsaudit.server.tree import MOST, Tree, lines_of, text_of

_DEEPEST = 20

_OPEN = re.compile(r"<\s*([A-Za-z]\w*)\s*(.*?)\s*>")
_CLOSE = re.compile(r"</\s*([A-Za-z]\w*)\s*>")
_WORD = re.compile(r'"((?:\\.|[^"\\])*)"?|\'((?:\\.|[^\'\\])*)\'?|(\S+)')
_INCLUDES = ("include", "includeoptional")

_STANDIN = (
    "options-ssl-apache.conf",
    """
SSLEngine on
SSLProtocol all -SSLv2 -SSLv3 -TLSv1 -TLSv1.1
SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:\
ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:\
DHE-RSA-AES256-GCM-SHA384
SSLHonorCipherOrder off
SSLSessionTickets off
""",
)
"""What certbot 2 writes to /etc/letsencrypt."""


class Line(Directive):
    """A directive in lower case; `raw` is what follows its name, or stands in the brackets of a section."""

    __slots__ = ("raw",)

    def __init__(self, name: str, raw: str, place: Place, parent: Directive | None) -> None:
        super().__init__(name.lower(), tuple(words(raw)), place, None, parent)
        self.raw = raw


def words(raw: str) -> Iterator[str]:
    """The arguments of a line; a backslash before a quote or a backslash is left out."""
    for double, single, plain in _WORD.findall(raw):
        yield re.sub(r"\\([\\\"'])", r"\1", double or single or plain)


class Reader:
    """Reads the files of one configuration."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._count = 0
        self.files: dict[str, Path] = {}

    def read(self, file: Path) -> list[Directive]:
        """Raises ConfigurationError."""
        return self._file(file, None, 0)

    def _file(self, file: Path, parent: Directive | None, depth: int) -> list[Directive]:
        self._count += 1
        shown = self._tree.shown(file)
        if self._count > MOST or depth > _DEEPEST:
            raise ConfigurationError(f"{shown}: includes itself, or more than {MOST} files")
        content = self._tree.content(file)
        self.files[shown] = file
        return self._convert(text_of(content), shown, parent, depth)

    def _convert(self, text: str, file: str, parent: Directive | None, depth: int) -> list[Directive]:
        top: list[Directive] = []
        blocks: list[tuple[Directive | None, list[Directive]]] = [(parent, top)]
        for number, line in _logical(text):
            place = Place(file, self._line(file, number))
            around, block = blocks[-1]
            if closing := _CLOSE.fullmatch(line):
                if len(blocks) == 1 or around is None or around.name != closing[1].lower():
                    raise ConfigurationError(f"{place}: {line} closes nothing that is open")
                blocks.pop()
            elif opening := _OPEN.fullmatch(line):
                if len(blocks) > _DEEPEST:
                    raise ConfigurationError(f"{place}: more than {_DEEPEST} sections within one another")
                section = Line(opening[1], opening[2], place, around)
                section.block = []
                block.append(section)
                blocks.append((section, section.block))
            else:
                name, _, raw = line.partition(" ")
                made = Line(name, raw.strip(), place, around)
                block += self._included(made, around, depth) if made.name in _INCLUDES else [made]
        if len(blocks) > 1 and (left := blocks[-1][0]):
            raise ConfigurationError(f"{left.place}: <{left.name}> is not closed")
        return top

    def _line(self, shown: str, number: int) -> int:
        return self._tree.line(self.files[shown], number) if shown in self.files else number

    def _included(self, include: Line, parent: Directive | None, depth: int) -> Iterator[Directive]:
        name = include.args[0] if include.args else ""
        found = self._tree.find(name)
        for path in found:
            yield from self._file(path, parent, depth + 1)
        optional = include.name == "includeoptional" or any(letter in name for letter in "*?[")
        if found or optional:
            return
        if name.rpartition("/")[2] != _STANDIN[0]:
            raise ConfigurationError(
                f"{include.place}: {name}: no such file below {self._tree.root}; add it, or name the folder that "
                "stands for / with --root"
            )
        for made in self._convert(_STANDIN[1], name, parent, depth):
            made.place = include.place  # the line that the user can change
            yield made


def whole(directives: list[Directive], file: str) -> list[Directive]:
    """Within one that stands for the whole server."""
    server = Directive("server", (), Place(file, 1), directives)
    for each in directives:
        each.parent = server
    return [server]


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments and blanks, those that end in a backslash joined; each with the number it begins at."""
    begun, parts = 0, []
    for number, line in enumerate(lines_of(text), 1):
        begun = begun or number
        if line.endswith("\\"):
            parts.append(line[:-1])
            continue
        joined = "".join([*parts, line]).replace("\x00", "").replace("\t", " ").strip(whitespace)
        if joined and not joined.startswith("#"):
            yield begun, joined
        begun, parts = 0, []
