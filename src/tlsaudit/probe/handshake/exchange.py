"""One connection: a ClientHello out, the first flight in."""

import asyncio
import os
from dataclasses import dataclass

from tlsaudit.evidence import TlsVersion
from tlsaudit.probe.hello import (
    Alert,
    Certificate,
    ClientHello,
    Flight,
    ServerHello,
    ServerHelloDone,
    ServerKeyExchange,
    push_client_hello,
    push_record,
)
from tlsaudit.probe.hello.record import HANDSHAKE
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road


@dataclass(slots=True)
class Reply:
    """What came back. Neither hello nor alert: the server closed or reset the connection.

    `connect_s` is the time of the TCP handshake in seconds.
    """

    connect_s: float = 0.0
    hello: ServerHello | None = None
    chain: tuple[bytes, ...] = ()
    key_exchange: ServerKeyExchange | None = None
    alert: Alert | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing more is to be learned: an alert ends all, and what follows in TLS 1.3 is encrypted."""
        if self.alert:
            return True
        if self.hello is None:
            return False
        return self.hello.version == TlsVersion.TLS1_3 or self.key_exchange is not None


async def exchange(road: Road, hello: ClientHello, limits: Limits) -> Reply:
    """Ask once. Raises OSError and PreambleError where there is no connection, TimeoutError where no whole answer
    comes in time, HelloError where the answer is malformed.
    """
    reply = Reply()
    flight = Flight(limits.flight_bytes)
    async with road.connection() as connection:
        reply.connect_s = connection.connect_s
        try:
            async with asyncio.timeout(limits.answer_s):
                await connection.send(_record(hello))
                while not reply.complete:
                    data = await connection.receive()
                    if not data:
                        flight.end()
                        break
                    _read(flight, data, reply)
        except (ConnectionResetError, BrokenPipeError):
            flight.end()
    return reply


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
