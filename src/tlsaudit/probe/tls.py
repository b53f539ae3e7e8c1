"""All that is asked of the TLS of one address: what is served first, then what follows from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tlsaudit.evidence import (
    Certificates,
    ClientSessions,
    EphemeralKeys,
    Evidence,
    EvidenceType,
    NotObserved,
    Sessions,
    TlsaRecords,
    TlsFeatures,
    TlsOffer,
)
from tlsaudit.probe.bounded import Bounded
from tlsaudit.probe.certificate import ShownChain, TrustStores, certificates
from tlsaudit.probe.clients import ClientTemplate, replay
from tlsaudit.probe.handshake import TlsLook, probe_tls
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road
from tlsaudit.probe.session import Credential, SessionLook, look_sessions

KINDS: frozenset[EvidenceType] = frozenset(
    {TlsOffer, EphemeralKeys, TlsFeatures, Sessions, Certificates, ClientSessions}
)
"""The types of evidence that come from here."""

Found = Mapping[EvidenceType, Evidence | NotObserved]


@dataclass(frozen=True, slots=True)
class TlsProbe:
    """One object serves a whole audit. Of the evidence, only what is `wanted` is asked for. Certificates are judged as
    of the `clock`. `clients` are those whose hellos are replayed, `credential` is shown to a server that lets nobody in
    without.
    """

    wanted: frozenset[EvidenceType]
    limits: Limits
    trust: TrustStores
    clock: Callable[[], datetime]
    clients: Sequence[ClientTemplate] = ()
    credential: Credential | None = None

    async def look(self, road: Road, host: str, bounded: Bounded) -> tuple[Found, float | None]:
        """The evidence, and the time of a TCP handshake in milliseconds, None where there was none."""
        if not self.wanted & KINDS:
            return {}, None
        until = bounded.deadline - _spare_s(bounded)
        features = TlsFeatures in self.wanted
        look = await bounded(probe_tls(road, host, self.limits, features=features, until=until))
        if isinstance(look, NotObserved):
            return dict.fromkeys(KINDS, look), None
        gap = look.offer.incomplete
        found: dict[EvidenceType, Evidence | NotObserved] = {
            TlsOffer: look.offer,
            EphemeralKeys: replace(look.shares.keys(look.offer.observed_at), incomplete=gap),
            TlsFeatures: replace(look.features, incomplete=gap),
        }
        if kinds := self.wanted & {Sessions, Certificates, TlsFeatures}:
            found |= await self._sessions(look, road, host, kinds, bounded)
        if ClientSessions in self.wanted:
            found[ClientSessions] = await bounded(replay(road, host, self.clients, self.limits))
        return found, look.connect_ms

    async def _sessions(
        self, look: TlsLook, road: Road, host: str, kinds: frozenset[EvidenceType], bounded: Bounded
    ) -> Found:
        until = bounded.deadline - _spare_s(bounded) / 2
        seen = await bounded(
            look_sessions(
                road,
                host,
                look.offer,
                self.limits,
                wanted=kinds,
                until=until,
                chains=look.chains,
                credential=self.credential,
            )
        )
        gap = look.offer.incomplete
        if isinstance(seen, NotObserved):
            gap = gap or seen
            seen = SessionLook(seen, tuple(map(ShownChain, look.chains)))
        for share in seen.shares:
            look.shares.add(*share)
        return {
            EphemeralKeys: replace(look.shares.keys(look.offer.observed_at), incomplete=gap),
            TlsFeatures: replace(look.features, alpn=seen.alpn, incomplete=gap),
            Sessions: seen.sessions,
            Certificates: self._certificates(host, seen, gap),
        }

    def _certificates(self, host: str, seen: SessionLook, gap: NotObserved | None) -> Certificates | NotObserved:
        if not seen.chains and isinstance(seen.sessions, NotObserved):
            return seen.sessions
        for_tlsa = TlsaRecords in self.wanted
        found = certificates(host, seen.chains, self.trust, self.clock(), seen.nameless, for_tlsa=for_tlsa)
        return found if isinstance(found, NotObserved) else replace(found, incomplete=gap)


def _spare_s(bounded: Bounded) -> float:
    """How long before the deadline each look ends itself, so that what it has seen is not lost."""
    return min(1.0, bounded.budget_s / 10)
