"""Where an HTTP connection really goes, and what to call it when it does not get there."""

import errno
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import certifi

from tlsaudit.errors import UserError
from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.probe.certificate import signature_hash
from tlsaudit.probe.http.client_certificate import ClientCertificate
from tlsaudit.probe.http.stream import Stream, Unreachable
from tlsaudit.probe.lookup import ip_version, is_local_name, is_public, look_up
from tlsaudit.probe.pace import Pace
from tlsaudit.probe.preamble import PreambleError
from tlsaudit.probe.proxy import Tunnel, no_way
from tlsaudit.target import Endpoint, SocketAddress

_MAX_ADDRESSES = 4
_CHUNK_BYTES = 1 << 16
_OP_LEGACY_SERVER_CONNECT = 0x4  # has a name in the ssl module from Python 3.12 on
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME
_NOT_YET_VALID, _EXPIRED, _WEAK_DIGEST = 9, 10, 68  # X509_V_ERR codes
_BROKEN_HASHES = ("md5", "sha1")

_REASONS = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.ECONNRESET: Reason.RESET,
    errno.EPIPE: Reason.RESET,
    errno.EHOSTUNREACH: Reason.UNREACHABLE,
    errno.ENETUNREACH: Reason.UNREACHABLE,
    errno.EACCES: Reason.UNREACHABLE,  # a firewall that says so over IPv6 (RFC 4443 section 3.1, code 1)
}


def unheard(port: int) -> NotObserved:
    """What is missing where packets to a port get no answer of any kind, twice."""
    return NotObserved(Reason.TIMED_OUT, f"no connection to port {port}")


