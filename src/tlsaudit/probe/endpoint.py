"""All that is asked of one endpoint, at every address of it, within one deadline."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from tlsaudit.evidence import (
    HTTP,
    AddressObservation,
    Certificates,
    DeepScan,
    EncryptedHellos,
    EndpointObservation,
    Evidence,
    EvidenceType,
    HttpsExchange,
    HttpsRecords,
    NotObserved,
    QuicOffer,
    QuicSession,
    Reason,
    RecordPadding,
    Sessions,
    StartTlsOffer,
    TlsOffer,
)
from tlsaudit.probe import quic
from tlsaudit.probe.bounded import Bounded
from tlsaudit.probe.certificate import TrustStores
from tlsaudit.probe.clients import ClientTemplate
from tlsaudit.probe.deep import DeepProbe
from tlsaudit.probe.descriptors import addresses_at_a_time, say_that_some_wait
from tlsaudit.probe.ech import look_ech
from tlsaudit.probe.http import HttpProbe
from tlsaudit.probe.http.client_certificate import ClientCertificate
from tlsaudit.probe.http.look import closed, is_closed
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.pace import Pace
from tlsaudit.probe.padding import look_padding
from tlsaudit.probe.proxy import Tunnel
from tlsaudit.probe.resolve import resolve
from tlsaudit.probe.road import Road
from tlsaudit.probe.session import Credential
from tlsaudit.probe.starttls import ask, preamble
from tlsaudit.probe.tls import KINDS, Found, TlsProbe
from tlsaudit.target import Endpoint, SocketAddress

if TYPE_CHECKING:
    from tlsaudit.probe.dns import DnsProbe

# What QUIC is asked for by, and what it is compared with.
_BEFORE_QUIC: frozenset[EvidenceType] = frozenset({HttpsExchange, Certificates})

# What takes more connections of the kind that were found to be served.
_AFTER_TLS: frozenset[EvidenceType] = frozenset({EncryptedHellos, RecordPadding})

_NOBODY_THERE = (Reason.REFUSED, Reason.UNREACHABLE, Reason.NO_STARTTLS)

E = TypeVar("E", bound=Evidence)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class EndpointProbe:
    """Call it with an endpoint; it never raises for what a server does. One object serves a whole audit.

    `wanted` are the evidence types to bring back; probes that give none of them are not run. `clock` stamps
    the evidence. `tunnel` and `client_certificate` are those of the HTTP probe, `clients` are those whose hellos are
    replayed. `dns` asks for records, where any are wanted. Raw connections are opened at the `pace`.

    Of the endpoints at one address and port, `limits.endpoints_per_address` are looked at side by side; who has waited
    for that has the whole time still to come. So it is where the limit on open files bounds how many addresses are
    looked at in all, in this and as many runs as are `sharing` the process.
    """

    def __init__(
        self,
        wanted: frozenset[EvidenceType],
        limits: Limits,
        trust: TrustStores,
        http: HttpProbe,
        *,
        family: int = socket.AF_UNSPEC,
        tunnel: Tunnel | None = None,
        clients: Sequence[ClientTemplate] = (),
        client_certificate: ClientCertificate | None = None,
        dns: "DnsProbe | None" = None,
        clock: Callable[[], datetime] = _utc_now,
        pace: Pace | None = None,
        sharing: int = 1,
    ) -> None:
        self._pace = pace
        self._places = asyncio.Semaphore(addresses_at_a_time(sharing))
        self._turns: WeakValueDictionary[SocketAddress, asyncio.Semaphore] = WeakValueDictionary()
        self._wanted = wanted
        self._needed = wanted
        if QuicOffer in wanted:
            quic.load()
            self._needed |= _BEFORE_QUIC
        if wanted & _AFTER_TLS:
            self._needed |= {TlsOffer}
        self._limits = limits
        self._trust = trust
        credential = Credential.load(client_certificate) if client_certificate else None
        self._tls = TlsProbe(self._needed, limits, trust, clock, clients, credential)
        self._http = http
        self._deep = DeepProbe(limits.deep_s)
        self._dns = dns
        self._family = family
        self._tunnel = tunnel
        self._clock = clock

    async def __call__(self, endpoint: Endpoint) -> EndpointObservation:
        bounded = Bounded.within(self._limits.endpoint_s)
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(self._records(endpoint, bounded))
            looked = group.create_task(self._addresses(endpoint, asked, bounded))
        seen, records = looked.result(), asked.result()
        if not records:
            return seen
        if not seen.addresses and not all(isinstance(item, NotObserved) for item in records.values()):
            missing = seen.unresolved or NotObserved(Reason.NOT_PROBED, "no address could be tried")
            nothing = dict.fromkeys(self._wanted - records.keys(), missing)
            return replace(seen, addresses=(AddressObservation(endpoint.host, None, {**nothing, **records}),))
        told = (replace(each, evidence={**each.evidence, **records}) for each in seen.addresses)
        return replace(seen, addresses=tuple(told))

    async def _records(self, endpoint: Endpoint, bounded: Bounded) -> Found:
        return await self._dns.look(endpoint, bounded) if self._dns else {}

    async def _addresses(
        self, endpoint: Endpoint, records: "asyncio.Task[Found]", bounded: Bounded
    ) -> EndpointObservation:
        found = await bounded(resolve(endpoint, self._family, self._tunnel))
        now = self._clock()
        if isinstance(found, NotObserved):
            if found.reason is Reason.TIMED_OUT:
                found = NotObserved(Reason.UNRESOLVED, f"DNS did not answer within {bounded.budget_s:g} s")
            return EndpointObservation(endpoint.id, now, (), unresolved=found)
        looks = (self._in_turn(endpoint, address, records, bounded) for address in found.addresses)
        seen = await asyncio.gather(*looks)
        return EndpointObservation(endpoint.id, now, tuple(seen), found.not_tried, found.unresolved)

    async def _in_turn(
        self, endpoint: Endpoint, address: SocketAddress, records: "asyncio.Task[Found]", bounded: Bounded
    ) -> AddressObservation:
        turn = self._turns.setdefault(address, asyncio.Semaphore(self._limits.endpoints_per_address))
        if self._places.locked():
            say_that_some_wait()
        waits = turn.locked() or self._places.locked()
        async with turn, self._places:
            bounded = Bounded.within(bounded.budget_s) if waits else bounded
            return await self._address(endpoint, address, records, bounded)

    async def _address(
        self, endpoint: Endpoint, address: SocketAddress, records: "asyncio.Task[Found]", bounded: Bounded
    ) -> AddressObservation:
        limits = self._limits
        if endpoint.starttls == "mysql":
            limits = replace(limits, connections=min(limits.connections, limits.mysql_connections))
        road = Road(address, limits, tunnel=self._tunnel, pace=self._pace)
        async with asyncio.TaskGroup() as group:
            tls_look = group.create_task(self._tls_look(endpoint, road, bounded))
            web_look = group.create_task(self._web(endpoint, address[0], bounded))
            quic_look = group.create_task(self._quic(endpoint, address, tls_look, web_look, bounded))
            further_look = group.create_task(self._further(endpoint, road, records, tls_look, bounded))
        (tls, connect_ms), (web, web_connections) = tls_look.result(), web_look.result()
        over_quic, quic_connections = quic_look.result()
        if self._tunnel:
            connect_ms = None  # that of the way to the proxy
        evidence = self._stamped({**tls, **further_look.result(), **_explained(endpoint, {**web, **over_quic}, tls)})
        # Only now: what it does to the server would cost the others their answers.
        evidence |= self._stamped(await self._deep_look(endpoint, address, tls))
        return AddressObservation(address[0], connect_ms, evidence, road.opened + web_connections + quic_connections)

    def _stamped(self, found: Found) -> dict[EvidenceType, Evidence | NotObserved]:
        """What is wanted of it."""
        now = self._clock()
        return {
            kind: item if isinstance(item, NotObserved) else replace(item, observed_at=now)
            for kind, item in found.items()
            if kind in self._wanted
        }

    async def _tls_look(self, endpoint: Endpoint, road: Road, bounded: Bounded) -> tuple[Found, float | None]:
        if endpoint.starttls is None:
            return await self._tls.look(road, endpoint.host, bounded)
        offer = await bounded(ask(road, endpoint.starttls, endpoint.host, self._limits))
        if isinstance(offer, NotObserved) or not offer.offered:
            missing = offer if isinstance(offer, NotObserved) else NotObserved(Reason.NO_STARTTLS)
            return {**dict.fromkeys(KINDS, missing), StartTlsOffer: offer}, None
        road.add(partial(preamble, endpoint.starttls, endpoint.host))
        # What it offers is only seen once it is taken, whatever else of TLS is wanted.
        probe = self._tls if self._needed & KINDS else replace(self._tls, wanted=frozenset({TlsOffer}))
        found, connect_ms = await probe.look(road, endpoint.host, bounded)
        seen = found.get(TlsOffer)
        if isinstance(seen, NotObserved) and seen.reason is Reason.NOT_TLS:  # it went on in clear, as `early` has it
            offer = replace(offer, early=True)
        return {**found, StartTlsOffer: offer}, connect_ms

    async def _web(self, endpoint: Endpoint, address: str, bounded: Bounded) -> tuple[Found, int]:
        if not (endpoint.speaks_http and self._needed & HTTP):
            return {}, 0
        look = await bounded(self._http.look(endpoint, address, self._needed))
        return (dict.fromkeys(HTTP, look), 0) if isinstance(look, NotObserved) else (look.found, look.connections)

    async def _quic(
        self,
        endpoint: Endpoint,
        address: SocketAddress,
        tls: "asyncio.Task[tuple[Found, float | None]]",
        web: "asyncio.Task[tuple[Found, int]]",
        bounded: Bounded,
    ) -> tuple[Found, int]:
        if not endpoint.speaks_http or QuicOffer not in self._wanted:
            return {}, 0
        looks = (partial(_from, web, HttpsExchange), partial(_from, tls, Certificates))
        offer = await bounded(quic.probe_quic(endpoint, address, *looks))
        sessions = () if isinstance(offer, NotObserved) else offer.sessions
        return {QuicOffer: offer}, sum(isinstance(session, QuicSession) for _, session in sessions)

    async def _further(
        self,
        endpoint: Endpoint,
        road: Road,
        records: "asyncio.Task[Found]",
        tls: "asyncio.Task[tuple[Found, float | None]]",
        bounded: Bounded,
    ) -> Found:
        if not (endpoint.speaks_http and self._wanted & _AFTER_TLS):
            return {}
        offer = await _from(tls, TlsOffer)
        found: dict[EvidenceType, Evidence | NotObserved] = {}
        if EncryptedHellos in self._wanted:
            await asyncio.wait([records])
            published = records.result().get(HttpsRecords, NotObserved(Reason.NOT_PROBED, "DNS was not asked"))
            assert isinstance(published, HttpsRecords | NotObserved)
            look = look_ech(
                *(road, endpoint.host, road.address[0], published, offer),
                limits=self._limits,
                trust=self._trust,
                now=self._clock(),
            )
            found[EncryptedHellos] = await bounded(look)
        if RecordPadding in self._wanted:
            look_at_records = look_padding(road, endpoint, offer, self._http.user_agent, self._limits)
            found[RecordPadding] = await bounded(look_at_records)
        return found

    async def _deep_look(self, endpoint: Endpoint, address: SocketAddress, tls: Found) -> Found:
        """It has a deadline of its own: that of the endpoint neither cuts it short nor is longer for it."""
        if DeepScan not in self._wanted:
            return {}
        offer = tls.get(TlsOffer)
        if isinstance(offer, NotObserved) and offer.reason in _NOBODY_THERE:
            return {DeepScan: offer}
        return {DeepScan: await self._deep.look(endpoint, address)}


def _explained(endpoint: Endpoint, web: Found, tls: Found) -> Found:
    """What the web probes brought back. Up to TLS 1.2 a server that wants a client certificate says no more than that
    the handshake failed; a look at its sessions has seen it ask.
    """

    def explained(item: Evidence | NotObserved) -> Evidence | NotObserved:
        if not isinstance(item, NotObserved):
            return item
        if is_closed(item):
            return closed(endpoint, item)
        unexplained = item.reason in {Reason.REJECTED, Reason.RESET}
        return replace(item, reason=Reason.CLIENT_CERTIFICATE) if unexplained else item

    sessions = tls.get(Sessions)
    asked = sessions.client_certificate if isinstance(sessions, Sessions) else None
    if asked is None or not asked.required:
        return web
    return {kind: explained(item) for kind, item in web.items()}


async def _from(look: "asyncio.Task[tuple[Found, Any]]", kind: type[E]) -> E | NotObserved:
    """What another look brings back of one kind; it goes on where this is cancelled."""
    await asyncio.wait([look])
    found = look.result()[0][kind]  # type: ignore[index]  # which of the kinds E is, mypy cannot know
    assert isinstance(found, kind | NotObserved)
    return found
