"""What a look at an endpoint leaves behind is cleared away while the next are looked at; what is not asked is said."""

import asyncio
import gc
from contextlib import aclosing
from datetime import UTC, datetime
from weakref import WeakSet

import pytest

from tlsaudit.app.observe import left_out, observe
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.evidence import EndpointObservation
from tlsaudit.registry import Registry, rule
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


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        (0, []),
        (1, ["redirect-https: not asked of h0:8443, which has no plain-http port"]),
        (3, ["redirect-https: not asked of h0:8443 and 2 more, which have no plain-http port"]),
        (1200, ["redirect-https: not asked of h0:8443 and 1,199 more, which have no plain-http port"]),
    ],
)
def test_of_whom_a_check_is_not_asked_is_said_once(hosts: int, said: list[str]) -> None:
    endpoints = [Endpoint(f"h{number}", 8443, None) for number in range(hosts)]
    checks = [rule(check, {}) for check in Registry.load().select(("redirect-https",))]
    assert left_out(endpoints, checks) == said
