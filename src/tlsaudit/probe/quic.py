"""QUIC at the UDP ports of an address: one handshake each, verifying nothing."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
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
from tlsaudit.probe.handshake import dns_name
from tlsaudit.probe.hello.alert import alert_name
from tlsaudit.probe.quic_hello import any_version, first_hello
from tlsaudit.target import Endpoint, SocketAddress

if TYPE_CHECKING:
    from aioquic.quic.connection import QuicConnection

PROTOCOL = "h3"
"""HTTP/3 (RFC 9114) by its name in ALPN and Alt-Svc; those of its drafts are not asked for."""

_PAUSES_S = (0.25, 0.5, 1.25)
_ANSWER_S = sum(_PAUSES_S)
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
    """One QUIC handshake for HTTP/3, of two seconds at most; the connection is closed at once. It begins once somebody
    has answered something simpler within as long: most ports are silent.
    """
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.setblocking(False)
            udp.connect(address)  # so that only this peer is heard, and that a closed port is an error
            await _answers(udp, host)
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


async def _answers(udp: socket.socket, host: str) -> None:
    """Wait until something is heard. Raises OSError where the port is closed, TimeoutError where nobody answers."""
    loop = asyncio.get_running_loop()
    hello = first_hello(dns_name(host), PROTOCOL)
    for datagram, seconds in zip((any_version(), hello, hello), _PAUSES_S, strict=True):
        await loop.sock_sendall(udp, datagram)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await loop.sock_recv(udp, 1 << 16)
                return
    raise TimeoutError


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
