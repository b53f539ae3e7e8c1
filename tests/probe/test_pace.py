"""How fast connections are opened, and how many names of one address are asked side by side."""

import asyncio
import time

from tlsaudit.evidence import NotObserved, Reason, TlsOffer
from tlsaudit.probe.certificate import TrustStores
from tlsaudit.probe.endpoint import EndpointProbe
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.pace import Pace
from tlsaudit.target import Endpoint, Route


def test_turns_are_evenly_spread_whoever_waits() -> None:
    async def run() -> list[float]:
        pace, taken = Pace(100), []

        async def one() -> None:
            await pace.turn()
            taken.append(time.monotonic())

        assert pace.take()
        assert not pace.take()
        await asyncio.gather(*(one() for _ in range(20)))
        return taken

    begun = time.monotonic()
    taken = asyncio.run(run())
    assert all(at - begun >= 0.0099 * number for number, at in enumerate(taken, 1))


def test_without_a_rate_nobody_waits() -> None:
    pace = Pace()
    assert all(pace.take() for _ in range(1000))


async def _ask(endpoints: int, limits: Limits, pace: Pace | None) -> tuple[list[Reason | None], int, list[float]]:
    """Ask names at one address that hears and never answers: why nothing was seen, the most that were connected at a
    time, and when each connection came.
    """
    here = most = 0
    came: list[float] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal here, most
        came.append(time.monotonic())
        here += 1
        most = max(most, here)
        await reader.read()
        here -= 1
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        at = server.sockets[0].getsockname()
        wanted = frozenset({TlsOffer})
        probe = EndpointProbe(wanted, limits, TrustStores.load(), HttpProbe(limits), pace=pace)
        names = [f"h{number}.example.org" for number in range(endpoints)]
        routed = [Endpoint(name, http_port=None, route=Route(pins={(name, 443): (at,)})) for name in names]
        seen = await asyncio.gather(*map(probe, routed))
    missing = [each.addresses[0].evidence[TlsOffer] for each in seen]
    return [item.reason if isinstance(item, NotObserved) else None for item in missing], most, came


def test_names_of_one_address_take_turns_and_each_has_its_time() -> None:
    limits = Limits(endpoint_s=1.0, answer_s=0.2, connections_per_address=1, endpoints_per_address=2)
    reasons, most, came = asyncio.run(_ask(8, limits, None))
    assert reasons == [Reason.TIMED_OUT] * 8
    assert most == 2
    assert len(came) >= 8


def test_connections_come_at_the_pace() -> None:
    limits = Limits(endpoint_s=2.0, answer_s=0.2)
    _, _, came = asyncio.run(_ask(4, limits, Pace(20)))
    assert len(came) > 4
    assert came[-1] - came[0] >= (len(came) - 1) / 20 - 0.05
