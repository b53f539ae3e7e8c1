"""Look at the sessions of a server for the tests."""

import asyncio

from tlsaudit.evidence import Certificates, EvidenceType, NotObserved, Sessions, TlsFeatures
from tlsaudit.probe.handshake import probe_tls
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road
from tlsaudit.probe.session import SessionLook, look_sessions
from tlsaudit.target import SocketAddress

NAME = "www.example.org"
ALL: frozenset[EvidenceType] = frozenset({Sessions, Certificates, TlsFeatures})


def look(
    at: SocketAddress,
    name: str | None = NAME,
    *,
    wanted: frozenset[EvidenceType] = ALL,
    limits: Limits | None = None,
) -> tuple[SessionLook, int]:
    """What completed handshakes show, and how many connections they took."""
    chosen = limits or Limits()

    async def run() -> tuple[SessionLook, int]:
        road = Road(at, chosen)
        first = await probe_tls(road, name, chosen)
        assert not isinstance(first, NotObserved), first
        before = road.opened
        until = asyncio.get_running_loop().time() + chosen.endpoint_s
        seen = await look_sessions(road, name, first.offer, chosen, wanted=wanted, until=until, chains=first.chains)
        return seen, road.opened - before

    return asyncio.run(run())


def sessions(seen: SessionLook) -> Sessions:
    """Those that were observed."""
    assert isinstance(seen.sessions, Sessions), seen.sessions
    return seen.sessions
