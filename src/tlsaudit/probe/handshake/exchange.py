"""One connection: a hello out, the first flight in."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from tlsaudit.evidence import SSL2_KINDS, TlsVersion
from tlsaudit.probe.hello import (
    Alert,
    Certificate,
    ClientHello,
    Flight,
    HelloError,
    ServerHello,
    ServerHelloDone,
    ServerKeyExchange,
    Ssl2Reader,
    Ssl2ServerHello,
    push_client_hello,
    push_record,
    push_ssl2_client_hello,
)
from tlsaudit.probe.hello.record import HANDSHAKE
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Ending, Road

_TLS1_0, _TLS1_3 = TlsVersion.TLS1_0, TlsVersion.TLS1_3


@dataclass(slots=True)
class Reply:
    """What came back. Neither hello nor alert: the server closed or reset the connection, or, where it is `silent`,
    said nothing more in time.

    `complete`: nothing more is to be learned; an alert ends all, and what follows in TLS 1.3 is encrypted.
    `connect_s` is the time of the TCP handshake in seconds.
    """

    connect_s: float = 0.0
    hello: ServerHello | None = None
    chain: tuple[bytes, ...] = ()
    key_exchange: ServerKeyExchange | None = None
    alert: Alert | None = None
    complete: bool = False
    silent: bool = False


Next = Callable[[Reply], ClientHello | None]


def _no_more(_: Reply) -> None:
    return None


async def exchange(
    road: Road, hello: ClientHello, limits: Limits, *, then: Next = _no_more, until: float | None = None
) -> Reply:
    """Ask as exchange_record does, and go on asking for as long as `then` makes the next hello of a reply. Returns the
    last reply. Raises what `then` raises, too.
    """
    asked = _Exchange(_record(hello), limits, then)
    await road.ask(asked, until)
    return asked.reply


async def exchange_record(road: Road, record: bytes, limits: Limits, *, until: float | None = None) -> Reply:
    """Send a record with a ClientHello, read the answer. `until` is when to stop, in the time of the event loop. Raises
    what Road raises where there is no connection or no time left, HelloError where the answer is malformed.
    """
    asked = _Exchange(record, limits, _no_more)
    await road.ask(asked, until)
    return asked.reply


async def exchange_ssl2(road: Road) -> Ssl2ServerHello | None:
    """Ask in SSL 2.0; None for whatever is no answer to that. Raises what Road raises."""
    asked = _Ssl2Exchange()
    await road.ask(asked)
    return asked.answer


class _Exchange:
    """What a road is asked with; `reply` is the last one."""

    to_say, within_s = b"", None

    def __init__(self, record: bytes, limits: Limits, then: Next) -> None:
        self.hello = record
        self.reply = Reply()
        self._flight = Flight(limits.flight_bytes)
        self._limits = limits
        self._then = then

    def take(self, data: bytes) -> bool:
        if data:
            _read(self._flight, data, self.reply)
        return not data or self.reply.complete

    def ended(self, ending: Ending, connect_s: float) -> bool:
        reply = self.reply
        reply.connect_s, reply.silent = connect_s, ending is Ending.SILENT
        if not (reply.complete or reply.silent):
            self._flight.end()
        following = self._then(reply)
        if following is None:
            return False
        self.hello, self.reply, self._flight = _record(following), Reply(), Flight(self._limits.flight_bytes)
        return True


class _Ssl2Exchange:
    to_say, within_s = b"", None

    def __init__(self) -> None:
        self.hello = push_ssl2_client_hello(SSL2_KINDS, os.urandom(16))
        self.answer: Ssl2ServerHello | None = None
        self._reader = Ssl2Reader()

    def take(self, data: bytes) -> bool:
        try:
            self.answer = self._reader.receive(data) if data else None
        except HelloError:
            return True
        return not data or self.answer is not None

    def ended(self, _ending: Ending, _connect_s: float) -> bool:
        return False


def _record(hello: ClientHello) -> bytes:
    # TLS 1.3 carries a session id so that middleboxes take it for TLS 1.2 (RFC 8446 appendix D.4).
    random = os.urandom(64)
    session_id = random[32:] if hello.version == _TLS1_3 else b""
    message = push_client_hello(hello, random[:32], session_id)
    return push_record(HANDSHAKE, message, min(hello.version, _TLS1_0))


def _read(flight: Flight, data: bytes, reply: Reply) -> None:
    flight.feed(data)
    while message := flight.pull():
        match message:
            case ServerHello():
                reply.hello, reply.complete = message, message.version == _TLS1_3
            case Certificate():
                reply.chain = message.chain
            case ServerKeyExchange():
                reply.key_exchange, reply.complete = message, True
            case ServerHelloDone():
                reply.key_exchange, reply.complete = ServerKeyExchange(), True
            case Alert():
                reply.alert, reply.complete = message, True
        if reply.complete:
            return
