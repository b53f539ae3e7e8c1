"""Hosts whose parent domains are looked at in the same run: who comes first, who waits, and what was seen above."""

import asyncio
from array import array
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tlsaudit.check import Parent, Rule
from tlsaudit.evidence import EndpointObservation, Evidence, EvidenceType, NotObserved, Reason
from tlsaudit.target import Endpoint, Roster

if TYPE_CHECKING:
    from tlsaudit.store import EvidenceSeen

MOST_HELD = 500
"""Observations that wait for a parent; no further endpoint is begun while there are more."""

Seen = tuple[Endpoint, EndpointObservation]
Probe = Callable[[Endpoint], Awaitable[EndpointObservation]]


class Parents:
    """What checks with a Parent take to judge these endpoints, each of them once all hosts above it were seen.

    Endpoints that speak no HTTP are nobody's parents and have none. Only the types of evidence that are wanted are
    kept, and only of hosts that others are below.
    """

    def __init__(self, endpoints: Sequence[Endpoint], rules: Sequence[Rule]) -> None:
        self._kinds = {kind for rule in rules for wrapper, kind in rule.check.beside if wrapper is Parent}
        self.order = Roster.of(endpoints)
        # In two rounds: a set of all hosts would take ten megabytes of 100,000, and few have others below them.
        asked = self.order if self._kinds else Roster()
        above = {parent for each in asked if each.speaks_http for parent in _domains_above(each.host)}
        wanted = {each.host for each in asked if _is_one_of(each, above)}
        self._seen: dict[str, dict[EvidenceType, list[Evidence | NotObserved]]] = {
            host: {kind: [] for kind in self._kinds} for host in wanted
        }
        self._missing: Counter[str] = Counter()
        self._held: list[Seen] = []
        self._room = asyncio.Event()
        self._room.set()
        # Nearer the root first: who waits was begun after all that it waits for, or the limit on who waits could end
        # the run in a deadlock.
        if wanted:
            parents: list[tuple[int, int]] = []
            others = array("I")
            for number, endpoint in enumerate(self.order):
                if _is_one_of(endpoint, wanted):
                    self._missing[endpoint.host] += 1
                    parents.append((endpoint.host.count("."), number))
                else:
                    others.append(number)
            self.order = self.order.picked([*(number for _, number in sorted(parents)), *others])

    def recall(
        self, done: Collection[str], evidence: "Callable[[Sequence[EvidenceType]], Iterable[EvidenceSeen]]"
    ) -> None:
        """Leave out what is done already, by ids. What was seen of it is in the `evidence` of an audit."""
        if not done:
            return
        known = {
            endpoint.id: endpoint.host
            for endpoint in (self.order if self._seen else ())
            if _is_one_of(endpoint, self._seen) and endpoint.id in done
        }
        self.order = self.order.picked(number for number, each in enumerate(self.order.ids()) if each not in done)
        self._missing.subtract(known.values())
        kinds = [*self._kinds]
        for seen in evidence(kinds) if known else ():
            if host := known.get(seen.endpoint):
                for kind, item in zip(kinds, seen.evidence, strict=True):
                    self._seen[host][kind].append(item)

    def patient(self, probe: Probe) -> Probe:
        """The probe, which begins nothing new while too many wait."""

        async def begin(endpoint: Endpoint) -> EndpointObservation:
            await self._room.wait()
            return await probe(endpoint)

        return begin

    def has_room(self) -> bool:
        """Whether something new may be begun."""
        return self._room.is_set()

    def take(self, endpoint: Endpoint, observation: EndpointObservation) -> list[Seen]:
        """Take what was seen of one endpoint; return all that can be judged now."""
        seen = (endpoint, observation)
        if not _is_one_of(endpoint, self._seen):
            if not self._waits(endpoint):
                return [seen]
            self._held.append(seen)
            ready = []
        else:
            self._note(endpoint.host, observation)
            everybody = [*self._held, seen]
            ready = [one for one in everybody if not self._waits(one[0])]
            self._held = [one for one in everybody if self._waits(one[0])]
        (self._room.clear if len(self._held) > MOST_HELD else self._room.set)()
        return ready

    def above(self, endpoint: Endpoint, kind: EvidenceType) -> Mapping[str, Sequence[Evidence | NotObserved]]:
        """What was seen of the domains above; see Parent."""
        if not endpoint.speaks_http:
            return {}
        return {parent: self._seen[parent][kind] for parent in _domains_above(endpoint.host) if parent in self._seen}

    def _waits(self, endpoint: Endpoint) -> bool:
        above = _domains_above(endpoint.host) if endpoint.speaks_http else ()
        return any(self._missing[parent] for parent in above)

    def _note(self, host: str, observation: EndpointObservation) -> None:
        self._missing[host] -= 1
        nothing = observation.unresolved or NotObserved(Reason.NOT_PROBED, "no address could be tried")
        for kind, seen in self._seen[host].items():
            seen.extend(address.evidence[kind] for address in observation.addresses)
            if not observation.addresses:
                seen.append(nothing)


def _domains_above(host: str) -> Iterator[str]:
    while "." in host:
        host = host.partition(".")[2]
        yield host


def _is_one_of(endpoint: Endpoint, hosts: Collection[str]) -> bool:
    return endpoint.speaks_http and endpoint.host in hosts
