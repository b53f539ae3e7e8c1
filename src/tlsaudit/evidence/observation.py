"""What one endpoint's probes brought back, address by address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from tlsaudit.evidence.base import NotObserved
from tlsaudit.evidence.certificate import Certificates
from tlsaudit.evidence.compression import CompressedPages
from tlsaudit.evidence.deep import DeepScan
from tlsaudit.evidence.dns import CaaRecords, HostRecords, HttpsRecords, TlsaRecords
from tlsaudit.evidence.ech import EncryptedHellos
from tlsaudit.evidence.http import HttpExchange, HttpsExchange, WebLatency
from tlsaudit.evidence.link import LinkState
from tlsaudit.evidence.padding import RecordPadding
from tlsaudit.evidence.page import CanonicalLinks, MixedContent, SiteIndex
from tlsaudit.evidence.quic import QuicOffer
from tlsaudit.evidence.starttls import StartTlsOffer
from tlsaudit.evidence.tls import ClientSessions, EphemeralKeys, Sessions, TlsFeatures, TlsOffer

_Handshakes = TlsOffer | EphemeralKeys | TlsFeatures | Sessions | ClientSessions | Certificates | EncryptedHellos
_Tls = _Handshakes | StartTlsOffer | DeepScan
_Http = HttpExchange | HttpsExchange | WebLatency | CanonicalLinks | MixedContent | SiteIndex | CompressedPages
_Web = _Http | QuicOffer | HttpsRecords | RecordPadding
_Dns = HostRecords | CaaRecords | TlsaRecords | HttpsRecords
Evidence = _Tls | _Web | _Dns | LinkState
EvidenceType = type[_Tls | _Web | _Dns | LinkState]

HTTP: frozenset[EvidenceType] = frozenset(get_args(_Http))
"""What the HTTP probe brings back."""

WEB: frozenset[EvidenceType] = frozenset(get_args(_Web))
"""What is only to be seen of a server that speaks HTTP."""

DNS: frozenset[EvidenceType] = frozenset(get_args(_Dns))
"""What the DNS says of the host name, whatever answers at its addresses."""


@dataclass(frozen=True, slots=True)
class AddressObservation:
    """What was seen at one address. Every evidence type that was asked for is a key of `evidence`.

    `address` is the host's own name where a proxy was to resolve it, and where there is no address, but DNS says
    something of the name. `connect_ms` is the time of the TCP handshake on the https port; None where there was none,
    and through a proxy, which makes it. `connections` is how many were opened by the probes that observed something.
    `vantage` is where it was looked at from, where that was done from several; one from which there was no address is
    there with the host's own name.
    """

    address: str
    connect_ms: float | None
    evidence: Mapping[EvidenceType, Evidence | NotObserved]
    connections: int = 0
    vantage: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointObservation:
    """What was seen of one endpoint.

    `not_tried` are addresses left out because this machine has no route of their family, as
    (address, why); they are neither judged nor unknown. `unresolved` says why there is no address at all.
    """

    endpoint: str
    observed_at: datetime
    addresses: tuple[AddressObservation, ...]
    not_tried: tuple[tuple[str, str], ...] = ()
    unresolved: NotObserved | None = None

    @property
    def reachable(self) -> bool:
        """True where at least one probe of one address observed something. That there are DNS records says nothing of
        that, unless nothing else was to be looked at.
        """
        kinds = {kind for address in self.addresses for kind in address.evidence}
        asked = kinds - DNS or kinds
        return any(
            kind in asked and not isinstance(item, NotObserved)
            for address in self.addresses
            for kind, item in address.evidence.items()
        )

    @property
    def connections(self) -> int:
        return sum(address.connections for address in self.addresses)

    @property
    def by_vantage(self) -> "dict[str, EndpointObservation]":
        """What was seen from each vantage; empty where that was one place."""
        names = dict.fromkeys(address.vantage for address in self.addresses if address.vantage is not None)
        return {
            name: replace(self, addresses=tuple(each for each in self.addresses if each.vantage == name))
            for name in names
        }

    @property
    def reason(self) -> NotObserved | None:
        """Why nothing was observed; None where something was."""
        if self.reachable:
            return None
        if self.unresolved is not None:
            return self.unresolved
        missing = (
            item for address in self.addresses for item in address.evidence.values() if isinstance(item, NotObserved)
        )
        return next(missing, None)
