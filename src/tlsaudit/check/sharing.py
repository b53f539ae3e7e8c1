"""What hosts share that have nothing to do with each other. A fleet is looked at twice: most of what is seen is had by
one host alone, so that the first look keeps no more than hashes, and the second one what is told.
"""

from array import array
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cached_property

from tlsaudit.check.listed import listed

_PARTS = 256
"""Looked through one after the other, so that little is in use at a time."""

_NAMED = 5
"""Hosts that a message names. The facts of a finding name all."""


class Shared:
    """What has several owners, by its hash: sixteen bytes for each time that it is noted. Ask once all is noted."""

    def __init__(self) -> None:
        self._parts = [array("q") for _ in range(_PARTS)]

    def note(self, what: str, owner: str) -> None:
        number = hash(what)
        self._parts[number % _PARTS].extend((number, hash(owner)))

    def __contains__(self, what: str) -> bool:
        return hash(what) in self._found

    @property
    def any(self) -> bool:
        """Whether anything has."""
        return bool(self._found)

    @property
    def noted(self) -> int:
        """How much was noted, each once, whoever owns it."""
        return sum(len(set(part[::2])) for part in self._parts)

    @cached_property
    def _found(self) -> frozenset[int]:
        return frozenset(number for part in self._parts for number in _several(part))


def _several(part: "array[int]") -> Iterator[int]:
    owners: dict[int, int] = {}
    for number, owner in zip(part[::2], part[1::2], strict=True):
        if owners.setdefault(number, owner) != owner:
            yield number


class Crowded:
    """The addresses at which several hosts were seen."""

    def __init__(self) -> None:
        self._shared = Shared()

    def note(self, host: str, address: str) -> None:
        for name in (host, address):  # a host may be named by the address of another
            self._shared.note(name, host)

    def of(self, host: str, address: str) -> list[str]:
        """Those which this host, seen at this address, has in common with others."""
        return [name for name in (host, address) if name in self._shared]


Seen = tuple[str, Hashable, str, str]
"""What was seen, whose it is, and the host and the address at which it was."""


def unrelated(seen: Iterable[Seen], shared: Shared, crowded: Crowded) -> Iterator[tuple[str, list[str]]]:
    """The second look: what several owners have at hosts that share no address, with one host of each such group."""
    first: dict[str, Seen] = {}
    others: dict[str, _Unrelated] = {}
    for each in seen:
        what, owner, host, address = each
        if what in shared and first.setdefault(what, each)[1] != owner:
            if what not in others:
                others[what] = _Unrelated(crowded)
                others[what].note(*first[what][2:])
            others[what].note(host, address)
    for what, hosts in others.items():
        if len(apart := hosts.hosts()) > 1:
            yield what, apart


def told(hosts: Sequence[str]) -> str:
    """All of them, or the first few and how many more."""
    return " and ".join(hosts) if len(hosts) <= _NAMED else listed(hosts, _NAMED)


class _Unrelated:
    """Hosts that are noted, where all of those that were seen at one address count as one."""

    def __init__(self, crowded: Crowded) -> None:
        self._crowded = crowded
        self._above: dict[str, str] = {}
        self._at: dict[str, str] = {}

    def note(self, host: str, address: str) -> None:
        self._above.setdefault(host, host)
        for name in self._crowded.of(host, address):
            first, other = sorted((self._first(host), self._first(self._at.setdefault(name, host))))
            self._above[other] = first

    def hosts(self) -> list[str]:
        """The first by name of those that count as one."""
        return sorted(host for host, above in self._above.items() if host == above)

    def _first(self, host: str) -> str:
        while (above := self._above[host]) != host:
            self._above[host] = host = self._above[above]
        return host
