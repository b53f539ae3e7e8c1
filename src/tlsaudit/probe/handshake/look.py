"""The TLS probe: asks one address about all versions side by side, and says only what it saw."""

import asyncio
import errno
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime

from tlsaudit.evidence import NotObserved, Reason, TlsOffer, TlsVersion, VersionOffer
from tlsaudit.probe.handshake.exchange import Reply, exchange
from tlsaudit.probe.handshake.keyshare import key_share
from tlsaudit.probe.handshake.plan import Dialogue, Picked, Refused, ask_older, ask_tls13
from tlsaudit.probe.handshake.primes import describe
from tlsaudit.probe.hello import ClientHello, HelloError, ServerHello
from tlsaudit.probe.hello.alert import (
    DECODE_ERROR,
    HANDSHAKE_FAILURE,
    ILLEGAL_PARAMETER,
    INSUFFICIENT_SECURITY,
    MISSING_EXTENSION,
    PROTOCOL_VERSION,
    UNRECOGNIZED_NAME,
)
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road

_CHAINS = 8  # one for each kind of key is honest; a new one of a megabyte each time is not
_RETRY_S = 0.2

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
    }
)

# Trouble on this side of the wire says nothing about the server.
_OWN_TROUBLE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})


@dataclass(frozen=True, slots=True)
class TlsLook:
    """`chains` are the distinct certificate chains (DER, leaf first) seen in flights up to TLS 1.2; empty
    where only TLS 1.3 is served, whose certificates are encrypted. `connect_ms` is the time of a TCP handshake.
    """

    offer: TlsOffer
    chains: tuple[tuple[bytes, ...], ...]
    connect_ms: float


async def probe_tls(road: Road, server_name: str | None, limits: Limits) -> TlsLook | NotObserved:
    """What is served at the end of a road for a host name.

    Either everything was asked and answered, or it is NotObserved: a list is never shorter because the
    server fell silent. The caller bounds the total time by cancelling.
    """
    return await _Address(road, server_name, limits).look()


class _Address:
    def __init__(self, road: Road, server_name: str | None, limits: Limits) -> None:
        self._road = road
        self._server_name = _dns_name(server_name)
        self._limits = limits
        self._first: Reply | None = None
        # One connection goes ahead; the others follow once the server has answered at all.
        self._slots = asyncio.Semaphore(1)
        self._proven: ClientHello | None = None
        self._alerts: dict[str, None] = {}
        self._chains: dict[tuple[bytes, ...], None] = {}
        self._primes: set[int] = set()

    async def look(self) -> TlsLook | NotObserved:
        observed_at = datetime.now(UTC)
        missing: NotObserved | None = None
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._hold(dialogue)) for dialogue in self._dialogues()]
        except* (HelloError, OSError) as failures:
            missing = not_observed(failures.exceptions[0])
        if missing:
            return missing
        versions = tuple(served for task in tasks if (served := task.result()))
        if not versions or self._first is None:
            said = ", ".join(self._alerts)
            return NotObserved(Reason.REJECTED, said) if said else NotObserved(Reason.RESET, "in answer to every hello")
        offer = TlsOffer(observed_at, self._road.opened, versions, await describe(self._primes))
        return TlsLook(offer, tuple(self._chains), self._first.connect_s * 1000)

    def _dialogues(self) -> list[Dialogue[VersionOffer | None]]:
        older = (TlsVersion.TLS1_2, TlsVersion.TLS1_1, TlsVersion.TLS1_0, TlsVersion.SSL3)
        return [ask_tls13(self._server_name, key_share), *(ask_older(item, self._server_name) for item in older)]

    async def _hold(self, dialogue: Dialogue[VersionOffer | None]) -> VersionOffer | None:
        try:
            hello = next(dialogue)
            while True:
                hello = dialogue.send(await self._answer(hello))
        except StopIteration as done:
            found: VersionOffer | None = done.value
            return found

    async def _answer(self, hello: ClientHello) -> Picked | Refused:
        reply = await self._ask(hello)
        if _unclear(reply):
            # A close or an odd alert in place of a plain no counts as one if it is repeated, and if the
            # server still answers what it answered before.
            await asyncio.sleep(_RETRY_S)
            reply = await self._ask(hello)
            if _unclear(reply) and self._proven and (await self._ask(self._proven)).hello is None:
                raise ConnectionResetError(f"the server stopped answering after {self._road.opened} connections")
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
        if exchanged and exchanged.prime:
            self._primes.add(exchanged.prime)
        group = exchanged.group if exchanged else picked.group
        return Picked(picked.version, picked.suite, group, usable=reply.complete and not reply.alert)

    async def _ask(self, hello: ClientHello) -> Reply:
        # A slot is given back after an answer only: whatever else happens is the end of the whole look.
        await self._slots.acquire()
        reply = await exchange(self._road, hello, self._limits)
        self._slots.release()
        if self._first is None:
            self._first = reply
            for _ in range(1, self._limits.connections_per_address):
                self._slots.release()
        return reply


def _unclear(reply: Reply) -> bool:
    return not reply.complete or (reply.alert is not None and reply.alert.description not in _PLAIN_NO)


def _dns_name(host: str | None) -> str | None:
    """The name to send: none for an IP literal, and without the final dot (RFC 6066 section 3)."""
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return (host or "").rstrip(".") or None
    return None


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
        case OSError() if error.errno in _OWN_TROUBLE:
            return NotObserved(Reason.PROBE_FAILED, error.strerror or "")
        case _:
            return NotObserved(Reason.UNREACHABLE, getattr(error, "strerror", None) or "")
