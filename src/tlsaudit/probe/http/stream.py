"""A TCP connection and the TLS on it, as httpcore wants them: the socket's own calls, which do not block.

httpcore has streams of its own, upon those of anyio, which cost more CPU.
"""

import asyncio
import select
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import httpcore

from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.target import SocketAddress

# OpenSSL's X509_V_ERR codes and what a reader makes of them; others speak for themselves.
_DISTRUST = {
    9: "the certificate is not yet valid",
    10: "the certificate has expired",
    18: "the certificate is self-signed",
    19: "the chain ends in a root that is not trusted",
    20: "the issuer of the certificate is not known",
    21: "the issuer of the certificate is not known",
    62: "the certificate is for another name",
    64: "the certificate is for another address",
}

# As OpenSSL calls them. What a server sends where it got no certificate is not always certificate_required.
_CERTIFICATE_ALERTS = frozenset(
    {
        "CERTIFICATE_REQUIRED",
        "NO_CERTIFICATE",
        "BAD_CERTIFICATE",
        "UNSUPPORTED_CERTIFICATE",
        "CERTIFICATE_REVOKED",
        "CERTIFICATE_EXPIRED",
        "CERTIFICATE_UNKNOWN",
        "UNKNOWN_CA",
    }
)

T = TypeVar("T")


class Unreachable(httpcore.ConnectError):
    """No connection; `why` says what evidence is missing."""

    def __init__(self, why: NotObserved) -> None:
        super().__init__(str(why))
        self.why = why


class Untrusted(Unreachable):
    """The certificate was not accepted; `why.detail` says why."""


async def connect(address: SocketAddress, seconds: float) -> "Stream":
    """A connection to an IP address. Raises OSError, a TimeoutError where nothing is heard in time."""
    opened = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(opened, address)
    except BaseException:
        opened.close()
        raise
    return Stream(opened)


class Stream(httpcore.AsyncNetworkStream):
    """Raises httpcore's exceptions, Unreachable where a TLS handshake fails."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        await asyncio.sleep(0)  # who sends without end is not to keep everybody else waiting
        try:
            return await self._done(partial(self._socket.recv, max_bytes), timeout)
        except TimeoutError:
            raise httpcore.ReadTimeout from None
        except ssl.SSLError as error:  # a late alert, or a record that does not decrypt
            why = _why_no_tls(error)
            # In TLS 1.3 the client is the first to think that the handshake is done.
            if why.reason is Reason.CLIENT_CERTIFICATE:
                raise Unreachable(why) from None
            raise httpcore.ReadError(error.reason) from error
        except OSError as error:
            raise httpcore.ReadError(error.strerror) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        left = memoryview(buffer)
        try:
            while left:
                sent = await self._done(partial(self._socket.send, left), timeout, writes=True)
                left = left[sent:]
        except TimeoutError:
            raise httpcore.WriteTimeout from None
        except OSError as error:
            raise httpcore.WriteError(error.strerror) from error

    async def aclose(self) -> None:
        self._socket.close()

    async def encrypt(self, context: ssl.SSLContext, name: str, seconds: float) -> None:
        """Shake hands with the host of this name. Raises Unreachable, and the connection is closed then."""
        try:
            self._socket = tls = context.wrap_socket(self._socket, do_handshake_on_connect=False, server_hostname=name)
            await self._done(tls.do_handshake, seconds)
        except BaseException as error:
            self._socket.close()
            if isinstance(error, OSError):
                raise _not_begun(error) from None
            raise

    def get_extra_info(self, info: str) -> bool | None:
        return _is_readable(self._socket) if info == "is_readable" else None

    async def _done(self, call: Callable[[], T], seconds: float | None, *, writes: bool = False) -> T:
        """What a call gives once it does not block. Raises TimeoutError, and what it raises."""
        async with asyncio.timeout(seconds):
            while True:
                try:
                    return call()
                except BlockingIOError:
                    await self._ready(writes=writes)
                except ssl.SSLWantReadError:
                    await self._ready(writes=False)
                except ssl.SSLWantWriteError:
                    await self._ready(writes=True)

    async def _ready(self, *, writes: bool) -> None:
        loop = asyncio.get_running_loop()
        watch, forget = (loop.add_writer, loop.remove_writer) if writes else (loop.add_reader, loop.remove_reader)
        ready: asyncio.Future[None] = loop.create_future()
        watch(self._socket, _end, ready)
        try:
            await ready
        finally:
            forget(self._socket)


def _end(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


def _is_readable(connected: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))


def _not_begun(error: OSError) -> Unreachable:
    if isinstance(error, TimeoutError):
        return Unreachable(NotObserved(Reason.TIMED_OUT, "no answer to the TLS hello"))
    if isinstance(error, ssl.SSLCertVerificationError):
        return Untrusted(NotObserved(Reason.REJECTED, _DISTRUST.get(error.verify_code, error.verify_message)))
    return Unreachable(_why_no_tls(error))


def _why_no_tls(error: OSError) -> NotObserved:
    reason = error.reason if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError) else None
    if not reason:  # OpenSSL has nothing to object
        return NotObserved(Reason.RESET, "during the TLS handshake")
    what = reason.lower().replace("_", " ")
    _, _, alert = reason.partition("_ALERT_")
    if alert in _CERTIFICATE_ALERTS:  # our certificate is missing or not to the server's liking (RFC 8446 section 6.2)
        return NotObserved(Reason.CLIENT_CERTIFICATE, what)
    rejected = "alert" in what or what == "unsupported protocol"
    return NotObserved(Reason.REJECTED if rejected else Reason.NOT_TLS, what)
