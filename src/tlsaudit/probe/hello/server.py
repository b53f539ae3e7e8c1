"""What a server answers: ServerHello or HelloRetryRequest, and the rest of a flight up to TLS 1.2.

RFC 8446 sections 4.1.3 and 4.1.4, RFC 5246 sections 7.4.1.3 to 7.4.5, RFC 8422 section 5.4.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from tlsaudit.evidence import CipherSuite, TlsVersion
from tlsaudit.probe.hello.client import KEY_SHARE, SUPPORTED_VERSIONS, pull_extensions, pull_version
from tlsaudit.probe.hello.wire import Buffer, HelloError, push_opaque, push_uint

HELLO_REQUEST = 0
SERVER_HELLO = 2
CERTIFICATE = 11
SERVER_KEY_EXCHANGE = 12
SERVER_HELLO_DONE = 14

# SHA-256 of "HelloRetryRequest": the random that tells one from a ServerHello (RFC 8446 section 4.1.3).
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

_NAMED_CURVE = 3

# Version, random and the length of the session id; suite and compression.
_HEAD, _CHOICE = struct.Struct(">H32sB"), struct.Struct(">HB")


class ServerHello(NamedTuple):
    """What the server picked. `group` and `share` are those of TLS 1.3's key_share, None and empty where there is none;
    a HelloRetryRequest names a group alone. `extensions` are all others as (type, data), in their order.
    """

    version: TlsVersion
    suite: int
    group: int | None = None
    share: bytes = b""
    random: bytes = bytes(32)
    session_id: bytes = b""
    compression: int = 0
    extensions: tuple[tuple[int, bytes], ...] = ()

    @property
    def retry(self) -> bool:
        """Whether it is a HelloRetryRequest."""
        return self.random == RETRY_RANDOM

    def extension(self, kind: int) -> bytes | None:
        """The data of an extension, None where it was not sent."""
        return next((data for each, data in self.extensions if each == kind), None)


class Certificate(NamedTuple):
    """The chain as sent, DER, leaf first."""

    chain: tuple[bytes, ...]


class ServerKeyExchange(NamedTuple):
    """`group` is the named curve, `prime` that of a finite field; both None for exchanges with neither.

    `public` is the server's public value as sent.
    """

    group: int | None = None
    prime: int | None = None
    public: bytes = b""


@dataclass(frozen=True, slots=True)
class ServerHelloDone:
    """The end of the flight."""


def pull_server_hello(body: bytes) -> ServerHello:
    try:
        number, random, length = _HEAD.unpack_from(body)
        suite, compression = _CHOICE.unpack_from(body, _HEAD.size + length)
    except struct.error:
        raise HelloError("a message is cut short") from None
    end = _HEAD.size + length
    number, group, share, extensions = _pull_block(body[end + _CHOICE.size :], number)
    session_id = body[_HEAD.size : end]
    return ServerHello(pull_version(number), suite, group, share, random, session_id, compression, extensions)


@lru_cache(maxsize=128)  # most answers of a server, and of servers of one kind, have the same
def _pull_block(rest: bytes, number: int) -> tuple[int, int | None, bytes, tuple[tuple[int, bytes], ...]]:
    """Version, group, share and the other extensions; `number` is the version where no extension tells another."""
    buffer = Buffer(rest)
    found = {} if buffer.eof else pull_extensions(buffer)
    buffer.pull_end()
    if SUPPORTED_VERSIONS in found:
        number = Buffer(found.pop(SUPPORTED_VERSIONS)).pull_uint(2)
    group, share = None, b""
    if KEY_SHARE in found:
        entry = Buffer(found.pop(KEY_SHARE))
        group = entry.pull_uint(2)
        share = b"" if entry.eof else entry.pull_opaque(2)
    return number, group, share, tuple(found.items())


def push_server_hello(hello: ServerHello) -> bytes:
    """The handshake message."""
    extensions = dict(hello.extensions)
    if hello.version == TlsVersion.TLS1_3:
        extensions[SUPPORTED_VERSIONS] = push_uint(hello.version, 2)
    if hello.group is not None:
        extensions[KEY_SHARE] = push_uint(hello.group, 2) + (push_opaque(hello.share, 2) if hello.share else b"")
    block = b"".join(push_uint(kind, 2) + push_opaque(data, 2) for kind, data in extensions.items())
    body = b"".join(
        (
            push_uint(min(hello.version, TlsVersion.TLS1_2), 2),
            hello.random,
            push_opaque(hello.session_id, 1),
            push_uint(hello.suite, 2),
            push_uint(hello.compression, 1),
            push_opaque(block, 2) if block else b"",
        )
    )
    return push_uint(SERVER_HELLO, 1) + push_opaque(body, 3)


def pull_certificate(body: bytes) -> Certificate:
    buffer = Buffer(body)
    chain = Buffer(buffer.pull_opaque(3))
    buffer.pull_end()
    found = []
    while not chain.eof:
        found.append(chain.pull_opaque(3))
    return Certificate(tuple(found))


def push_certificate(certificate: Certificate) -> bytes:
    chain = b"".join(push_opaque(der, 3) for der in certificate.chain)
    return push_uint(CERTIFICATE, 1) + push_opaque(push_opaque(chain, 3), 3)


def pull_server_key_exchange(body: bytes, suite: CipherSuite) -> ServerKeyExchange:
    """The parameters; the signature that follows is passed over. `suite` says how to read them."""
    buffer = Buffer(body)
    if "PSK" in suite.key_exchange:
        buffer.pull_opaque(2)  # the identity hint (RFC 4279 section 3, RFC 5489 section 2)
    if suite.key_exchange.startswith("ECDH"):
        if buffer.pull_uint(1) != _NAMED_CURVE:
            return ServerKeyExchange()
        return ServerKeyExchange(group=buffer.pull_uint(2), public=buffer.pull_opaque(1))
    if suite.key_exchange.startswith(("DH", "PSK_DHE")):
        prime = int.from_bytes(buffer.pull_opaque(2), "big")
        buffer.pull_opaque(2)  # the generator
        return ServerKeyExchange(prime=prime, public=buffer.pull_opaque(2))
    return ServerKeyExchange()


def push_server_key_exchange(exchange: ServerKeyExchange, suite: CipherSuite) -> bytes:
    """The handshake message, with 2 for a generator and nothing signed."""
    body = push_opaque(b"", 2) if "PSK" in suite.key_exchange else b""
    if exchange.group is not None:
        body += push_uint(_NAMED_CURVE, 1) + push_uint(exchange.group, 2) + push_opaque(exchange.public, 1)
    elif exchange.prime is not None:
        prime = exchange.prime.to_bytes((exchange.prime.bit_length() + 7) // 8, "big")
        body += push_opaque(prime, 2) + push_opaque(b"\x02", 2) + push_opaque(exchange.public, 2)
    return push_uint(SERVER_KEY_EXCHANGE, 1) + push_opaque(body, 3)


def push_server_hello_done() -> bytes:
    return push_uint(SERVER_HELLO_DONE, 1) + push_uint(0, 3)
