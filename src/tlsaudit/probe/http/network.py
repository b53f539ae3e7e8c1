"""Where an HTTP connection really goes, and what to call it when it does not get there."""

import asyncio
import errno
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import certifi
import httpcore

from tlsaudit.errors import UserError
from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.probe.http.client_certificate import ClientCertificate
from tlsaudit.probe.lookup import ip_version, is_local_name, is_public, look_up
from tlsaudit.probe.preamble import PreambleError
from tlsaudit.probe.proxy import Tunnel, no_way
from tlsaudit.target import Endpoint, SocketAddress

_MAX_ADDRESSES = 4
_CHUNK_BYTES = 1 << 16
_OP_LEGACY_SERVER_CONNECT = 0x4  # has a name in the ssl module from Python 3.12 on

_REASONS = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.ECONNRESET: Reason.RESET,
    errno.EPIPE: Reason.RESET,
    errno.ETIMEDOUT: Reason.TIMED_OUT,
    errno.EHOSTUNREACH: Reason.UNREACHABLE,
    errno.ENETUNREACH: Reason.UNREACHABLE,
    errno.EACCES: Reason.UNREACHABLE,  # a firewall that says so over IPv6 (RFC 4443 section 3.1, code 1)
}

# OpenSSL's X509_V_ERR codes and what a reader makes of them; others speak for themselves.
_DISTRUST = {
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


class Unreachable(httpcore.ConnectError):
    """No connection; `why` says what evidence is missing."""

    def __init__(self, why: NotObserved) -> None:
        super().__init__(str(why))
        self.why = why


class Untrusted(Unreachable):
    """The certificate was not accepted; `why.detail` says why."""


def unheard(port: int) -> NotObserved:
    """What is missing where packets to a port get no answer of any kind, twice."""
    return NotObserved(Reason.TIMED_OUT, f"no connection to port {port}")


class TlsContexts:
    """The TLS contexts of an audit; making one costs too much to do it for each host.

    `own` are for the hosts that the user named, which may see the `client` certificate; `others` for where they
    redirect to. Raises UserError where a file is of no use.
    """

    def __init__(self, ca_file: Path | None, client: ClientCertificate | None = None) -> None:
        self.others = self.own = _contexts(ca_file)
        if client:
            self.own = _contexts(ca_file)
            for context in self.own:
                client.load_into(context)


class Contexts(NamedTuple):
    """Both take any version and suite: old servers are to be observed, not refused. `verifying` checks chain, name and
    dates against the roots of a file or certifi's; `lenient` checks nothing.
    """

    verifying: ssl.SSLContext
    lenient: ssl.SSLContext


def _contexts(ca_file: Path | None) -> Contexts:
    verifying, lenient = _observing(), _observing()
    verifying.hostname_checks_common_name = False  # only the alternative names count (RFC 9525 section 2)
    lenient.check_hostname = False
    lenient.verify_mode = ssl.CERT_NONE
    try:
        verifying.load_verify_locations(ca_file or certifi.where())
    except OSError as error:
        why = "no PEM certificates in it" if isinstance(error, ssl.SSLError) else error.strerror
        raise UserError(f"--ca-file {ca_file}: {why}") from None
    return Contexts(verifying, lenient)


def _observing() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # static RSA and SHA-1 signatures, but nothing anonymous
    context.options |= _OP_LEGACY_SERVER_CONNECT
    return context


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Connects the endpoint's own host to one address of it, and other hosts to where the route or DNS points.

    Names are translated here and not in URLs, so that SNI, Host and the connection pool's keys stay the name.
    From a public address no connection is made to one that is not, unless the route says so. `connections` counts
    those that were made. What gets no answer in half of the time is asked anew, from another port.

    Through a `tunnel` the address may be a name, which counts as public, and what does not resolve here is left to the
    proxy. It alone knows the addresses then, so what is only a local name is not asked for.
    """

    def __init__(self, endpoint: Endpoint, address: str, tunnel: Tunnel | None = None) -> None:
        self._endpoint = endpoint
        self._address = address
        self._public = ip_version(address) is None or is_public(address)
        self._tunnel = tunnel
        self._tcp = httpcore.AnyIOBackend()
        self.connections = 0

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        async def once(to: SocketAddress, seconds: float | None) -> httpcore.AsyncNetworkStream:
            stream = await self._tcp.connect_tcp(*to, seconds, local_address, socket_options)
            self.connections += 1
            return stream

        async def connect(to: SocketAddress) -> httpcore.AsyncNetworkStream:
            half = timeout and timeout / 2
            try:
                return await once(to, half)
            except httpcore.ConnectTimeout:
                return await once(to, half)

        why = NotObserved(Reason.UNRESOLVED, host)
        for address, real_port in (await self._sockets(host, port))[:_MAX_ADDRESSES]:
            try:
                if self._tunnel:
                    return _Stream(await _dug(self._tunnel, (address, real_port), connect))
                return _Stream(await connect((address, real_port)))
            except httpcore.ConnectTimeout:
                why = unheard(port)
            except httpcore.ConnectError as error:
                why = _why_not_connected(error)
            except PreambleError as error:
                why = NotObserved(error.reason, str(error))
        raise Unreachable(why)

    async def sleep(self, seconds: float) -> None:
        await self._tcp.sleep(seconds)

    async def _sockets(self, host: str, port: int) -> tuple[SocketAddress, ...]:
        route = self._endpoint.route
        if host == self._endpoint.host.lower():
            return ((self._address, route.listening_port(self._endpoint.host, port, self._address)),)
        if known := route.sockets(host, port):
            return known
        if self._tunnel and self._tunnel.resolves_names and ip_version(host) is None:
            return self._left_to_the_proxy(host, port)
        try:
            found = await look_up(host, port)
        except (OSError, UnicodeError):
            if self._tunnel:
                return self._left_to_the_proxy(host, port)
            raise Unreachable(NotObserved(Reason.UNRESOLVED, host)) from None
        allowed = tuple(pair for pair in found if not self._public or is_public(pair[0]))
        if found and not allowed:
            raise Unreachable(NotObserved(Reason.NOT_FOLLOWED, f"{host} is at {found[0][0]}, which is not public"))
        return allowed

    def _left_to_the_proxy(self, host: str, port: int) -> tuple[SocketAddress, ...]:
        if self._public and is_local_name(host):
            raise Unreachable(NotObserved(Reason.NOT_FOLLOWED, f"{host} is a name of a local network"))
        return ((host, port),)


async def _dug(
    tunnel: Tunnel, target: SocketAddress, connect: Callable[[SocketAddress], Awaitable[httpcore.AsyncNetworkStream]]
) -> httpcore.AsyncNetworkStream:
    """A connection to the target by way of the proxy. Raises PreambleError."""

    async def enter(to: SocketAddress) -> httpcore.AsyncNetworkStream:
        try:
            return await connect(to)
        except httpcore.ConnectTimeout:
            raise TimeoutError from None
        except httpcore.ConnectError as error:
            raise next(
                (cause for cause in _causes(error) if isinstance(cause, OSError) and cause.errno), OSError()
            ) from None

    async def send(data: bytes) -> None:
        try:
            await stream.write(data)
        except httpcore.WriteError:
            raise ConnectionResetError from None

    async def receive() -> bytes:
        try:
            return await stream.read(_CHUNK_BYTES)
        except httpcore.ReadError:
            raise ConnectionResetError from None

    stream = await tunnel.enter(enter)
    try:
        if await tunnel.dig(target, send, receive):
            raise no_way("it sends what nobody asked for")
    except BaseException:
        await stream.aclose()
        raise
    return stream


class _Stream(httpcore.AsyncNetworkStream):
    """A stream whose TLS handshake fails in this module's words."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        try:
            return await self._stream.read(max_bytes, timeout)
        except ssl.SSLError as error:  # a late alert, or a record that does not decrypt
            if _about_our_certificate(error):  # in TLS 1.3 the client is the first to think the handshake done
                raise Unreachable(_why_no_tls(error)) from None
            raise httpcore.ReadError(str(error.reason)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        try:
            await self._stream.write(buffer, timeout)
        except ssl.SSLError as error:
            raise httpcore.WriteError(str(error.reason)) from error

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        try:
            return _Stream(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except asyncio.CancelledError:
            await self.aclose()  # httpcore forgets a connection that is cancelled in the middle of its handshake
            raise
        except httpcore.ConnectTimeout:
            raise Unreachable(NotObserved(Reason.TIMED_OUT, "no answer to the TLS hello")) from None
        except httpcore.ConnectError as error:
            tls = next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLError)), None)
            if isinstance(tls, ssl.SSLCertVerificationError):
                text = _DISTRUST.get(tls.verify_code, tls.verify_message)
                raise Untrusted(NotObserved(Reason.REJECTED, text)) from None
            raise Unreachable(_why_no_tls(tls)) from None

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _why_not_connected(error: httpcore.ConnectError) -> NotObserved:
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in _REASONS:
            return NotObserved(_REASONS[cause.errno])
    return NotObserved(Reason.PROBE_FAILED, "no connection could be opened")


def _why_no_tls(error: ssl.SSLError | None) -> NotObserved:
    if error is None or isinstance(error, ssl.SSLEOFError) or not error.reason:  # OpenSSL has nothing to object
        return NotObserved(Reason.RESET, "during the TLS handshake")
    what = error.reason.lower().replace("_", " ")
    if _about_our_certificate(error):
        return NotObserved(Reason.CLIENT_CERTIFICATE, what)
    rejected = "alert" in what or what == "unsupported protocol"
    return NotObserved(Reason.REJECTED if rejected else Reason.NOT_TLS, what)


def _about_our_certificate(error: ssl.SSLError) -> bool:
    """Whether the server's alert says that our certificate is missing or not to its liking (RFC 8446 section 6.2)."""
    _, alert, what = (error.reason or "").partition("_ALERT_")
    return bool(alert) and what in _CERTIFICATE_ALERTS


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
