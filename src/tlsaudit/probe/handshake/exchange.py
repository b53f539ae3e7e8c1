"""One connection: a hello out, the first flight in."""

import os
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
from tlsaudit.probe.question import Ending
from tlsaudit.probe.road import Road


@dataclass(slots=True)
class Reply:
    """What came back. Neither hello nor alert: the server closed or reset the connection, or, where it is `silent`,
    said nothing more in time.

    `connect_s` is the time of the TCP handshake in seconds.
    """

    connect_s: float = 0.0
    hello: ServerHello | None = None
    chain: tuple[bytes, ...] = ()
    key_exchange: ServerKeyExchange | None = None
    alert: Alert | None = None
    silent: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing more is to be learned: an alert ends all, and what follows in TLS 1.3 is encrypted."""
        if self.alert:
            return True
        if self.hello is None:
            return False
        return self.hello.version == TlsVersion.TLS1_3 or self.key_exchange is not None


async def exchange(road: Road, hello: ClientHello, limits: Limits, *, until: float | None = None) -> Reply:
    """Ask once, as exchange_record does."""
    return await exchange_record(road, _record(hello), limits, until=until)


async def exchange_record(road: Road, record: bytes, limits: Limits, *, until: float | None = None) -> Reply:
    """Send a record with a ClientHello, read the answer. `until` is when to stop, in the time of the event loop. Raises
    what Road raises where there is no connection or no time left, HelloError where the answer is malformed.
    """
    reply = Reply()
    flight = Flight(limits.flight_bytes)

    def take(data: bytes) -> bool:
        if data:
            _read(flight, data, reply)
        return not data or reply.complete

    ending, reply.connect_s = await road.ask(record, take, until)
    reply.silent = ending is Ending.SILENT
    if not (reply.complete or reply.silent):
        flight.end()
    return reply


async def exchange_ssl2(road: Road) -> Ssl2ServerHello | None:
    """Ask in SSL 2.0; None for whatever is no answer to that. Raises what Road raises."""
    reader = Ssl2Reader()
    answers: list[Ssl2ServerHello] = []

    def take(data: bytes) -> bool:
        try:
            if data and (answer := reader.receive(data)):
                answers.append(answer)
        except HelloError:
            return True
        return not data or bool(answers)

    await road.ask(push_ssl2_client_hello(SSL2_KINDS, os.urandom(16)), take)
    return answers[0] if answers else None


def _record(hello: ClientHello) -> bytes:
    # TLS 1.3 carries a session id so that middleboxes take it for TLS 1.2 (RFC 8446 appendix D.4).
    random = os.urandom(64)
    session_id = random[32:] if hello.version == TlsVersion.TLS1_3 else b""
    message = push_client_hello(hello, random[:32], session_id)
    return push_record(HANDSHAKE, message, min(hello.version, TlsVersion.TLS1_0))


def _read(flight: Flight, data: bytes, reply: Reply) -> None:
    for message in flight.receive(data):
        match message:
            case ServerHello():
                reply.hello = message
            case Certificate():
                reply.chain = message.chain
            case ServerKeyExchange():
                reply.key_exchange = message
            case ServerHelloDone():
                reply.key_exchange = reply.key_exchange or ServerKeyExchange()
            case Alert():
                reply.alert = message
        if reply.complete:
            return
