"""Probing from several places: what was seen of an endpoint from each of them becomes one observation."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

from tlsaudit.app.remote import RemoteProbe, probe_remotely
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.evidence import AddressObservation, EndpointObservation, EvidenceType, LinkState, NotObserved, Reason
from tlsaudit.target import Endpoint

MOST_AHEAD = 500
"""Endpoints that a place has looked at, and another has not yet; it begins no further ones while there are more."""

_ANYWHERE = ("",)
_NO_ADDRESS = NotObserved(Reason.NOT_PROBED, "no address could be tried")


async def probe_at_places(
    probe: RemoteProbe, endpoints: Sequence[Endpoint], settings: ProbeSettings, room: Callable[[], bool]
) -> AsyncGenerator[tuple[Endpoint, EndpointObservation], None]:
    """Yield endpoints as workers at all vantages of the settings have looked at them; wherever there is a worker, where
    there are no vantages. Raises UserError where the cluster is of no use.
    """
    vantages = settings.vantages or _ANYWHERE
    waiting: dict[str, dict[str, EndpointObservation]] = {}
    ahead: Counter[str] = Counter()
    asked = probe_remotely(
        probe,
        dict.fromkeys(vantages, endpoints),
        settings,
        lambda vantage: room() and ahead[vantage] <= MOST_AHEAD,
    )
    async with aclosing(asked) as completed:
        async for vantage, endpoint, observation in completed:
            found = waiting.setdefault(endpoint.id, {})
            found[vantage] = observation
            ahead[vantage] += 1
            if len(found) == len(vantages):
                del waiting[endpoint.id]
                ahead.subtract(vantages)
                yield endpoint, join(endpoint, {name: found[name] for name in vantages}, probe.wanted)


def join(
    endpoint: Endpoint, found: Mapping[str, EndpointObservation], wanted: Collection[EvidenceType]
) -> EndpointObservation:
    """What was seen of an endpoint, by vantage, as one observation."""
    if len(found) == 1:
        return next(iter(found.values()))
    kinds = {kind: None for each in found.values() for address in each.addresses for kind in address.evidence}
    asked = [*kinds] or [kind for kind in wanted if kind is not LinkState]
    return EndpointObservation(
        endpoint.id,
        max(each.observed_at for each in found.values()),
        tuple(
            replace(address, vantage=vantage)
            for vantage, each in found.items()
            for address in each.addresses or [_nothing(endpoint, each, asked)]
        ),
        tuple(dict.fromkeys(skipped for each in found.values() for skipped in each.not_tried)),
    )


def _nothing(endpoint: Endpoint, seen: EndpointObservation, asked: Sequence[EvidenceType]) -> AddressObservation:
    """Why there is nothing, in the place of each evidence."""
    why = seen.unresolved or _NO_ADDRESS
    return AddressObservation(endpoint.host, None, dict.fromkeys(asked, why))
