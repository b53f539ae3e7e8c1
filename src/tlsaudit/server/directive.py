"""A directive of a server's configuration, and where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Place(NamedTuple):
    """A line, from 1 on, of a file; its name is as the user would write it."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(eq=False, slots=True)
class Directive:
    """`block` is None where there is none; `parent` is the directive in whose block it stands, None at the top."""

    name: str
    args: tuple[str, ...]
    place: Place
    block: list["Directive"] | None = None
    parent: "Directive | None" = field(default=None, repr=False)

    def children(self, *names: str) -> Iterator["Directive"]:
        """Those of its block that have one of these names."""
        return (child for child in self.block or () if child.name in names)

    def walk(self) -> Iterator["Directive"]:
        """Itself and all that stands in it, in the order of the file."""
        yield self
        for child in self.block or ():
            yield from child.walk()

    def within(self) -> Iterator["Directive"]:
        """The directives in whose blocks it stands, the innermost first."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent
