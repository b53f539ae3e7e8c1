"""What a look at an endpoint leaves behind is cleared away while the next are looked at."""

import asyncio
import gc
from contextlib import aclosing
from datetime import UTC, datetime
from weakref import WeakSet

from tlsaudit.app.observe import observe
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.evidence import EndpointObservation
from tlsaudit.target import Endpoint


class _Buffer:
    """As a socket and what reads of it know each other."""

    def __init__(self) -> None:
        self.owner = self


def test_what_is_left_in_cycles_does_not_grow_with_the_endpoints() -> None:
    left: WeakSet[_Buffer] = WeakSet()

    async def probe(endpoint: Endpoint) -> EndpointObservation:
        left.add(_Buffer())
        return EndpointObservation(endpoint.id, datetime.now(UTC), ())

    async def most_left() -> int:
        endpoints = [Endpoint(f"h{number}.example.org") for number in range(600)]
        async with aclosing(observe(endpoints, (), ProbeSettings(), probe=probe)) as seen:
            return max([len(left) async for _ in seen])

    gc.disable()  # how often Python looks by itself is a matter of what else there is
    try:
        assert asyncio.run(most_left()) < 300
    finally:
        gc.enable()
