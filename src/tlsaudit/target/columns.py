"""What keeps something of each of a hundred thousand endpoints, in little memory."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

_ROW_BITS = 32
_MASK = (1 << _ROW_BITS) - 1


class Index:
    """Rows by the names they go by: eight bytes for each, since the names themselves are not kept. Names may share a
    place, so that whoever asks looks whether it is the row that was meant.
    """

    def __init__(self, named: Iterable[tuple[str, int]]) -> None:
        self._places = array("Q", sorted(_place(name) | row for name, row in named))

    def rows(self, name: str) -> Iterator[int]:
        """Those that may go by the name, in their order."""
        place = _place(name)
        for number in range(bisect_left(self._places, place), len(self._places)):
            if self._places[number] & ~_MASK != place:
                return
            yield self._places[number] & _MASK

    def shared(self) -> Iterator[list[int]]:
        """The rows at each place that has several."""
        places = self._places
        start = 0
        for number in range(1, len(places) + 1):
            if number == len(places) or (places[number] ^ places[start]) & ~_MASK:
                if number - start > 1:
                    yield [place & _MASK for place in places[start:number]]
                start = number


def _place(name: str) -> int:
    return (hash(name) & _MASK) << _ROW_BITS


class Pool:
    """Values that many share, each once; a row has the number of its value."""

    def __init__(self) -> None:
        self.values: list[str | None] = []
        self._numbers: dict[str | None, int] = {}

    def number(self, value: str | None) -> int:
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number

    def close(self) -> None:
        """No value is added any more."""
        self._numbers.clear()


class Texts:
    """A text for each row, one after the other: up to 4 GiB of them."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._starts = array("I", [0])

    def append(self, text: str) -> None:
        self._bytes += text.encode()
        self._starts.append(len(self._bytes))

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self._starts) - 1))

    def __getitem__(self, row: int) -> str:
        return self._bytes[self._starts[row] : self._starts[row + 1]].decode()
