"""What to ask of TLS 1.3, in the fewest handshakes: each answers several questions."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tlsaudit.evidence import NotObserved, Reason, TlsVersion, VersionOffer
from tlsaudit.probe.certificate import key_type
from tlsaudit.probe.hello import ClientHello
from tlsaudit.probe.hello.client import SIGNATURE_SCHEMES
from tlsaudit.probe.session import messages as m
from tlsaudit.probe.session.client import BOTH_MODES, Tls13Client
from tlsaudit.probe.session.credential import Credential
from tlsaudit.probe.session.handshake import Handshake
from tlsaudit.probe.session.protection import SUITES
from tlsaudit.probe.session.shares import GROUPS, Share
from tlsaudit.probe.session.visit import Visitor

KINDS: dict[str, tuple[int, ...]] = {
    "RSA": (0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501, 0x0601),
    "ECDSA": (0x0403, 0x0503, 0x0603, 0x081A, 0x081B, 0x081C),
    "Ed25519": (0x0807,),
    "Ed448": (0x0808,),
}
"""The signature schemes that each kind of key can make (RFC 8446 section 4.2.3)."""


@dataclass(slots=True)
class Newer:
    """The handshakes of TLS 1.3. `named` were begun anew for the host; `psk_ke` is None where it was not asked."""

    named: list[Handshake] = field(default_factory=list)
    nameless: Handshake | None = None
    resumed: bool = False
    psk_ke: bool | None = None


class AskNewer:
    """Asks for what is wanted; `first` goes ahead of the others, because it tells what to ask next. See Tls13Client for
    `whole`.
    """

    def __init__(
        self,
        visitor: Visitor,
        server_name: str | None,
        offer: VersionOffer,
        max_bytes: int,
        *,
        credential: Credential | None = None,
        whole: bool = True,
    ) -> None:
        self._credential = credential
        self._whole = whole
        self._shown: Credential | None = None
        self._visitor = visitor
        self._server_name = server_name
        self._suites = tuple(code for code in offer.suites if code in SUITES)
        self._groups = tuple(code for code in offer.groups if code in GROUPS)
        self._max_bytes = max_bytes
        self.found = Newer()

    async def first(self) -> Handshake | None:
        """A whole handshake as an ordinary client has it, and if that is refused, one with our certificate. None where
        none can be had.
        """
        if not (self._suites and self._groups):
            self._visitor.failure = NotObserved(Reason.PROBE_FAILED, "no suite and group that can be spoken here")
            return None
        seen = await self._begin(protocols=self._visitor.remaining)
        if seen and seen.certificate_required and self._credential:
            self._shown = self._credential
            await self._begin(protocols=self._visitor.remaining)
        return seen

    async def others(self, *, sessions: bool, certificates: bool) -> None:
        """All that follows from the first one."""
        first = self.found.named[-1]
        tickets = first.tickets if sessions else []
        async with asyncio.TaskGroup() as group:
            group.create_task(self._kinds(first, tickets[:1], certificates=certificates))
            if tickets:
                group.create_task(self._resume(tickets[-1]))
            if certificates and self._server_name is not None:
                group.create_task(self._nobody())

    async def again(self, protocols: Sequence[str] = ()) -> None:
        """One more like the first."""
        await self._begin(protocols=protocols)

    async def _begin(
        self, schemes: Sequence[int] = SIGNATURE_SCHEMES, protocols: Sequence[str] = ()
    ) -> Handshake | None:
        seen = await self._visit(schemes=schemes, protocols=protocols)
        if seen is not None:
            self.found.named.append(seen)
        return seen

    async def _kinds(self, first: Handshake, tickets: Sequence[m.Ticket], *, certificates: bool) -> None:
        """Every chain, by asking for the kinds of key that were not seen. The first such handshake offers a ticket for
        a resumption without key exchange as well: declined, it goes on as any other.
        """
        known = {_kind(first)}
        if tickets:
            rest = _schemes_but(known) if certificates else SIGNATURE_SCHEMES
            seen = await self._without_exchange(tickets[0], rest)
            if seen is None or not (seen.resumed or _is_news(seen, known)):
                return
        while certificates and (rest := _schemes_but(known)):
            seen = await self._begin(schemes=rest)
            if seen is None or not _is_news(seen, known):
                return

    async def _without_exchange(self, ticket: m.Ticket, schemes: Sequence[int]) -> Handshake | None:
        for offered in (schemes, SIGNATURE_SCHEMES):  # some hang up on a hello whose schemes are of no use to them
            seen = await self._visit(schemes=offered, ticket=ticket, modes=(m.PSK_KE,))
            if seen is not None:
                self.found.psk_ke = seen.resumed and not seen.exchanged
                if not seen.resumed:
                    self.found.named.append(seen)
                return seen
        return None

    async def _resume(self, ticket: m.Ticket) -> None:
        seen = await self._visit(ticket=ticket, modes=(m.PSK_DHE_KE,), whole=False)
        self.found.resumed = seen is not None and seen.resumed

    async def _nobody(self) -> None:
        self.found.nameless = await self._visit(named=False)

    @cached_property
    def _share(self) -> Share:
        """One for all: to make a key costs as much as to use it, and these sessions have no secrets."""
        return Share(self._groups[0])

    async def _visit(
        self,
        *,
        schemes: Sequence[int] = SIGNATURE_SCHEMES,
        protocols: Sequence[str] = (),
        ticket: m.Ticket | None = None,
        modes: tuple[int, ...] = BOTH_MODES,
        named: bool = True,
        whole: bool = True,
    ) -> Handshake | None:
        def make(offered: Sequence[str]) -> Tls13Client:
            hello = ClientHello(
                TlsVersion.TLS1_3,
                self._suites if ticket is None else (ticket.suite,),
                self._groups,
                self._server_name if named else None,
                schemes=tuple(schemes),
                extensions=((m.ALPN, m.push_alpn(offered)),) if offered else (),
            )
            return Tls13Client(
                hello,
                self._max_bytes,
                ticket,
                modes,
                share=self._share,
                credential=self._shown,
                whole=whole and self._whole,
            )

        held = await self._visitor.visit(make, protocols)
        return held.seen if held else None


def _schemes_but(known: set[str | None]) -> tuple[int, ...]:
    return tuple(scheme for kind, schemes in KINDS.items() if kind not in known for scheme in schemes)


def _kind(seen: Handshake) -> str | None:
    return key_type(seen.shown.der[0]) if seen.shown.der else None


def _is_news(seen: Handshake, known: set[str | None]) -> bool:
    """Whether another kind of key was shown, which is then known."""
    kind = _kind(seen)
    if kind in known or kind not in KINDS:
        return False
    known.add(kind)
    return True
