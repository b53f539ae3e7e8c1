"""All that is asked of one endpoint, at every address of it, within one deadline."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from tlsaudit.evidence import (
    AddressObservation,
    CanonicalLinks,
    Certificates,
    EndpointObservation,
    Evidence,
    EvidenceType,
    HttpExchange,
    HttpsExchange,
    NotObserved,
    Reason,
    TlsOffer,
)
from tlsaudit.probe.certificate import TrustStore, certificates, fetch_chain
from tlsaudit.probe.handshake import probe_tls
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.resolve import resolve
from tlsaudit.target import Endpoint, SocketAddress

log = logging.getLogger(__name__)

R = TypeVar("R")

_TLS: frozenset[EvidenceType] = frozenset({TlsOffer, Certificates})
_HTTP: frozenset[EvidenceType] = frozenset({HttpExchange, HttpsExchange, CanonicalLinks})


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one probe brought back."""

    evidence: Mapping[EvidenceType, Evidence | NotObserved]
    connections: int = 0
    connect_ms: float | None = None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class EndpointProbe:
    """Call it with an endpoint; it never raises for what a server does. One object serves a whole audit.

    `wanted` are the evidence types to bring back; probes that give none of them are not run. `clock` stamps
    the evidence.
    """

    def __init__(
        self,
        wanted: frozenset[EvidenceType],
        limits: Limits,
        trust: TrustStore,
        http: HttpProbe,
        *,
        family: int = socket.AF_UNSPEC,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._wanted = wanted
        self._limits = limits
        self._trust = trust
        self._http = http
        self._family = family
        self._clock = clock

    async def __call__(self, endpoint: Endpoint) -> EndpointObservation:
        deadline = asyncio.get_running_loop().time() + self._limits.endpoint_s
        found = await self._bounded(resolve(endpoint, self._family), deadline)
        now = self._clock()
        if isinstance(found, NotObserved):
            return EndpointObservation(endpoint.id, now, (), unresolved=found)
        seen = await asyncio.gather(*(self._address(endpoint, address, deadline) for address in found.addresses))
        return EndpointObservation(endpoint.id, now, tuple(seen), found.not_tried, found.unresolved)

    async def _address(self, endpoint: Endpoint, address: SocketAddress, deadline: float) -> AddressObservation:
        tls, web = await asyncio.gather(
            self._tls(endpoint, address, deadline), self._web(endpoint, address[0], deadline)
        )
        now = self._clock()
        evidence = {
            kind: item if isinstance(item, NotObserved) else replace(item, observed_at=now)
            for kind, item in {**tls.evidence, **web.evidence}.items()
            if kind in self._wanted
        }
        return AddressObservation(address[0], tls.connect_ms, evidence, tls.connections + web.connections)

    async def _tls(self, endpoint: Endpoint, address: SocketAddress, deadline: float) -> _Seen:
        if not self._wanted & _TLS:
            return _Seen({})
        look = await self._bounded(probe_tls(address, endpoint.host, self._limits), deadline)
        if isinstance(look, NotObserved):
            return _Seen(dict.fromkeys(_TLS, look))
        connections = look.offer.connections
        shown: Certificates | NotObserved = NotObserved(Reason.NOT_PROBED, "no certificate was asked for")
        if Certificates in self._wanted:
            chains: Sequence[Sequence[bytes]] | NotObserved = look.chains
            if not chains:  # TLS 1.3 encrypts them, so they take a real handshake
                fetched = await self._bounded(fetch_chain(address, endpoint.host, self._limits), deadline)
                chains = fetched if isinstance(fetched, NotObserved) else (fetched,)
                connections += 1
            now = self._clock()
            shown = chains if isinstance(chains, NotObserved) else certificates(endpoint.host, chains, self._trust, now)
        return _Seen({TlsOffer: look.offer, Certificates: shown}, connections, look.connect_ms)

    async def _web(self, endpoint: Endpoint, address: str, deadline: float) -> _Seen:
        if not self._wanted & _HTTP:
            return _Seen({})
        look = await self._bounded(self._http.look(endpoint, address), deadline)
        if isinstance(look, NotObserved):
            return _Seen(dict.fromkeys(_HTTP, look))
        found = {HttpExchange: look.http, HttpsExchange: look.https, CanonicalLinks: look.canonical}
        return _Seen(found, look.connections)

    async def _bounded(self, probe: Awaitable[R], deadline: float) -> R | NotObserved:
        try:
            async with asyncio.timeout_at(deadline):
                return await probe
        except TimeoutError:
            return NotObserved(Reason.TIMED_OUT, f"not finished within {self._limits.endpoint_s:g} s")
        except Exception as error:  # a defect of ours must cost one endpoint its evidence, not the audit
            log.error("a probe failed: %s: %s", type(error).__name__, error)
            log.debug("where it failed", exc_info=True)
            return NotObserved(Reason.PROBE_FAILED, f"{type(error).__name__}: {error}")
