"""What to ask of TLS 1.2 and older."""

import asyncio
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field

from tlsaudit.evidence import TlsVersion, VersionOffer, suite
from tlsaudit.probe.certificate import ShownChain
from tlsaudit.probe.handshake.offers import CURVES
from tlsaudit.probe.hello import ClientHello
from tlsaudit.probe.hello.client import SIGNATURE_SCHEMES
from tlsaudit.probe.session import messages as m
from tlsaudit.probe.session.ask_newer import KINDS
from tlsaudit.probe.session.credential import Credential
from tlsaudit.probe.session.handshake import Handshake
from tlsaudit.probe.session.older import FirstFlight, OlderClient
from tlsaudit.probe.session.visit import Visitor

# The kinds of key that go with a suite's way to authenticate (RFC 8422 sections 2.2 and 5.10).
_BY_SUITE: dict[str, set[str]] = {"RSA": {"RSA"}, "ECDSA": {"ECDSA", "Ed25519", "Ed448"}, "DSS": {"DSA"}}


_RETRY_S = 0.2


@dataclass(slots=True)
class Older:
    """The handshakes up to TLS 1.2. `shown` are chains with what is only shown to who asks for it."""

    named: list[Handshake] = field(default_factory=list)
    nameless: Handshake | None = None
    resumed: bool = False
    shown: list[ShownChain] = field(default_factory=list)


class AskOlder:
    """Asks for what is wanted, in the newest version of `offers` that knows extensions; nothing where none does."""

    def __init__(
        self,
        visitor: Visitor,
        server_name: str | None,
        offers: Sequence[VersionOffer],
        max_bytes: int,
        *,
        credential: Credential | None = None,
    ) -> None:
        self._credential = credential
        self._shown: Credential | None = None
        self._visitor = visitor
        self._server_name = server_name
        self._offer = next((offer for offer in offers if TlsVersion.TLS1_0 <= offer.version <= TlsVersion.TLS1_2), None)
        self._max_bytes = max_bytes
        self.found = Older()

    async def sessions(self) -> None:
        """A session, with our certificate where there is none without, and whether it can be resumed."""
        client = await self._named(self._visitor.remaining)
        if client and client.seen.certificate_required and self._credential:
            self._shown = self._credential
            client = await self._named(self._visitor.remaining)
        if client and client.seen.complete:
            self.found.resumed = await self._resumes(client)

    async def nobody(self) -> None:
        """What a client gets that names no host."""
        client = await self._begin(None)
        self.found.nameless = client.seen if client else None

    async def again(self) -> None:
        """One more session."""
        await self._named()

    async def chains(self, kinds: Set[str | None], known: Set[str | None], *, every: bool) -> None:
        """The chains of these kinds of key, and where `every` one is to be found, those of kinds not yet known."""
        for suites, schemes in self._questions(kinds, known if every else None):
            await self._flight(suites, schemes)

    async def protocols(self) -> None:
        """Whether one more protocol is taken, where that is still a question."""
        if self._visitor.remaining and self._offer:
            await self._flight(self._offer.suites)

    async def _begin(self, server_name: str | None, protocols: Sequence[str] = ()) -> OlderClient | None:
        if self._offer is None:
            return None
        return await self._visitor.visit(
            lambda names: OlderClient(server_name, self._max_bytes, names, credential=self._shown), protocols
        )

    async def _named(self, protocols: Sequence[str] = ()) -> OlderClient | None:
        client = await self._begin(self._server_name, protocols)
        if client:
            self.found.named.append(client.seen)
        return client

    async def _resumes(self, client: OlderClient) -> bool:
        """A server that keeps sessions itself may do so only after its last word, so that it is asked once more."""
        for pause_s in (0.0,) if client.seen.tickets else (0.0, _RETRY_S):
            await asyncio.sleep(pause_s)
            again = await self._visitor.visit(lambda _: client.again())
            if again is None or again.seen.resumed:
                return again is not None
        return False

    def _questions(
        self, kinds: Set[str | None], known: Set[str | None] | None
    ) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        for authentication, possible in _BY_SUITE.items():
            offered = self._offer.suites if self._offer else ()
            suites = tuple(code for code in offered if suite(code).authentication == authentication)
            if not suites:
                continue
            for kind in sorted(possible & kinds):
                yield suites, KINDS.get(kind, SIGNATURE_SCHEMES)
            others = sorted(possible - known) if known is not None else ()
            if others and len(others) < len(possible):
                yield suites, tuple(scheme for kind in others for scheme in KINDS.get(kind, ()))

    async def _flight(self, suites: tuple[int, ...], schemes: tuple[int, ...] = SIGNATURE_SCHEMES) -> None:
        offer = self._offer
        if offer is None:
            return

        def make(names: Sequence[str]) -> FirstFlight:
            asked = ((m.STATUS_REQUEST, m.OCSP_REQUEST), (m.SIGNED_CERTIFICATE_TIMESTAMP, b""))
            alpn = ((m.ALPN, m.push_alpn(names)),) if names else ()
            hello = ClientHello(offer.version, suites, CURVES, self._server_name, schemes=schemes)
            return FirstFlight(hello._replace(extensions=(*asked, *alpn)), self._max_bytes)

        flight = await self._visitor.visit(make, self._visitor.remaining)
        if flight and flight.seen.shown.der:
            self.found.shown.append(flight.seen.shown)
