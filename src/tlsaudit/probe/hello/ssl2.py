"""SSL 2.0: a CLIENT-HELLO out, the SERVER-HELLO in (K. Hickman, "The SSL Protocol", 1995; RFC 6101 appendix E)."""

from collections.abc import Iterable
from dataclasses import dataclass

from tlsaudit.probe.hello.record import TYPES
from tlsaudit.probe.hello.wire import Buffer, HelloError, push_uint

_CLIENT_HELLO, _SERVER_HELLO = 1, 4
_VERSION = 0x0002
_KIND_BYTES = 3


@dataclass(frozen=True, slots=True)
class Ssl2ServerHello:
    """`kinds` are the cipher kinds that both sides have, three bytes each; the client picks. `certificate` is DER."""

    kinds: tuple[int, ...]
    certificate: bytes


class Ssl2Reader:
    """Takes bytes as they arrive, gives the SERVER-HELLO once it is whole. Raises HelloError on anything else."""

    def __init__(self) -> None:
        self._data = bytearray()

    def receive(self, data: bytes) -> Ssl2ServerHello | None:
        self._data += data
        if len(self._data) < 3:
            return None
        if self._data[0] in TYPES and self._data[1] == 3:
            raise HelloError("a TLS record in answer to SSL 2.0")
        first, second, padding = self._data[:3]
        header, length = (2, (first & 0x7F) << 8 | second) if first & 0x80 else (3, (first & 0x3F) << 8 | second)
        if len(self._data) < header + length:
            return None
        body = bytes(self._data[header : header + length])
        return pull_ssl2_server_hello(body if first & 0x80 else body[: max(0, length - padding)])


def push_ssl2_client_hello(kinds: Iterable[int], challenge: bytes) -> bytes:
    """The record. `challenge` has 16 to 32 bytes."""
    specs = b"".join(push_uint(kind, _KIND_BYTES) for kind in kinds)
    lengths = push_uint(len(specs), 2) + push_uint(0, 2) + push_uint(len(challenge), 2)
    return _push_record(push_uint(_CLIENT_HELLO, 1) + push_uint(_VERSION, 2) + lengths + specs + challenge)


def pull_ssl2_server_hello(body: bytes) -> Ssl2ServerHello:
    buffer = Buffer(body)
    if buffer.pull_uint(1) != _SERVER_HELLO:
        raise HelloError("not a SERVER-HELLO")
    buffer.pull_bytes(2)  # session id hit, certificate type
    if buffer.pull_uint(2) != _VERSION:
        raise HelloError("not SSL 2.0")
    certificate_bytes, specs_bytes, connection_id_bytes = (buffer.pull_uint(2) for _ in range(3))
    certificate = buffer.pull_bytes(certificate_bytes)
    specs = buffer.pull_bytes(specs_bytes)
    buffer.pull_bytes(connection_id_bytes)
    buffer.pull_end()
    if len(specs) % _KIND_BYTES:
        raise HelloError("a list of cipher kinds has an odd length")
    kinds = (specs[at : at + _KIND_BYTES] for at in range(0, len(specs), _KIND_BYTES))
    return Ssl2ServerHello(tuple(int.from_bytes(kind, "big") for kind in kinds), certificate)


def push_ssl2_server_hello(hello: Ssl2ServerHello) -> bytes:
    """The record, with an empty connection id."""
    specs = b"".join(push_uint(kind, _KIND_BYTES) for kind in hello.kinds)
    lengths = push_uint(len(hello.certificate), 2) + push_uint(len(specs), 2) + push_uint(0, 2)
    head = push_uint(_SERVER_HELLO, 1) + b"\x00\x01" + push_uint(_VERSION, 2)
    return _push_record(head + lengths + hello.certificate + specs)


def _push_record(body: bytes) -> bytes:
    return push_uint(0x8000 | len(body), 2) + body
