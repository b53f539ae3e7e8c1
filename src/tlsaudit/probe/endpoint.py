"""All that is asked of one endpoint, at every address of it, within one deadline."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
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
Seen = Mapping[EvidenceType, Evidence | NotObserved]

_TLS: frozenset[EvidenceType] = frozenset({TlsOffer, Certificates})
_HTTP: frozenset[EvidenceType] = frozenset({HttpExchange, HttpsExchange, CanonicalLinks})


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
        (tls, connect_ms), http = await asyncio.gather(
            self._tls(endpoint, address, deadline), self._web(endpoint, address[0], deadline)
        )
        now = self._clock()
        evidence = {
            kind: item if isinstance(item, NotObserved) else replace(item, observed_at=now)
            for kind, item in {**tls, **http}.items()
            if kind in self._wanted
        }
        return AddressObservation(address[0], connect_ms, evidence)

    async def _tls(self, endpoint: Endpoint, address: SocketAddress, deadline: float) -> tuple[Seen, float | None]:
        if not self._wanted & _TLS:
            return {}, None
        look = await self._bounded(probe_tls(address, endpoint.host, self._limits), deadline)
        if isinstance(look, NotObserved):
            return dict.fromkeys(_TLS, look), None
        chains = look.chains
        if not chains and Certificates in self._wanted:
            fetched = await self._bounded(fetch_chain(address, endpoint.host, self._limits), deadline)
            if isinstance(fetched, NotObserved):
                return {TlsOffer: look.offer, Certificates: fetched}, look.connect_ms
            chains = (fetched,)
        shown = certificates(endpoint.host, chains, self._trust, self._clock()) if chains else _not_probed()
        return {TlsOffer: look.offer, Certificates: shown}, look.connect_ms

    async def _web(self, endpoint: Endpoint, address: str, deadline: float) -> Seen:
        if not self._wanted & _HTTP:
            return {}
        look = await self._bounded(self._http.look(endpoint, address), deadline)
        if isinstance(look, NotObserved):
            return dict.fromkeys(_HTTP, look)
        return {HttpExchange: look.http, HttpsExchange: look.https, CanonicalLinks: look.canonical}

    async def _bounded(self, probe: Awaitable[R], deadline: float) -> R | NotObserved:
        try:
            async with asyncio.timeout_at(deadline):
                return await probe
        except TimeoutError:
            return NotObserved(Reason.TIMED_OUT, f"not finished within {self._limits.endpoint_s:g} s")
        except Exception as error:  # a defect of ours must cost one endpoint its evidence, not the audit
            log.exception("a probe failed")
            return NotObserved(Reason.PROBE_FAILED, f"{type(error).__name__}: {error}")


def _not_probed() -> NotObserved:
    return NotObserved(Reason.NOT_PROBED, "no certificate was asked for")
