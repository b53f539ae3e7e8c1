"""What is wrong with a target or with targets.yaml, in words for the person who wrote it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from tlsaudit.errors import UserError

_LONGEST = 80
_MOST_COMPARED = 2000


class TargetError(UserError):
    """A target on the command line that cannot be one; the message is one line."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a file. Line and column count from 1; line 0 is the file as a whole."""

    line: int
    column: int
    message: str


class TargetsError(UserError):
    """A targets.yaml that cannot be used; str() is one line for each problem, `file:line:column: message`."""

    def __init__(self, path: str, problems: Iterable[Problem]) -> None:
        super().__init__(path)
        self.path = path
        self.problems = tuple(sorted(problems))

    def __str__(self) -> str:
        return "\n".join(
            f"{self.path}:{item.line}:{item.column}: {item.message}" if item.line else f"{self.path}: {item.message}"
            for item in self.problems
        )


def shown(value: object) -> str:
    """A value from a file or the command line, on one line, bounded, and without control characters."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[: _LONGEST + 1])
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`: did you mean X?`, or nothing where nothing is near."""
    near = get_close_matches(word[:_LONGEST], list(islice(known, _MOST_COMPARED)), n=1)
    return f": did you mean {shown(near[0])}?" if near else ""
