"""The names that a configuration answers for, as far as it says them."""

from collections.abc import Iterable
from typing import NamedTuple

from tlsaudit.server.directive import Place


class Named(NamedTuple):
    """A name, a wildcard with its asterisk, and the ports on which TLS ends for it: none where it is answered without.
    `place` is where that is said."""

    name: str
    ports: tuple[int, ...]
    place: Place


def joined(found: Iterable[Named]) -> list[Named]:
    """Each name once, in the order of the file, with all its ports."""
    known: dict[str, Named] = {}
    for each in found:
        first = known.setdefault(each.name, each)
        known[each.name] = first._replace(ports=tuple(dict.fromkeys((*first.ports, *each.ports))))
    return list(known.values())
