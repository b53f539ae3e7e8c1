"""JSON and YAML documents of a file, with the line of each value."""

from collections.abc import Iterator
from typing import TypeAlias

import yaml

from tlsaudit.target.problem import Problem, TargetsError

Node: TypeAlias = yaml.Node | None

_MAX_DEPTH = 100


def documents(text: str, name: str) -> Iterator[yaml.Node]:
    """Those that are not empty; JSON is YAML. Raises TargetsError."""
    try:
        depth = 0
        # The composer recurses on the C stack: what is nested too deeply must be found before.
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise TargetsError(name, [Problem(*_place(event.start_mark), "nested too deeply")])
        for node in yaml.compose_all(text, Loader=yaml.CSafeLoader):
            if node is not None:
                yield node
    except yaml.MarkedYAMLError as error:
        why = f"this is no YAML: {error.problem}{': render the template first' if '{{' in text else ''}"
        raise TargetsError(name, [Problem(*_place(error.problem_mark), why)]) from None
    except yaml.YAMLError as error:
        raise TargetsError(name, [Problem(0, 0, f"this is no YAML: {error}")]) from None


def child(node: Node, *path: str) -> Node:
    """What stands at a path of keys; None where there is nothing."""
    for key in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for found, value in node.value if found.value == key), None)
    return node


def items(node: Node) -> list[yaml.Node]:
    """Those of a list; none where it is no list."""
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def word(node: Node) -> str:
    """A plain value as it is written; empty where it is none."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _place(mark: "yaml.error.Mark | yaml._yaml.Mark | None") -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def place_of(node: Node) -> tuple[int, int]:
    """Line and column, from 1 on."""
    return _place(node.start_mark if node else None)