class TlsContexts:
    """The TLS contexts of an audit; making one costs too much to do it for each host.

    `own` are for the hosts that the user named, which may see the `client` certificate; `others` for where they
    redirect to. Certificates are judged as of the `clock`, now without one. Raises UserError where a file is of no use.
    """

    def __init__(
        self,
        ca_files: Sequence[Path] = (),
        client: ClientCertificate | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.others = self.own = _contexts(ca_files, clock) if ca_files or clock else _public()
        if client:
            self.own = _contexts(ca_files, clock)
            for context in self.own:
                client.load_into(context)
                context.post_handshake_auth = True  # some ask once they know the page (RFC 8446 section 4.6.2)


class Contexts(NamedTuple):
    """Both take any version and suite: old servers are to be observed, not refused. `verifying` checks chain, name and
    dates against the roots of all files or certifi's; `lenient` checks nothing.
    """

    verifying: ssl.SSLContext
    lenient: ssl.SSLContext


def _contexts(ca_files: Sequence[Path], clock: Callable[[], datetime] | None) -> Contexts:
    verifying, lenient = _observing(), _observing()
    verifying.hostname_checks_common_name = False  # only the alternative names count (RFC 9525 section 2)
    lenient.check_hostname = False
    lenient.verify_mode = ssl.CERT_NONE
    if clock:
        verifying.verify_flags |= _NO_CHECK_TIME
    verifying.sslsocket_class = _judging(clock)
    for file in ca_files or (certifi.where(),):
        try:
            verifying.load_verify_locations(file)
        except OSError as error:
            why = "no PEM certificates in it" if isinstance(error, ssl.SSLError) else error.strerror
            raise UserError(f"--ca-file {file}: {why}") from None
    return Contexts(verifying, lenient)


@cache
def _public() -> Contexts:
    """Those of certifi's roots: to load these takes as long as a host does, and a worker would for each batch."""
    return _contexts((), None)


def _judging(clock: Callable[[], datetime] | None) -> type[ssl.SSLSocket]:
    """A TLS connection that takes the server's certificate on the days on which it is valid by this clock, and none
    whose signature is over a broken hash, which OpenSSL takes at the level that old servers need. The ssl module cannot
    tell OpenSSL the time, and of the certificates above it shows none.
    """

    class Judging(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            certificate, der = self.getpeercert(), self.getpeercert(binary_form=True)
            assert certificate  # it was verified
            assert der
            if certificate["issuer"] != certificate["subject"] and signature_hash(der) in _BROKEN_HASHES:
                raise _distrusted(_WEAK_DIGEST)
            if not clock:
                return
            now = clock().timestamp()
            if now < ssl.cert_time_to_seconds(str(certificate["notBefore"])):
                raise _distrusted(_NOT_YET_VALID)
            if now > ssl.cert_time_to_seconds(str(certificate["notAfter"])):
                raise _distrusted(_EXPIRED)

    return Judging


def _distrusted(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, ""
    return error


def _observing() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # static RSA and SHA-1 signatures, but nothing anonymous
    context.options |= _OP_LEGACY_SERVER_CONNECT
    context.set_alpn_protocols(["http/1.1"])
    return context


class PinnedBackend:
    """Connects the endpoint's own host to one address of it, and other hosts to where the route or DNS points.

    Names are translated here and not in URLs, so that SNI, Host and the connection pool's keys stay the name.
    From a public address no connection is made to one that is not, unless the route says so. `connections` counts
    those that were made, at the `pace` of whoever else has it. What gets no answer in half of the time is asked anew,
    from another port.

    Through a `tunnel` the address may be a name, which counts as public, and what does not resolve here is left to the
    proxy. It alone knows the addresses then, so what is only a local name is not asked for.
    """

    def __init__(
        self, endpoint: Endpoint, address: str, tunnel: Tunnel | None = None, pace: Pace | None = None
    ) -> None:
        self._endpoint = endpoint
        self._address = address
        self._public = ip_version(address) is None or is_public(address)
        self._tunnel = tunnel
        self._pace = pace or Pace()
        self.connections = 0

    async def connect_tcp(self, host: str, port: int, seconds: float) -> Stream:
        """Raises Unreachable."""

        async def connected(to: SocketAddress) -> Stream:
            await self._pace.turn()
            try:
                stream = await Stream.connect(to, seconds / 2)
            except TimeoutError:
                await self._pace.turn()
                stream = await Stream.connect(to, seconds / 2)
            self.connections += 1
            return stream

        why = NotObserved(Reason.UNRESOLVED, host)
        for address, real_port in (await self._sockets(host, port))[:_MAX_ADDRESSES]:
            try:
                if self._tunnel:
                    return await _dug(self._tunnel, (address, real_port), connected)
                return await connected((address, real_port))
            except TimeoutError:
                why = unheard(port)
            except OSError as error:
                why = _why_not_connected(error)
            except PreambleError as error:
                why = NotObserved(error.reason, str(error))
        raise Unreachable(why)

    async def _sockets(self, host: str, port: int) -> tuple[SocketAddress, ...]:
        route = self._endpoint.route
        own = host == self._endpoint.host.lower()
        if route.closed:
            here = [pair for pair in route.sockets(host, port) or () if not own or pair[0] == self._address]
            if not here:
                why = Reason.REFUSED if own else Reason.NOT_FOLLOWED
                raise Unreachable(NotObserved(why, f"{host}:{port} is not among what is looked at"))
        if own:
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
    tunnel: Tunnel, target: SocketAddress, connected: Callable[[SocketAddress], Awaitable[Stream]]
) -> Stream:
    """A connection to the target by way of the proxy. Raises PreambleError."""

    async def send(data: bytes) -> None:
        try:
            await stream.write(data)
        except OSError:
            raise ConnectionResetError from None

    async def receive() -> bytes:
        try:
            return await stream.read(_CHUNK_BYTES)
        except OSError:
            raise ConnectionResetError from None

    stream = await tunnel.enter(connected)
    try:
        if await tunnel.dig(target, send, receive):
            raise no_way("it sends what nobody asked for")
    except BaseException:
        stream.close()
        raise
    return stream


def _why_not_connected(error: OSError) -> NotObserved:
    if error.errno in _REASONS:
        return NotObserved(_REASONS[error.errno])
    return NotObserved(Reason.PROBE_FAILED, "no connection could be opened")
