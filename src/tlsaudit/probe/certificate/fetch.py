"""The certificates of a server that sends them encrypted (TLS 1.3): a real handshake, verifying nothing."""

import asyncio
import ipaddress
import ssl
from functools import cache
from typing import Any

from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.probe.limits import Limits

# The first that fits. A name that cannot be put into a hello is a ValueError.
_REASONS = (
    (TimeoutError, Reason.TIMED_OUT),
    (ConnectionRefusedError, Reason.REFUSED),
    (ConnectionError, Reason.RESET),
    (ssl.SSLError, Reason.REJECTED),
    (OSError, Reason.UNREACHABLE),
    (ValueError, Reason.PROBE_FAILED),
)


async def fetch_chain(
    address: tuple[str, int], server_name: str | None, limits: Limits
) -> tuple[bytes, ...] | NotObserved:
    """The chain that an IP address and port sends for a host name: DER, leaf first, never empty.

    OpenSSL bounds what it reads before the handshake is done: 100 KB of certificates, and the same again.
    """
    budget = limits.connect_s + limits.answer_s
    try:
        async with asyncio.timeout(budget):
            _, writer = await asyncio.open_connection(
                *address,
                ssl=_context(),
                server_hostname=_sni(server_name),
                # Longer than the timeout outside, which says it more clearly.
                ssl_handshake_timeout=budget + 1,
            )
    except (OSError, ValueError) as error:
        return _not_observed(error)
    chain = _unverified_chain(writer.get_extra_info("ssl_object"))
    # Not close(): that would wait for the server's farewell.
    writer.transport.abort()
    return chain or NotObserved(Reason.PROBE_FAILED, "the server sent no certificate")


def _not_observed(error: OSError | ValueError) -> NotObserved:
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

    Raises ValueError; asyncio would find out only when it is connected, and leave the socket open.
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
