"""One connection: a ClientHello out, the first flight in."""

import asyncio
import os
import socket
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

_CHUNK_BYTES = 1 << 16


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


async def exchange(address: tuple[str, int], hello: ClientHello, limits: Limits) -> Reply:
    """Ask once. Raises OSError where there is no connection, TimeoutError where no whole answer comes in
    time, HelloError where the answer is malformed.
    """
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    reply = Reply()
    flight = Flight(limits.flight_bytes)
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.setblocking(False)
        started = loop.time()
        async with asyncio.timeout(limits.connect_s):
            await loop.sock_connect(connection, address)
        reply.connect_s = loop.time() - started
        try:
            async with asyncio.timeout(limits.answer_s):
                await loop.sock_sendall(connection, _record(hello))
                while not reply.complete:
                    data = await loop.sock_recv(connection, _CHUNK_BYTES)
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
