"""QUIC at the UDP ports of an address: one handshake each, verifying nothing."""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from tlsaudit.evidence import (
    Alternative,
    Certificates,
    HttpsExchange,
    NotObserved,
    QuicOffer,
    QuicSession,
    Reason,
    parse_alt_svc,
)
from tlsaudit.probe.extra import Extra
from tlsaudit.probe.hello.alert import alert_name
from tlsaudit.target import Endpoint, SocketAddress

if TYPE_CHECKING:
    from aioquic.quic.connection import QuicConnection

EXTRA = Extra("quic", "aioquic")

PROTOCOL = "h3"
"""HTTP/3 (RFC 9114) by its name in ALPN and Alt-Svc; those of its drafts are not asked for."""

_ANSWER_S = 2.0
_KNOCK_S = 0.25
_FIRST_BYTES = 1200
_MOST_DATAGRAMS = 256
_MOST_PORTS = 4
_CRYPTO_ERROR = 0x100  # and the alert (RFC 9000 section 20.1)


def load() -> None:
    """Load the library, which takes a third of a second: to be done while no deadline runs."""
    import_module("aioquic.quic.connection")
    logging.getLogger("quic").disabled = True  # it logs what servers do wrong


async def probe_quic(
    endpoint: Endpoint,
    address: SocketAddress,
    https: Callable[[], Awaitable[HttpsExchange | NotObserved]],
    certificates: Callable[[], Awaitable[Certificates | NotObserved]],
) -> QuicOffer | NotObserved:
    """QUIC at the https port, and at the ports that Alt-Svc names for HTTP/3 on the same host, four at most.

    `address` is that of the https port; `https` and `certificates` wait for what was seen over TCP. Where an
    advertised port does not answer it is asked a second time. Another host that Alt-Svc names is not asked.
    """
    async with asyncio.TaskGroup() as group:
        first = group.create_task(handshake(endpoint.host, address))
        advertised = _advertised(endpoint.host, await https())
        named = _ports(advertised)
        others = {
            port: group.create_task(_patient(endpoint.host, _listening(endpoint, port, address)))
            for port in named
            if port != endpoint.port
        }
        session = await first
        if isinstance(session, NotObserved) and endpoint.port in named:
            session = await handshake(endpoint.host, address)
    sessions = ((endpoint.port, session), *((port, task.result()) for port, task in others.items()))
    if isinstance(advertised, NotObserved) and isinstance(session, NotObserved):
        return advertised
    shown = await certificates()
    leaves = () if isinstance(shown, NotObserved) else tuple(chain.leaf.sha256 for chain in shown.chains)
    return QuicOffer(datetime.now(UTC), advertised, sessions, leaves)


def _advertised(host: str, https: HttpsExchange | NotObserved) -> tuple[Alternative, ...] | NotObserved:
    if isinstance(https, NotObserved):
        return https
    (hop, *_) = https.visits[0].hops
    return tuple(item._replace(host="") if item.host == host.lower() else item for item in parse_alt_svc(hop.alt_svc))


def _ports(advertised: tuple[Alternative, ...] | NotObserved) -> list[int]:
    if isinstance(advertised, NotObserved):
        return []
    own = (item.port for item in advertised if item.protocol == PROTOCOL and not item.host)
    return list(dict.fromkeys(own))[:_MOST_PORTS]


def _listening(endpoint: Endpoint, port: int, address: SocketAddress) -> SocketAddress:
    return address[0], endpoint.route.listening_port(endpoint.host, port, address[0])


async def _patient(host: str, address: SocketAddress) -> QuicSession | NotObserved:
    session = await handshake(host, address)
    return await handshake(host, address) if isinstance(session, NotObserved) else session


async def handshake(host: str, address: SocketAddress) -> QuicSession | NotObserved:
    """One QUIC handshake for HTTP/3, of two seconds at most; the connection is closed at once. A port that is closed is
    found so before any keys are made, which takes 2 ms.
    """
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.setblocking(False)
            udp.connect(address)  # so that only this peer is heard, and that a closed port is an error
            await _knock(udp)
            async with asyncio.timeout(_ANSWER_S):
                return await _handshake(udp, host, address)
    except TimeoutError:
        return NotObserved(Reason.TIMED_OUT, f"no QUIC handshake within {_ANSWER_S:g} s")
    except ConnectionRefusedError:
        return NotObserved(Reason.REFUSED)
    except OSError as error:
        return NotObserved(Reason.UNREACHABLE, error.strerror or "")
    except Exception as error:  # whatever the library raises at what a hostile server sends
        return NotObserved(Reason.PROBE_FAILED, f"no QUIC handshake: {type(error).__name__}")


async def _knock(udp: socket.socket) -> None:
    """Say what costs nothing to say. Raises OSError where the port is closed; a server of QUIC answers with its
    versions (RFC 9000 section 6.1), and one that says nothing is not waited for.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_KNOCK_S):
            await loop.sock_sendall(udp, _any_version())
            await loop.sock_recv(udp, 1 << 16)
    except TimeoutError:
        pass


@cache
def _any_version() -> bytes:
    """The beginning of a long header of a version that exists for this (RFC 9000 section 15), with two connection ids
    of 8 bytes, as long as a first datagram has to be (section 14.1).
    """
    ids = b"".join(b"\x08" + os.urandom(8) for _ in range(2))
    return (b"\xc0\x1a\x2a\x3a\x4a" + ids).ljust(_FIRST_BYTES, b"\0")


async def _handshake(udp: socket.socket, host: str, address: SocketAddress) -> QuicSession | NotObserved:
    loop = asyncio.get_running_loop()
    connection = _connection(host)
    connection.connect(address, loop.time())
    received = 0
    ended: QuicSession | NotObserved | None = None
    while True:
        for datagram, _ in connection.datagrams_to_send(loop.time()):
            await loop.sock_sendall(udp, datagram)
        if ended:
            return ended
        if received == _MOST_DATAGRAMS:
            return NotObserved(Reason.TOO_LARGE, f"no QUIC handshake in {received} datagrams")
        try:
            async with asyncio.timeout_at(connection.get_timer()):
                datagram = await loop.sock_recv(udp, 1 << 16)
        except TimeoutError:
            connection.handle_timer(loop.time())
        else:
            received += 1
            connection.receive_datagram(datagram, address, loop.time())
        ended = _ended(connection)


def _connection(host: str) -> "QuicConnection":
    load()
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.connection import QuicConnection

    return QuicConnection(
        configuration=QuicConfiguration(
            alpn_protocols=[PROTOCOL], server_name=host.rstrip("."), verify_mode=ssl.CERT_NONE
        )
    )


def _ended(connection: "QuicConnection") -> QuicSession | NotObserved | None:
    """What the events since the last look come to; None where the handshake goes on."""
    from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted
    from cryptography.hazmat.primitives.hashes import SHA256

    while event := connection.next_event():
        if isinstance(event, HandshakeCompleted):
            leaf = connection.tls._peer_certificate
            if leaf is None or connection._version is None:
                return NotObserved(Reason.PROBE_FAILED, "no certificate over QUIC")
            connection.close()
            return QuicSession(connection._version, event.alpn_protocol or "", leaf.fingerprint(SHA256()).hex())
        if isinstance(event, ConnectionTerminated):
            return NotObserved(Reason.REJECTED, _why(event.error_code))
    return None


def _why(error_code: int) -> str:
    if _CRYPTO_ERROR <= error_code < 2 * _CRYPTO_ERROR:
        return f"over QUIC: {alert_name(error_code - _CRYPTO_ERROR)}"
    return f"over QUIC: error {error_code:#x}"
