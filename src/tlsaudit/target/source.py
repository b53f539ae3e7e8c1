"""The text of targets.yaml -> plain values, and where in the file each of them stands.

YAML 1.2 (core schema): `NO` is a string. Keys are always strings, as they are written.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from tlsaudit.errors import check_path
from tlsaudit.target.problem import Problem, TargetsError, shown
from tlsaudit.target.targets import Place

KEY = "[key]"
"""As the last step of a place: not the value but its key (as pydantic writes it)."""

_MAX_BYTES = 64 << 20
_BREAK = re.compile("[\x85\u2028\u2029]")
"""PyYAML begins a line after these, as YAML 1.1 did: what looks like a comment would be read."""
_MAX_DEPTH = 20
_MAX_REPEATED = 100_000
_TEXT = "tag:yaml.org,2002:str"


class Source:
    """A file, read. `values` is its content; `problems` are those of the text itself, such as duplicate keys."""

    def __init__(self, path: Path, root: yaml.MappingNode) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self._root = root
        self._children: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}
        self._visited: set[int] = set()
        self._repeated = 0
        self.values: dict[str, Any] = self._mapping(root, 0)

    def position(self, place: Place, *, key: bool = False) -> tuple[int, int]:
        """Line and column of the value at a place; of its key, also where the last step is `[key]`.

        Steps that the file does not spell out (it may use a short form) are passed over.
        """
        here: yaml.Node = self._root
        named: yaml.Node = here
        for step in place:
            if isinstance(here, yaml.MappingNode) and str(step) in (children := self._children_of(here)):
                named, here = children[str(step)]
            elif isinstance(here, yaml.SequenceNode) and isinstance(step, int) and step < len(here.value):
                named = here = here.value[step]
        mark = (named if key or place[-1:] == (KEY,) else here).start_mark
        return mark.line + 1, mark.column + 1

    def positions(self, *sections: str) -> dict[tuple[str | int, ...], tuple[int, int]]:
        """Line and column of every plain value in these sections, and of the key of every list and mapping."""
        found: dict[tuple[str | int, ...], tuple[int, int]] = {}

        def visit(place: tuple[str | int, ...], value: Any) -> None:
            found[place] = self.position(place, key=isinstance(value, dict | list))
            steps = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
            for step in steps:
                visit((*place, step), value[step])

        for section in sections:
            visit((section,), self.values.get(section))
        return found

    def _children_of(self, node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        if id(node) not in self._children:
            self._children[id(node)] = {str(key.value): (key, value) for key, value in reversed(node.value)}
        return self._children[id(node)]

    def _value(self, node: yaml.Node, depth: int) -> Any:
        if id(node) in self._visited:
            self._repeated += 1
            if self._repeated > _MAX_REPEATED:
                raise _fatal(self.path, node.start_mark, "aliases (*) repeat too much here: write the values out")
        self._visited.add(id(node))
        if depth > _MAX_DEPTH:
            raise _fatal(self.path, node.start_mark, "an alias (*) leads back into itself: write the values out")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, depth + 1) for item in node.value]
        return node.value if node.tag == _TEXT else self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value
            if not isinstance(name, str):
                self._problem(key, "a key must be plain text")
            elif name == "<<":
                self._problem(key, "merge keys (<<) are not part of YAML 1.2: repeat the entries")
            elif name in values:
                first = self._children_of(node)[name][0].start_mark.line + 1
                self._problem(key, f"{shown(name)} stands twice, first on line {first}: keep one")
            else:
                values[name] = self._value(value, depth + 1)
        return values

    def _scalar(self, node: yaml.Node) -> Any:
        from yamlcore import CCoreLoader

        try:
            return CCoreLoader("").construct_object(node)
        except yaml.YAMLError:
            self._problem(node, f"the tag {shown(node.tag)} is not known here: write plain values")
        except (ValueError, KeyError, IndexError):
            self._problem(node, f"{shown(node.value)} does not fit its tag {shown(node.tag)}: write plain values")
        return None

    def _problem(self, node: yaml.Node, message: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, node.start_mark.column + 1, message))


def read_source(path: Path) -> Source:
    """Read a YAML file. Raises TargetsError where it is no file, no text, no YAML or no mapping."""
    text = _read(path)
    if odd := _BREAK.search(text):
        before = text[: odd.start()]
        place = before.count("\n") + 1, odd.start() - before.rfind("\n")
        raise TargetsError(str(path), [Problem(*place, "a line break that YAML 1.2 does not know: remove it")])
    try:
        root = _compose(path, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark is None:
            raise TargetsError(str(path), [Problem(0, 0, f"this is no YAML: {error.problem}")]) from None
        raise _fatal(path, mark, _in_words(error, text, mark)) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - before.rfind("\n")
        raise TargetsError(str(path), [Problem(line, column, "a control character: remove it")]) from None
    if root is None:
        raise TargetsError(str(path), [Problem(1, 1, "the file is empty: start it with version: 1")])
    if not isinstance(root, yaml.MappingNode):
        message = "the file must hold sections (version:, services:, ...): start it with version: 1"
        raise _fatal(path, root.start_mark, message)
    return Source(path, root)


def _read(path: Path) -> str:
    check_path(path.absolute())
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        message = "no such file: tlsaudit init HOST writes one, -c names another"
        raise TargetsError(str(path), [Problem(0, 0, message)]) from None
    except IsADirectoryError:
        message = f"this is a directory: name the file in it, such as {path / 'targets.yaml'}"
        raise TargetsError(str(path), [Problem(0, 0, message)]) from None
    except OSError as error:
        raise TargetsError(str(path), [Problem(0, 0, f"cannot be read: {error.strerror}")]) from None
    if len(raw) > _MAX_BYTES:
        raise TargetsError(str(path), [Problem(0, 0, f"larger than {_MAX_BYTES >> 20} MiB: split it")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise TargetsError(str(path), [Problem(line, column, "not UTF-8: save the file as UTF-8")]) from None


def _compose(path: Path, text: str) -> yaml.Node | None:
    if not yaml.__with_libyaml__:
        message = "PyYAML was built without libyaml, which reading it needs: reinstall PyYAML from a wheel"
        raise TargetsError(str(path), [Problem(0, 0, message)])
    from yamlcore import CCoreLoader

    # libyaml's composer recurses on the C stack and a deeply nested file ends the process: look at the events first.
    depth = 0
    for event in yaml.parse(text, Loader=CCoreLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                raise _fatal(path, event.start_mark, f"nested more than {_MAX_DEPTH} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return yaml.compose(text, Loader=CCoreLoader)


def _in_words(error: yaml.MarkedYAMLError, text: str, mark: Any) -> str:
    lines = text.splitlines()
    rest = lines[mark.line][mark.column :] if mark.line < len(lines) else ""
    if rest.startswith("\t"):
        return "a tab where YAML wants spaces"
    if "cannot start any token" in str(error.problem) and rest:
        return f"a value cannot start with {rest[0]} in YAML: put it in quotes"
    if "mapping values are not allowed" in str(error.problem):
        return "a second colon on this line: put a value that contains ': ' in quotes, or check the indentation"
    return f"this is no YAML: {error.problem}"


def _fatal(path: Path, mark: Any, message: str) -> TargetsError:
    return TargetsError(str(path), [Problem(mark.line + 1, mark.column + 1, message)])
