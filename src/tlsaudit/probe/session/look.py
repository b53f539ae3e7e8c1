"""What completed handshakes with one address show: its sessions, every chain of certificates, its protocols."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tlsaudit.evidence import (
    Certificates,
    ClientCertificateRequest,
    EvidenceType,
    NotObserved,
    Reason,
    Sessions,
    TicketPolicy,
    TlsFeatures,
    TlsOffer,
    TlsVersion,
)
from tlsaudit.probe.certificate import ShownChain, key_type, name_text
from tlsaudit.probe.handshake import dns_name
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road
from tlsaudit.probe.session.ask_newer import AskNewer
from tlsaudit.probe.session.ask_older import AskOlder
from tlsaudit.probe.session.credential import Credential
from tlsaudit.probe.session.handshake import Handshake
from tlsaudit.probe.session.messages import Ticket
from tlsaudit.probe.session.visit import Visitor

_KEY_NAME_BYTES = 16  # RFC 5077 section 4


@dataclass(frozen=True, slots=True)
class SessionLook:
    """`chains` are the distinct ones for the host, `nameless` those that only a client gets that names none.

    `alpn` are the protocols that were picked, `shares` the key shares of TLS 1.3 as group and public value.
    """

    sessions: Sessions | NotObserved
    chains: tuple[ShownChain, ...]
    nameless: tuple[ShownChain, ...] = ()
    alpn: tuple[str, ...] = ()
    shares: tuple[tuple[int, bytes], ...] = ()


async def look_sessions(
    road: Road,
    host: str | None,
    offer: TlsOffer,
    limits: Limits,
    *,
    wanted: frozenset[EvidenceType],
    until: float,
    chains: Sequence[tuple[bytes, ...]] = (),
    credential: Credential | None = None,
) -> SessionLook:
    """Complete handshakes with the end of a road, as many as it takes for what is `wanted`.

    `chains` (DER, leaf first) have been seen before. `credential` is shown where nobody is let in without. What cannot
    be asked is missing in the answer, and never an error. What was shown `until` the deadline (in the time of the event
    loop) is brought back in any case.
    """
    look = _Look(road, host, offer, limits, wanted, chains, credential)
    try:
        async with asyncio.timeout_at(until):
            await look.ask()
    except TimeoutError:
        late = NotObserved(Reason.TIMED_OUT, f"not finished within {limits.endpoint_s:g} s")
        return replace(look.found(), sessions=late)
    return look.found()


class _Look:
    def __init__(  # noqa: PLR0917  as look_sessions
        self,
        road: Road,
        host: str | None,
        offer: TlsOffer,
        limits: Limits,
        wanted: frozenset[EvidenceType],
        chains: Sequence[tuple[bytes, ...]],
        credential: Credential | None,
    ) -> None:
        self._name = dns_name(host)
        self._chains = chains
        self._sessions = Sessions in wanted
        self._certificates = Certificates in wanted
        self._visitor = Visitor(road, limits, asks_protocols=bool(wanted & {Sessions, TlsFeatures}))
        versions, most = offer.versions, limits.flight_bytes
        newest = next((offer for offer in versions if offer.version is TlsVersion.TLS1_3), None)
        self._newer = (
            AskNewer(self._visitor, self._name, newest, most, credential=credential, whole=self._sessions)
            if newest
            else None
        )
        self._older = AskOlder(self._visitor, self._name, versions, most, credential=credential)

    async def ask(self) -> None:
        newer = self._newer if self._newer and await self._newer.first() else None
        async with asyncio.TaskGroup() as group:
            if newer:
                group.create_task(newer.others(sessions=self._sessions, certificates=self._certificates))
            elif self._certificates and self._name is not None:
                group.create_task(self._older.nobody())
            if self._sessions:
                group.create_task(self._older.sessions())
        await self._rest(newer)

    def found(self) -> SessionLook:
        """All that was seen so far."""
        return SessionLook(
            self._facts(), *self._shown(), tuple(self._visitor.picked), shares=tuple(self._visitor.shares)
        )

    async def _rest(self, newer: AskNewer | None) -> None:
        """What no handshake so far has answered."""
        if self._certificates:
            seen = {chain.der for chain in self._named_chains()}
            unseen = {key_type(chain[0]) for chain in self._chains if chain not in seen}
            known = {key_type(chain[0]) for chain in (*self._chains, *seen)}
            await self._older.chains(unseen, known, every=newer is None)
        await self._older.protocols()
        if newer and self._visitor.remaining:
            await newer.again(self._visitor.remaining)
        if self._sessions and len(list(self._with_tickets())) == 1:
            await (newer or self._older).again()

    def _named(self) -> list[Handshake]:
        return [*(self._newer.found.named if self._newer else ()), *self._older.found.named]

    def _nameless(self) -> Iterator[Handshake]:
        for seen in (self._newer.found.nameless if self._newer else None, self._older.found.nameless):
            if seen is not None:
                yield seen

    def _with_tickets(self) -> Iterator[Handshake]:
        return (seen for seen in (*self._named(), *self._nameless()) if seen.tickets)

    def _named_chains(self) -> Iterator[ShownChain]:
        """Those that came with all that belongs to them."""
        newer = (seen.shown for seen in (self._newer.found.named if self._newer else ()))
        return (chain for chain in (*newer, *self._older.found.shown) if chain.der)

    def _shown(self) -> tuple[tuple[ShownChain, ...], tuple[ShownChain, ...]]:
        plain = (ShownChain(chain) for chain in (*self._chains, *(seen.shown.der for seen in self._older.found.named)))
        named = _distinct((*self._named_chains(), *plain))
        nameless = _distinct(seen.shown for seen in self._nameless())
        return tuple(named.values()), tuple(chain for der, chain in nameless.items() if der not in named)

    def _facts(self) -> Sessions | NotObserved:
        named = self._named()
        if not any(seen.complete or seen.request for seen in named):
            return self._why_none(named)
        return Sessions(
            observed_at=datetime.now(UTC),
            ticket_keys=key_names(self._with_tickets()),
            tickets=tuple(_policies(named)),
            resumes=tuple(self._resumes()),
            psk_ke=self._newer.found.psk_ke if self._newer else None,
            client_certificate=_client_certificate(named),
            versions=tuple(sorted({seen.version for seen in named if seen.accepted and seen.version}, reverse=True)),
        )

    def _why_none(self, named: Sequence[Handshake]) -> NotObserved:
        alert = next((seen.alert for seen in named if seen.alert), None)
        if alert:
            return NotObserved(Reason.REJECTED, str(alert))
        return self._visitor.failure or NotObserved(Reason.NOT_PROBED, "nothing is served that can be spoken here")

    def _resumes(self) -> Iterator[TlsVersion]:
        if self._newer and (self._newer.found.resumed or self._newer.found.psk_ke):
            yield TlsVersion.TLS1_3
        if self._older.found.resumed:
            yield from (seen.version for seen in self._older.found.named[-1:] if seen.version)


def _distinct(chains: Iterable[ShownChain]) -> dict[tuple[bytes, ...], ShownChain]:
    """The first of each, by what was sent."""
    found: dict[tuple[bytes, ...], ShownChain] = {}
    for chain in chains:
        if chain.der:
            found.setdefault(chain.der, chain)
    return found


def _policies(handshakes: Iterable[Handshake]) -> Iterator[TicketPolicy]:
    """What tickets allow at most, by version, newest first."""
    by_version: dict[TlsVersion, list[Ticket]] = defaultdict(list)
    for seen in handshakes:
        if seen.version and seen.tickets:
            by_version[seen.version] += seen.tickets
    for version, tickets in sorted(by_version.items(), reverse=True):
        lifetime = max(ticket.lifetime_s for ticket in tickets)
        yield TicketPolicy(version, lifetime, max(ticket.early_data_bytes for ticket in tickets))


def key_names(handshakes: Iterable[Handshake]) -> tuple[str, ...]:
    """What begins different tickets of different sessions alike. Where a server names no key, tickets begin with what
    differs from one to the next, or from session to session.
    """
    beginnings: dict[bytes, dict[bytes, int]] = defaultdict(dict)
    for number, seen in enumerate(handshakes):
        for ticket in seen.tickets:
            if len(ticket.value) > _KEY_NAME_BYTES:
                beginnings[ticket.value[:_KEY_NAME_BYTES]].setdefault(ticket.value, number)
    return tuple(sorted(name.hex() for name, found in beginnings.items() if len(set(found.values())) > 1))


def _client_certificate(handshakes: Sequence[Handshake]) -> ClientCertificateRequest | None:
    asked = [seen for seen in handshakes if seen.request]
    if not asked:
        return None
    authorities = dict.fromkeys(name for seen in asked if seen.request for name in seen.request.authorities)
    answers = [seen.certificate_required for seen in asked if seen.certificate_required is not None]
    names = tuple(name_text(name) for name in authorities)[:100]
    return ClientCertificateRequest(names, any(answers) if answers else None)
