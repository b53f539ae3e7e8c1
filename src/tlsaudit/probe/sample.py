"""Choose a few of many paths, the same ones wherever and whenever the same paths are there to choose from."""

from collections.abc import Iterable
from hashlib import blake2b


class Sample:
    """The `size` paths whose hashes come first, none of them in `without`.

    A hash has nothing to do with what a path says, so the choice is spread over a site; and few of the chosen ones are
    displaced when the site grows.
    """

    def __init__(self, size: int, without: Iterable[str] = ()) -> None:
        self._size = size
        self._without = frozenset(without)
        self._kept: dict[bytes, str] = {}
        self._last: bytes | None = None

    def add(self, path: str) -> None:
        """Take a path into account."""
        key = blake2b(path.encode("utf-8", "replace"), digest_size=8).digest()
        if (self._last is not None and key >= self._last) or path in self._without:
            return
        self._kept[key] = path
        if len(self._kept) > self._size:
            del self._kept[max(self._kept)]
        if len(self._kept) == self._size:
            self._last = max(self._kept, default=b"")

    def paths(self) -> tuple[str, ...]:
        """Those chosen, in the order of their hashes."""
        return tuple(self._kept[key] for key in sorted(self._kept))
