"""Tells an outage of the watcher itself from one of what it looks at, look by look.

Where the targets file names endpoints under `control`, a look that got no connection says something of its endpoint
only if one of those answered before and after it. Where it names none, many endpoints in several networks that fail
with nothing reached in between are the watcher's own outage, from the first of them on; fewer cannot be told apart.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.probe.availability import Look
from tlsaudit.store import MANY

ITSELF = ""
"""The endpoint of a look that says whether the watcher gets anywhere."""

_NETWORK_BITS = {4: 24, 6: 48}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_REACHES = Look(True, None)
_NOWHERE = NotObserved(Reason.UNREACHABLE, "from here")


@dataclass(frozen=True, slots=True)
class Seen:
    """A look at an endpoint, which `began` and was over `at` a time; `blind` where it says nothing of the endpoint."""

    endpoint: str
    began: datetime
    at: datetime
    look: Look
    blind: bool = False


class Scanner:
    """Takes looks in the order in which they are over, and gives them back, in that order, once it can tell. Among them
    are looks at ITSELF.
    """

    def __init__(self) -> None:
        self._endpoints: Collection[str] = ()
        self._controlled = False
        self._networks: dict[str, str] = {}
        self._waiting: list[Seen] = []
        self._silent: set[str] = set()
        self._out = False
        self._back_at = _LONG_AGO

    def watch(self, endpoints: Collection[str], *, controlled: bool) -> None:
        """What is looked at from now on, and whether there are control endpoints beside it."""
        self._endpoints = set(endpoints)
        self._controlled = controlled
        self._networks = {name: self._networks[name] for name in self._endpoints & self._networks.keys()}

    def took(self, seen: Seen) -> list[Seen]:
        """A look at an endpoint. One that failed on this side, as for want of files, says nothing of it."""
        if seen.look.why and seen.look.why.reason is Reason.PROBE_FAILED:
            return [replace(seen, blind=True)]
        if seen.look.address:
            self._networks[seen.endpoint] = _network(seen.look.address)
        return self._beside_control(seen) if self._controlled else self._among_others(seen)

    def _beside_control(self, seen: Seen) -> list[Seen]:
        if seen.look.connected:
            return [seen]
        self._waiting.append(seen)
        return []

    def _among_others(self, seen: Seen) -> list[Seen]:
        if seen.look.connected:
            return self._settled(seen, blind=False)
        if seen.began < self._back_at:
            return [replace(seen, blind=True)]
        self._waiting.append(seen)
        self._silent.add(seen.endpoint)
        if self._out or self._all_at_once():
            self._out = True
            return self._settled(None, blind=True)
        return [] if self._can_tell() else self._settled(None, blind=False)

    def control(self, at: datetime, *, answered: bool) -> list[Seen]:
        """Whether any of the control endpoints answered in a round."""
        blind = self._out or not answered
        itself = Seen(ITSELF, at, at, _REACHES if answered else Look(False, None, why=_NOWHERE))
        waiting, self._waiting = self._waiting, []
        self._out = not answered
        return [*(replace(each, blind=blind) for each in waiting), itself]

    def _settled(self, reached: Seen | None, *, blind: bool) -> list[Seen]:
        waiting, self._waiting = self._waiting, []
        if reached is None:
            if not blind:
                self._silent.clear()
            found = [replace(each, blind=blind) for each in waiting]
            nowhere = [Seen(ITSELF, each.began, each.at, Look(False, None, why=_NOWHERE)) for each in found if blind]
            return [*found, *nowhere]
        self._silent.clear()
        if self._out:
            self._out, self._back_at = False, reached.at
        itself = Seen(ITSELF, reached.began, reached.at, _REACHES)
        return [*waiting, itself, reached]

    def _can_tell(self) -> bool:
        return len(self._endpoints) >= MANY and len({self._network_of(name) for name in self._endpoints}) > 1

    def _all_at_once(self) -> bool:
        return len(self._silent) >= MANY and self._silent >= set(self._endpoints) and self._can_tell()

    def _network_of(self, endpoint: str) -> str:
        """Of a name that never resolved, the endpoint stands for it."""
        return self._networks.get(endpoint, endpoint)


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # a proxy resolves it
        return address
    return str(ipaddress.ip_network(f"{found}/{_NETWORK_BITS[found.version]}", strict=False))
