"""All that is asked of the TLS of one address: what is served first, then what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlsaudit.evidence import (
    Certificates,
    ClientSessions,
    EphemeralKeys,
    Evidence,
    EvidenceType,
    NotObserved,
    Reason,
    TlsFeatures,
    TlsOffer,
)
from tlsaudit.probe.bounded import Bounded
from tlsaudit.probe.certificate import TrustStore, certificates, fetch_chain
from tlsaudit.probe.clients import ClientTemplate, replay
from tlsaudit.probe.handshake import TlsLook, probe_tls
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road

KINDS: frozenset[EvidenceType] = frozenset({TlsOffer, EphemeralKeys, TlsFeatures, Certificates, ClientSessions})
"""The types of evidence that come from here."""

Found = Mapping[EvidenceType, Evidence | NotObserved]


@dataclass(frozen=True, slots=True)
class TlsProbe:
    """One object serves a whole audit. Of the evidence, only what is `wanted` is asked for. `clients` are those whose
    hellos are replayed.
    """

    wanted: frozenset[EvidenceType]
    limits: Limits
    trust: TrustStore
    clients: Sequence[ClientTemplate] = ()

    async def look(self, road: Road, host: str, bounded: Bounded) -> tuple[Found, float | None]:
        """The evidence, and the time of a TCP handshake in milliseconds, None where there was none."""
        if not self.wanted & KINDS:
            return {}, None
        until = bounded.deadline - min(1.0, bounded.budget_s / 10)  # what was seen until then is not lost
        features = TlsFeatures in self.wanted
        look = await bounded(probe_tls(road, host, self.limits, features=features, until=until))
        if isinstance(look, NotObserved):
            return dict.fromkeys(KINDS, look), None
        found: dict[EvidenceType, Evidence | NotObserved] = {
            TlsOffer: look.offer,
            EphemeralKeys: look.keys,
            TlsFeatures: look.features,
            Certificates: await self._certificates(look, road, host, bounded),
        }
        if ClientSessions in self.wanted:
            found[ClientSessions] = await bounded(replay(road, host, self.clients, self.limits))
        return found, look.connect_ms

    async def _certificates(self, look: TlsLook, road: Road, host: str, bounded: Bounded) -> Certificates | NotObserved:
        if Certificates not in self.wanted:
            return NotObserved(Reason.NOT_PROBED, "no certificate was asked for")
        chains = look.chains
        if not chains:  # TLS 1.3 encrypts them, so they take a real handshake
            fetched = await bounded(fetch_chain(road, host, self.limits))
            if isinstance(fetched, NotObserved):
                return fetched
            chains = (fetched,)
        return certificates(host, chains, self.trust, look.offer.observed_at)
