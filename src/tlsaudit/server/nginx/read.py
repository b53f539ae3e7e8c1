"""nginx's configuration files -> directives, with what is included in its place."""

from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from tlsaudit.errors import UserError
from tlsaudit.server.directive import Directive, Place
from tlsaudit.server.problem import ConfigurationError
from tlsaudit.server.tree import MOST, Tree

_DEEPEST = 20

_EMPTY = frozenset({
    "mime.types", "fastcgi_params", "fastcgi.conf", "fastcgi-php.conf", "proxy_params", "scgi_params", "uwsgi_params",
})  # fmt: skip
"""Files that decide nothing that is judged, that many configurations include, and that few repositories hold."""

_WITHIN = frozenset({"server", "upstream", "map", "geo", "split_clients"})

_STANDINS = ("options-ssl-nginx.conf", "snakeoil.conf")
"""Files that decide something, whose text is known wherever they are installed."""


class Reader:
    """Reads the files of one configuration."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._count = 0
        self.files: dict[str, Path] = {}

    def read(self, file: Path) -> list[Directive]:
        """Raises ConfigurationError."""
        return list(self._file(file, None, 0))

    def _file(self, file: Path, parent: Directive | None, depth: int) -> Iterator[Directive]:
        self._count += 1
        if self._count > MOST or depth > _DEEPEST:
            raise ConfigurationError(f"{self._tree.shown(file)}: includes itself, or more than {MOST} files")
        content = self._tree.content(file)
        shown = self._tree.shown(file)
        self.files[shown] = file
        yield from self._convert(_parse(content, shown), shown, parent, depth)

    def _line(self, shown: str, number: int) -> int:
        return self._tree.line(self.files[shown], number) if shown in self.files else number

    def _convert(
        self, statements: list[Mapping[str, Any]], file: str, parent: Directive | None, depth: int
    ) -> Iterator[Directive]:
        for statement in statements:
            place = Place(file, self._line(file, statement["line"]))
            made = Directive(statement["directive"], tuple(statement["args"]), place, None, parent)
            if made.name == "include" and "block" not in statement:
                yield from self._included(made, parent, depth)
                continue
            if "block" in statement:
                made.block = list(self._convert(statement["block"], file, made, depth))
            yield made

    def _included(self, include: Directive, parent: Directive | None, depth: int) -> Iterator[Directive]:
        name = " ".join(include.args)
        found = self._tree.find(name)
        for path in found:
            yield from self._file(path, parent, depth + 1)
        last = name.rpartition("/")[2]
        if found or last in _EMPTY or any(letter in name for letter in "*?["):
            return
        if last not in _STANDINS:
            raise ConfigurationError(
                f"{include.place}: include {name}: no such file below {self._tree.root}; add it, or name the folder "
                "that stands for / with --root"
            )
        with resources.as_file(resources.files("tlsaudit.server.nginx") / "standins" / last) as standin:
            for made in self._convert(_parse(standin, name), name, parent, depth):
                made.place = include.place  # the line that the user can change
                yield made


def whole(directives: list[Directive]) -> list[Directive]:
    """With a block around what belongs into one: that of a stream where a server hands on what it gets itself, which in
    http is said of a location.
    """
    loose = [each for each in directives if each.name in _WITHIN]
    if not loose or any(each.name in ("http", "stream") for each in directives):
        return directives
    passing = any(True for each in directives if each.name == "server" for _ in each.children("proxy_pass"))
    whole = Directive("stream" if passing else "http", (), Place(directives[0].place.file, 1), directives)
    for each in directives:
        each.parent = whole
    return [whole]


def _parse(file: Path, shown: str) -> list[Mapping[str, Any]]:
    """The statements of one file. Raises ConfigurationError."""
    try:
        from crossplane import parse  # slow to import
    except ModuleNotFoundError:
        raise UserError("nginx's configuration is read with an extra: pip install 'tlsaudit[gate]'") from None
    read = parse(str(file), single=True, check_ctx=False, check_args=False)["config"][0]
    for error in read["errors"]:
        said = error["error"].partition(" in ")[0] or "this is no configuration of nginx"
        raise ConfigurationError(f"{shown}:{error['line'] or 1}: {said}")
    statements: list[Mapping[str, Any]] = read["parsed"]
    return statements
