"""A TCP connection and the TLS on it: the socket's own calls, which do not block."""

import asyncio
import math
import select
import socket
import ssl

from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.probe.poller import READ
from tlsaudit.probe.tcp import Tcp
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
    68: "the certificate is signed with MD5 or SHA-1",
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


class Unreachable(Exception):  # noqa: N818  what is said of the server
    """No connection; `why` says what evidence is missing."""

    def __init__(self, why: NotObserved) -> None:
        super().__init__(str(why))
        self.why = why


class Untrusted(Unreachable):
    """The certificate was not accepted; `why.detail` says why."""


class Stream:
    """Raises OSError, which a TimeoutError is where nothing happens within `seconds`."""

    def __init__(self, tcp: Tcp) -> None:
        self._tcp = tcp

    @classmethod
    async def connect(cls, address: SocketAddress, seconds: float) -> "Stream":
        """To an IP address."""
        tcp = await Tcp.connect(address, seconds)
        tcp.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(tcp)

    async def encrypt(self, context: ssl.SSLContext, name: str, seconds: float) -> None:
        """Shake hands with the host of this name. Raises Unreachable, and the connection is closed then."""
        tcp = self._tcp
        try:
            tcp.socket = tls = context.wrap_socket(tcp.socket, do_handshake_on_connect=False, server_hostname=name)
            await tcp.done(tls.do_handshake, seconds, READ)
        except BaseException as error:
            tcp.close()
            if isinstance(error, OSError):
                raise _not_begun(error) from None
            raise

    async def read(self, max_bytes: int, seconds: float = math.inf) -> bytes:
        """What has arrived; empty at the end. Raises Unreachable where the server wants a client certificate: in TLS
        1.3 the client is the first to think that the handshake is done.
        """
        await asyncio.sleep(0)  # who sends without end is not to keep everybody else waiting
        try:
            return await self._tcp.receive(max_bytes, seconds)
        except ssl.SSLError as error:  # a late alert, or a record that does not decrypt
            if (why := _why_no_tls(error)).reason is Reason.CLIENT_CERTIFICATE:
                raise Unreachable(why) from None
            raise

    async def write(self, data: bytes, seconds: float = math.inf) -> None:
        await self._tcp.send(data, seconds)

    def is_readable(self) -> bool:
        """Whether something has arrived, the end of it at least."""
        poll = select.poll()
        poll.register(self._tcp.socket, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        self._tcp.close()


def _not_begun(error: OSError) -> Unreachable:
    if isinstance(error, TimeoutError):
        return Unreachable(NotObserved(Reason.TIMED_OUT, "no answer to the TLS hello"))
    if isinstance(error, ssl.SSLCertVerificationError):
        return Untrusted(NotObserved(Reason.REJECTED, _DISTRUST.get(error.verify_code, error.verify_message)))
    return Unreachable(_why_no_tls(error))


_ALERTS = frozenset(
    {
        "tlsv1 unsupported extension", "tlsv1 certificate unobtainable", "tlsv1 unrecognized name",
        "tlsv1 bad certificate status response", "tlsv1 bad certificate hash value", "tlsv13 alert missing extension",
    }
)  # fmt: skip
"""What OpenSSL calls alerts 110 to 114, not by that word."""


def _why_no_tls(error: OSError) -> NotObserved:
    reason = error.reason if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError) else None
    if not reason:  # OpenSSL has nothing to object
        return NotObserved(Reason.RESET, "during the TLS handshake")
    what = reason.lower().replace("_", " ")
    _, _, alert = reason.partition("_ALERT_")
    if alert in _CERTIFICATE_ALERTS:  # our certificate is missing or not to the server's liking (RFC 8446 section 6.2)
        return NotObserved(Reason.CLIENT_CERTIFICATE, what)
    rejected = "alert" in what or what in _ALERTS or what == "unsupported protocol"
    return NotObserved(Reason.REJECTED if rejected else Reason.NOT_TLS, what)
