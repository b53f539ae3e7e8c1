"""A configuration as it is written to be run on loopback, and what it was made from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tlsaudit.server.directive import Directive, Place
from tlsaudit.server.sockets import Public, Sockets
from tlsaudit.server.tree import LARGEST, Tree

_NOWHERE = Place("", 0)

APPLICATION = Public("stand-in", 80)
"""Where the stand-in for all applications listens."""

PAGE = "<!doctype html><title>A stand-in</title><p>An application or a file would answer here."


@dataclass(slots=True)
class Written:
    """`file` is the main file, written below its folder with all that it names; `notes` say what is not judged.
    `led_to` is what was read of other files, where it decides something."""

    file: Path
    sockets: Sockets = field(default_factory=Sockets)
    notes: list[str] = field(default_factory=list)
    led_to: list[bytes] = field(default_factory=list)
    _lines: list[tuple[str, Place]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def line(self, text: str, place: Place = _NOWHERE) -> None:
        """Add a line that was made from a place."""
        self._lines.append((text, place))

    def path(self, kind: str) -> Path:
        """A file or folder of that kind, of which there may be several."""
        return self.file.parent / f"{kind}-{next(self._numbers)}"

    def at(self, public: Public) -> str:
        """The loopback address and port that stand for a public one."""
        address, port = self.sockets.standing_for(public)
        return f"{address}:{port}"

    def copy(self, named: str, at: Directive, tree: Tree, unless: str) -> Iterator[Path]:
        """A copy of a file that a directive names; none where it is not here or too large, which is noted with what
        follows."""
        found = tree.find(named)
        if len(found) != 1 or found[0].stat().st_size > LARGEST:
            why = "is too large" if found else "is not here"
            self.notes.append(f"{at.place}: {named} {why}: {unless}")
            return
        content = tree.read(found[0])
        self.led_to.append(content)
        copy = self.path("copy")
        copy.write_bytes(content)
        yield copy

    def save(self) -> None:
        self.file.write_text("".join(f"{text}\n" for text, _ in self._lines), "utf-8")

    def plain(self, said: str, pattern: re.Pattern[str], server: str, file: str) -> str:
        """What a server said when it did not start, at the line that it is about: `line` and `said` of the pattern; at
        `file` where that is not known.
        """
        found = pattern.search(said)
        number = int((found and found["line"]) or 0)
        places = [place for text, place in self._lines for _ in text.split("\n")]  # a value in quotes may have several
        place = places[number - 1] if 0 < number <= len(places) else None
        where = place if place and place.line else file
        message = " ".join((found["said"] if found else said).split()).replace(f"{self.file.parent}/", "")
        return f"{where}: {server} does not start: {message[:300]}"
