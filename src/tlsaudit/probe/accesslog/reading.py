"""What readers of all formats have in common: a chunk of whole lines in, rows of columns out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from tlsaudit.probe.accesslog.moment import Clock
from tlsaudit.probe.accesslog.notation import Column

LONGEST_LINE = 65536
"""Bytes; what is longer is malformed. nginx and Apache take request lines and headers of 8 KiB each."""

_SHOWN = 5
_SHOWN_BYTES = 200

Row = Sequence[bytes]


class Shape(NamedTuple):
    """Where in a row stands what, and how it is spelled. The moment is two fields: see Clock."""

    time: int
    zone: int
    scheme: int
    referer: int
    agent: int
    address: int
    clock: Clock
    scheme_column: Column
    untrusted: bool = False
    """Whether there is an X-Forwarded-Proto that is not trusted."""


@dataclass(slots=True)
class Rows:
    """What a chunk holds: rows, the number of lines that are none, and the first few of these with their number, from
    0. `lines` counts every line of the chunk, comments and blank lines among them.
    """

    rows: Sequence[Row] = ()
    lines: int = 0
    malformed: int = 0
    shown: list[tuple[int, bytes]] = field(default_factory=list)

    def complain(self, number: int, line: bytes) -> None:
        self.malformed += 1
        if len(self.shown) < _SHOWN:
            self.shown.append((number, line[:_SHOWN_BYTES]))


class LogReader(Protocol):
    """A format. The chunk ends with a line feed."""

    @property
    def shape(self) -> Shape: ...

    def read(self, chunk: bytes) -> Rows: ...


def each_line(chunk: bytes) -> Iterator[bytes]:
    """The lines without their ends, one at a time."""
    start = 0
    while start < len(chunk):
        end = chunk.index(b"\n", start)
        yield chunk[start:end].removesuffix(b"\r")
        start = end + 1


def has_long_line(chunk: bytes) -> bool:
    """Whether a line may be too long: true where a stretch of half that length has no end of a line."""
    stretch = LONGEST_LINE // 2
    return any(chunk.find(b"\n", start, start + stretch) < 0 for start in range(0, len(chunk) - stretch, stretch))
