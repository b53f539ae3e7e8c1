"""What a server answers: ServerHello or HelloRetryRequest, and the rest of a flight up to TLS 1.2.

RFC 8446 sections 4.1.3 and 4.1.4, RFC 5246 sections 7.4.1.3 to 7.4.5, RFC 8422 section 5.4.
"""

from dataclasses import dataclass

from tlsaudit.evidence import CipherSuite, TlsVersion
from tlsaudit.probe.hello.client import KEY_SHARE, SUPPORTED_VERSIONS, pull_extensions, pull_version
from tlsaudit.probe.hello.wire import Buffer, push_opaque, push_uint

HELLO_REQUEST = 0
SERVER_HELLO = 2
CERTIFICATE = 11
SERVER_KEY_EXCHANGE = 12
SERVER_HELLO_DONE = 14

# SHA-256 of "HelloRetryRequest": the random that tells one from a ServerHello (RFC 8446 section 4.1.3).
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

_NAMED_CURVE = 3


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What the server picked. `group` is that of TLS 1.3's key_share, None where there is none.

    `retry`: it is a HelloRetryRequest.
    """

    version: TlsVersion
    suite: int
    group: int | None = None
    retry: bool = False


@dataclass(frozen=True, slots=True)
class Certificate:
    """The chain as sent, DER, leaf first."""

    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ServerKeyExchange:
    """`group` is the named curve, `dh_bits` the size of the prime; both None for exchanges with neither."""

    group: int | None = None
    dh_bits: int | None = None


@dataclass(frozen=True, slots=True)
class ServerHelloDone:
    """The end of the flight."""


def pull_server_hello(body: bytes) -> ServerHello:
    buffer = Buffer(body)
    number = buffer.pull_uint(2)
    retry = buffer.pull_bytes(32) == RETRY_RANDOM
    buffer.pull_opaque(1)
    suite = buffer.pull_uint(2)
    buffer.pull_uint(1)
    found = {} if buffer.eof else pull_extensions(buffer)
    buffer.pull_end()
    if SUPPORTED_VERSIONS in found:
        number = Buffer(found[SUPPORTED_VERSIONS]).pull_uint(2)
    share = Buffer(found[KEY_SHARE]) if KEY_SHARE in found else None
    return ServerHello(pull_version(number), suite, share.pull_uint(2) if share else None, retry)


def push_server_hello(hello: ServerHello, random: bytes = bytes(32)) -> bytes:
    """The handshake message; a HelloRetryRequest replaces `random` with its own, a key share is all zero."""
    extensions = b""
    if hello.version == TlsVersion.TLS1_3:
        extensions += push_uint(SUPPORTED_VERSIONS, 2) + push_opaque(push_uint(hello.version, 2), 2)
    if hello.group is not None:
        share = push_uint(hello.group, 2) + (b"" if hello.retry else push_opaque(bytes(32), 2))
        extensions += push_uint(KEY_SHARE, 2) + push_opaque(share, 2)
    body = b"".join(
        (
            push_uint(min(hello.version, TlsVersion.TLS1_2), 2),
            RETRY_RANDOM if hello.retry else random,
            push_opaque(b"", 1),
            push_uint(hello.suite, 2),
            push_uint(0, 1),
            push_opaque(extensions, 2) if extensions else b"",
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
        named = buffer.pull_uint(1) == _NAMED_CURVE
        return ServerKeyExchange(group=buffer.pull_uint(2) if named else None)
    if suite.key_exchange.startswith(("DH", "PSK_DHE")):
        prime = int.from_bytes(buffer.pull_opaque(2), "big")
        return ServerKeyExchange(dh_bits=prime.bit_length())
    return ServerKeyExchange()


def push_server_key_exchange(exchange: ServerKeyExchange, suite: CipherSuite) -> bytes:
    """The handshake message, with a prime of the right size and nothing signed."""
    body = push_opaque(b"", 2) if "PSK" in suite.key_exchange else b""
    if exchange.group is not None:
        body += push_uint(_NAMED_CURVE, 1) + push_uint(exchange.group, 2) + push_opaque(bytes(65), 1)
    elif exchange.dh_bits:
        prime = (1 << (exchange.dh_bits - 1)).to_bytes((exchange.dh_bits + 7) // 8, "big")
        body += push_opaque(prime, 2) + push_opaque(b"\x02", 2) + push_opaque(prime, 2)
    return push_uint(SERVER_KEY_EXCHANGE, 1) + push_opaque(body, 3)


def push_server_hello_done() -> bytes:
    return push_uint(SERVER_HELLO_DONE, 1) + push_uint(0, 3)
