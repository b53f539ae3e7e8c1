"""The TLS probe: asks one address about all versions side by side, and says only what it saw."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from tlsaudit.evidence import (
    Intolerance,
    NotObserved,
    Order,
    Reason,
    TlsFeatures,
    TlsOffer,
    TlsVersion,
    VersionOffer,
    is_ip_address,
    suite,
)
from tlsaudit.probe.descriptors import OWN_TROUBLE
from tlsaudit.probe.handshake.exchange import Reply, exchange, exchange_ssl2
from tlsaudit.probe.handshake.keyshare import key_share
from tlsaudit.probe.handshake.manner import FULL, smaller
from tlsaudit.probe.handshake.offers import COMMON_GROUPS, COMMON_SUITES, CURVES, by_ecdsa, over_curve
from tlsaudit.probe.handshake.plan import (
    Dialogue,
    Interrupted,
    Picked,
    Refused,
    Talk,
    ask_older,
    ask_tls13,
    both_hello,
    first_hello,
    first_tls13_hello,
)
from tlsaudit.probe.handshake.primes import describe
from tlsaudit.probe.handshake.traits import KeyShares, Traits, certificate_curve
from tlsaudit.probe.hello import ClientHello, HelloError, ServerHello, Ssl2ServerHello
from tlsaudit.probe.hello.alert import (
    DECODE_ERROR,
    HANDSHAKE_FAILURE,
    ILLEGAL_PARAMETER,
    INAPPROPRIATE_FALLBACK,
    INSUFFICIENT_SECURITY,
    MISSING_EXTENSION,
    PROTOCOL_VERSION,
    UNRECOGNIZED_NAME,
)
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import PreambleError, Road

_CHAINS = 8  # one for each kind of key is honest; a new one of a megabyte each time is not
_RETRY_S = 0.2
_BACK_OFF_S = 1.0
_FALLBACK_SCSV = 0x5600  # RFC 7507
_OLD = (TlsVersion.TLS1_1, TlsVersion.TLS1_0, TlsVersion.SSL3)

# What a server that dislikes the offer says; any other alert may as well be trouble of its own.
_PLAIN_NO = frozenset(
    {
        HANDSHAKE_FAILURE,
        PROTOCOL_VERSION,
        INSUFFICIENT_SECURITY,
        ILLEGAL_PARAMETER,
        MISSING_EXTENSION,
        DECODE_ERROR,
        UNRECOGNIZED_NAME,
        INAPPROPRIATE_FALLBACK,
    }
)


@dataclass(frozen=True, slots=True)
class TlsLook:
    """`chains` are the distinct certificate chains (DER, leaf first) seen in flights up to TLS 1.2; empty
    where only TLS 1.3 is served, whose certificates are encrypted. `connect_ms` is the time of a TCP handshake.
    """

    offer: TlsOffer
    features: TlsFeatures
    shares: KeyShares
    chains: tuple[tuple[bytes, ...], ...]
    connect_ms: float


async def probe_tls(
    road: Road,
    server_name: str | None,
    limits: Limits,
    *,
    features: bool = False,
    until: float | None = None,
) -> TlsLook | NotObserved:
    """What is served at the end of a road for a host name.

    A list is never shorter because the server fell silent: `TlsOffer.incomplete` says so where it may be. With
    `features`, one more connection tells what becomes of a needless fall-back. `until` is when to stop, in the time of
    the event loop.
    """
    return await _Address(road, server_name, limits, until).look(features=features)


class _Address:
    def __init__(self, road: Road, server_name: str | None, limits: Limits, until: float | None) -> None:
        self._road = road
        self._server_name = dns_name(server_name)
        self._limits = limits
        self._until = until
        self._manner = FULL
        self._connect_s: float | None = None
        self._proven: ClientHello | None = None
        self._stopped: NotObserved | None = None
        self._alerts: dict[str, None] = {}
        self._dropped: dict[ClientHello, str] = {}
        self._chains: dict[tuple[bytes, ...], None] = {}
        self._traits = Traits()
        self._intolerances: list[Intolerance] = []

    async def look(self, *, features: bool) -> TlsLook | NotObserved:
        observed_at = datetime.now(UTC)
        versions: list[VersionOffer] = []
        fallback: bool | None = None
        missing: NotObserved | None = None
        try:
            versions = await self._versions()
            fallback = await self._refuses_fallback(versions) if features else None
        except* (HelloError, OSError) as failures:
            missing = not_observed(_first_of(failures))
        if missing or not versions or self._connect_s is None:
            return missing or self._nothing()
        offer = TlsOffer(
            observed_at,
            self._road.opened,
            tuple(sorted(versions, key=lambda offer: -offer.version)),
            await describe(self._traits.primes),
            tuple(self._intolerances),
            self._stopped,
        )
        tls13 = any(served.version is TlsVersion.TLS1_3 for served in versions)
        return TlsLook(
            offer,
            self._traits.features(observed_at, tls13=tls13, fallback_scsv=fallback),
            self._traits.shares,
            tuple(self._chains),
            self._connect_s * 1000,
        )

    def _nothing(self) -> NotObserved:
        if self._alerts:
            return NotObserved(Reason.REJECTED, ", ".join(self._alerts))
        if self._stopped:
            return self._stopped
        if "timed out" in self._dropped.values():
            return NotObserved(Reason.TIMED_OUT)
        return NotObserved(Reason.RESET, "in answer to every hello")

    async def _versions(self) -> list[VersionOffer]:
        """One connection goes ahead; the others follow once the server has answered at all."""
        modern = first_tls13_hello(self._server_name)
        first = await self._answer(modern, again=False)
        if modern in self._dropped and not await self._find_manner():
            return await self._ssl2()
        found = await self._side_by_side(first)
        if not found and self._dropped and self._manner is FULL and await self._find_manner():
            found = await self._side_by_side(first)
        if modern in self._dropped and self._manner is FULL:
            await self._try_with_tls13(found, self._dropped[modern])
        return found

    async def _side_by_side(self, first: Picked | Refused) -> list[VersionOffer]:
        """`first` is the answer to the first hello of TLS 1.3."""
        looks = [self._ssl2, self._tls12, self._old]
        if self._manner is FULL:
            looks.append(partial(self._tls13, first))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(look()) for look in looks]
        return [served for task in tasks for served in task.result()]

    async def _find_manner(self) -> bool:
        """After a hello that was dropped: whether another one is answered."""
        full = first_hello(TlsVersion.TLS1_2, self._server_name)
        hellos = [(FULL, full, ""), *smaller(self._server_name)]
        async with asyncio.TaskGroup() as group:
            for _, hello, _ in hellos:
                group.create_task(self._try(hello))
        if self._stopped:
            return False
        how = ""
        for manner, hello, too_much in hellos:
            if hello not in self._dropped:
                self._manner = manner
                if too_much:
                    self._intolerances.append(Intolerance(too_much, how))
                return True
            how = self._dropped[hello]
        return False

    async def _try_with_tls13(self, found: Iterable[VersionOffer], how: str) -> None:
        """A server of TLS 1.2 may well refuse a hello of TLS 1.3 alone; what real clients send offers both."""
        tls12 = next((served for served in found if served.version is TlsVersion.TLS1_2), None)
        if tls12 is None or any(served.version is TlsVersion.TLS1_3 for served in found):
            return
        hello = both_hello(tls12.suites, self._server_name)
        await self._try(hello)
        if hello in self._dropped:
            self._intolerances.append(Intolerance("TLS 1.3", how))

    async def _tls13(self, first: Picked | Refused) -> list[VersionOffer]:
        served = await self._hold(ask_tls13(self._server_name, key_share), first)
        return [served] if served else []

    async def _tls12(self) -> list[VersionOffer]:
        if self._manner.highest < TlsVersion.TLS1_2:
            return []
        return await self._older(TlsVersion.TLS1_2, None)

    async def _old(self) -> list[VersionOffer]:
        """A server that is known to answer and calls a version too old has nothing older (RFC 5246 appendix E.1)."""
        async with asyncio.TaskGroup() as group:
            tasks = []
            for version in (item for item in _OLD if item <= self._manner.highest):
                hello = self._first(version)
                first = await self._try(hello, again=True)
                too_old = isinstance(first, Refused) and first.alert == PROTOCOL_VERSION
                if first is None or (too_old and self._proven):
                    break
                if not (too_old or (self._manner.small and hello in self._dropped)):
                    tasks.append(group.create_task(self._older(version, first)))
        return [served for task in tasks for served in task.result()]

    def _first(self, version: TlsVersion) -> ClientHello:
        hello = self._manner.dress(first_hello(version, self._server_name))
        if not self._manner.small:
            return hello
        return hello._replace(suites=COMMON_SUITES, groups=COMMON_GROUPS if hello.groups else ())

    async def _older(self, version: TlsVersion, first: Picked | Refused | None) -> list[VersionOffer]:
        hello = self._manner.dress(first_hello(version, self._server_name))
        if self._limits.order and not self._manner.small:
            served = await self._hold(ask_older(hello), first)
            return [served] if served else []
        async with asyncio.TaskGroup() as group:
            parts = [
                group.create_task(self._hold(ask_older(part, order=False, groups=False))) for part in self._parts(hello)
            ]
        suites = {code for part in parts if (served := part.result()) for code in served.suites}
        if not suites:
            return []
        groups = await self._groups(hello, [code for code in hello.suites if code in suites])
        in_our_order = tuple(code for code in hello.suites if code in suites)
        return [VersionOffer(version, in_our_order, Order.NOT_ASKED, groups, Order.NOT_ASKED)]

    def _parts(self, hello: ClientHello) -> Iterable[ClientHello]:
        groups = COMMON_GROUPS if self._manner.small and hello.groups else hello.groups
        return (hello._replace(suites=part, groups=groups) for part in self._manner.suites(hello.suites))

    async def _groups(self, hello: ClientHello, suites: list[int]) -> tuple[int, ...]:
        over_curves = [code for code in suites if over_curve(suite(code))]
        best = min(over_curves, key=lambda code: code in by_ecdsa(), default=None)
        if best is None:
            return ()
        async with asyncio.TaskGroup() as group:
            parts = [
                group.create_task(self._hold(ask_older(hello._replace(suites=(best,), groups=part), order=False)))
                for part in self._manner.groups(hello.groups)
            ]
        found = {code for part in parts if (served := part.result()) for code in served.groups}
        return tuple(code for code in CURVES if code in found)

    async def _ssl2(self) -> list[VersionOffer]:
        """A server that speaks it and names no suite may still take one (CVE-2015-3197)."""
        answer = await self._ssl2_answer()
        if answer is None:
            return []
        self._connect_s = self._connect_s or 0.0
        if answer.certificate:
            self._chains[(answer.certificate,)] = None
        order = Order.CLIENT if len(answer.kinds) > 1 else Order.ONLY_ONE
        return [VersionOffer(TlsVersion.SSL2, answer.kinds, order, (), Order.ONLY_ONE)]

    async def _ssl2_answer(self) -> Ssl2ServerHello | None:
        """A connection that fails once the server has answered at all is tried once more, see _reply."""
        for again in (True, False):
            try:
                return await exchange_ssl2(self._road)
            except (OSError, PreambleError) as error:
                if self._connect_s is None:
                    return None
                if not again:
                    why = not_observed(error)
                    self._stop(why.reason, why.detail)
            except HelloError:
                return None
            await asyncio.sleep(_BACK_OFF_S)
        return None

    async def _refuses_fallback(self, versions: Iterable[VersionOffer]) -> bool | None:
        """Whether a client that offers less than it could, and says so, is turned away; None with one version only."""
        served = sorted((item for item in versions if item.version > TlsVersion.SSL3), key=lambda item: -item.version)
        if len(served) < 2:
            return None
        hello = first_hello(served[1].version, self._server_name)
        hello = self._manner.dress(hello._replace(suites=(*served[1].suites[:20], _FALLBACK_SCSV)))
        answer = await self._try(hello)
        if isinstance(answer, Refused):
            return True if answer.alert == INAPPROPRIATE_FALLBACK else None
        return None if answer is None else False

    async def _hold(
        self, dialogue: Dialogue[VersionOffer | None], answer: Picked | Refused | None = None
    ) -> VersionOffer | None:
        """`answer` is that to the first hello, where it was asked before."""
        talk = Talk(dialogue)
        if answer:
            talk.go_on(answer)
        while talk.hello:
            try:
                reply = await self._reply(talk.hello, talk)
                if talk.hello and _unclear(reply):
                    talk.go_on(await self._settle(talk.hello, reply))
            except Interrupted:
                talk.break_off()
        return talk.found

    async def _try(self, hello: ClientHello, *, again: bool = False) -> Picked | Refused | None:
        """None where the server has stopped answering."""
        try:
            return await self._answer(hello, again=again)
        except Interrupted:
            return None

    async def _answer(self, hello: ClientHello, *, again: bool = True) -> Picked | Refused:
        """Raises Interrupted where the server has stopped answering."""
        return await self._settle(hello, await self._reply(hello), again=again)

    async def _settle(self, hello: ClientHello, reply: Reply, *, again: bool = True) -> Picked | Refused:
        """Raises Interrupted where the server has stopped answering. A close, silence or an odd alert in place of a
        plain no counts as one if it is repeated, and if the server still answers what it answered before.
        """
        if again and _unclear(reply):
            await asyncio.sleep(_RETRY_S)
            reply = await self._reply(hello)
            if _unclear(reply) and self._proven and (await self._reply(self._proven)).hello is None:
                raise self._stop(_reason(reply), f"the server stopped answering after {self._road.opened} connections")
        if _unclear(reply):
            self._dropped[hello] = _how(reply)
        return self._heard(hello, reply)

    def _heard(self, hello: ClientHello, reply: Reply) -> Picked | Refused:
        if reply.hello is None:
            if reply.alert is None:
                return Refused(None)
            self._alerts[str(reply.alert)] = None
            return Refused(reply.alert.description)
        picked = self._learn(reply, reply.hello)
        if picked.usable:
            self._proven = hello
        return picked

    def _learn(self, reply: Reply, picked: ServerHello) -> Picked:
        exchanged = reply.key_exchange
        if reply.chain and len(self._chains) < _CHAINS:
            self._chains[reply.chain] = None
        self._traits.learn(picked, exchanged)
        group = exchanged.group if exchanged else picked.group
        curve = certificate_curve(reply.chain[0]) if reply.chain else None
        return Picked(picked.version, picked.suite, group, curve, usable=reply.complete and not reply.alert)

    async def _reply(self, hello: ClientHello, talk: Talk[VersionOffer | None] | None = None) -> Reply:
        """That to the hello; with a talk that goes on for as long as the replies are clear, the last one.

        Once the server has answered at all, a connection that fails is tried once more, after a while: it may be
        rate limiting. Then it is the end of the whole look: Interrupted.
        """

        def then(reply: Reply) -> ClientHello | None:
            nonlocal hello
            if self._connect_s is None:
                self._connect_s = reply.connect_s
            if talk is None or _unclear(reply):
                return None
            talk.go_on(self._heard(hello, reply))
            hello = talk.hello or hello
            return None if self._stopped else talk.hello

        failed: ClientHello | None = None
        while not self._stopped:
            try:
                return await exchange(self._road, hello, self._limits, then=then, until=self._until)
            except (OSError, PreambleError) as error:
                if self._connect_s is None:
                    raise
                if self._until is not None and asyncio.get_running_loop().time() >= self._until:
                    raise self._stop(Reason.TIMED_OUT, "not done in time") from None
                if hello is failed:
                    why = not_observed(error)
                    raise self._stop(why.reason, why.detail or f"after {self._road.opened} connections") from None
                failed = hello
                await asyncio.sleep(_BACK_OFF_S)
        raise Interrupted

    def _stop(self, reason: Reason, detail: str) -> Interrupted:
        self._stopped = self._stopped or NotObserved(reason, detail)
        return Interrupted()


def _unclear(reply: Reply) -> bool:
    return not reply.complete or (reply.alert is not None and reply.alert.description not in _PLAIN_NO)


def _how(reply: Reply) -> str:
    return str(reply.alert) if reply.alert else "timed out" if reply.silent else "closed"


def _reason(reply: Reply) -> Reason:
    return Reason.TIMED_OUT if reply.silent else Reason.RESET


def dns_name(host: str | None) -> str | None:
    """The name to send: none for an IP literal, and without the final dot (RFC 6066 section 3)."""
    if host is None or is_ip_address(host):
        return None
    return host.rstrip(".") or None


def _first_of(failures: BaseExceptionGroup[Exception]) -> Exception:
    first = failures.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


def not_observed(error: Exception) -> NotObserved:
    match error:
        case HelloError():
            return NotObserved(error.reason, str(error))
        case TimeoutError():
            return NotObserved(Reason.TIMED_OUT)
        case ConnectionRefusedError():
            return NotObserved(Reason.REFUSED)
        case ConnectionError():
            return NotObserved(Reason.RESET, "" if error.args[1:] else str(error))
        case OSError() if error.errno in OWN_TROUBLE:
            return NotObserved(Reason.PROBE_FAILED, error.strerror or "")
        case _:
            return NotObserved(Reason.UNREACHABLE, getattr(error, "strerror", None) or "")
