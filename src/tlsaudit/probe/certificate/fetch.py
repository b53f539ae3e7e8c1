"""The certificates of a server that sends them encrypted (TLS 1.3): a real handshake, verifying nothing."""

import asyncio
import ipaddress
import ssl
from functools import cache
from typing import Any

from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Connection, PreambleError, Road

# The first that fits. A name that cannot be put into a hello is a ValueError.
_REASONS = (
    (TimeoutError, Reason.TIMED_OUT),
    (ConnectionRefusedError, Reason.REFUSED),
    (ConnectionError, Reason.RESET),
    (ssl.SSLError, Reason.REJECTED),
    (OSError, Reason.UNREACHABLE),
    (ValueError, Reason.PROBE_FAILED),
)


async def fetch_chain(road: Road, server_name: str | None, limits: Limits) -> tuple[bytes, ...] | NotObserved:
    """The chain that is sent for a host name at the end of a road: DER, leaf first, never empty.

    OpenSSL bounds what it reads before the handshake is done: 100 KB of certificates, and the same again.
    """
    try:
        name = _sni(server_name)
        async with road.connection() as connection, asyncio.timeout(limits.answer_s):
            chain = _unverified_chain(await _handshake(connection, name))
    except (OSError, ValueError, PreambleError) as error:
        return _not_observed(error)
    return chain or NotObserved(Reason.PROBE_FAILED, "the server sent no certificate")


async def _handshake(connection: Connection, server_name: str) -> ssl.SSLObject:
    """Raises OSError; what OpenSSL says of the server is an SSLError."""
    received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = _context().wrap_bio(received, to_send, server_hostname=server_name or None)
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            await connection.send(to_send.read())
            data = await connection.receive()
            if not data:
                raise ConnectionResetError from None
            received.write(data)
        else:
            return tls


def _not_observed(error: OSError | ValueError | PreambleError) -> NotObserved:
    if isinstance(error, PreambleError):
        return NotObserved(error.reason, str(error))
    reason = next(reason for kind, reason in _REASONS if isinstance(error, kind))
    if isinstance(error, ssl.SSLError):
        return NotObserved(reason, (error.reason or "").replace("_", " ").lower())
    return NotObserved(reason, getattr(error, "strerror", str(error)) or "")


@cache
def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _sni(server_name: str | None) -> str:
    """The name as it goes into the hello: none for an IP literal, no trailing dot (RFC 6066 section 3).

    Raises ValueError.
    """
    name = (server_name or "").rstrip(".")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.encode("idna").decode("ascii")
    return ""


def _unverified_chain(connection: Any) -> tuple[bytes, ...]:
    if hasattr(connection, "get_unverified_chain"):  # Python 3.13 and later
        return tuple(connection.get_unverified_chain())
    return tuple(
        ssl.PEM_cert_to_DER_cert(item.public_bytes()) for item in connection._sslobj.get_unverified_chain() or ()
    )
