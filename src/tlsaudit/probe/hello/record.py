"""The record layer, unencrypted (RFC 8446 section 5.1, RFC 5246 section 6.2.1)."""

import struct
from collections.abc import Iterator

from tlsaudit.evidence import Reason
from tlsaudit.probe.hello.wire import HelloError, push_opaque, push_uint

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE = 20, 21, 22
TYPES = frozenset({CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, 23, 24})

_HEADER = struct.Struct(">BBxH")  # type, major version, length
_PAYLOAD_BYTES = 1 << 14
_EXPANSION_BYTES = 2048
_RECORDS = 1024  # a flight of honest size needs a few dozen; each costs the reader time whatever its size

_GREETINGS = {
    b"HTTP/": "HTTP",
    b"<html": "HTML",
    b"<HTML": "HTML",
    b"<!DOC": "HTML",
    b"SSH-": "SSH",
    b"220": "SMTP or FTP",
    b"+OK": "POP3",
    b"* OK": "IMAP",
    b"RFB ": "VNC",
}


class RecordReader:
    """Takes bytes as they arrive, gives (content type, payload) of each complete record.

    Raises HelloError on what is not a record, with the protocol named where its greeting is known, and
    after `max_bytes`.
    """

    def __init__(self, max_bytes: int) -> None:
        self._data = bytearray()
        self._max_bytes = max_bytes
        self._bytes_left = max_bytes
        self._records_left = _RECORDS

    def receive(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise HelloError(f"more than {self._max_bytes} bytes", Reason.TOO_LARGE)
        self._data += data
        while len(self._data) >= _HEADER.size:
            kind, major, length = _HEADER.unpack_from(self._data)
            if kind not in TYPES or major != 3:
                raise HelloError(_what_it_is(self._data))
            if length == 0 and kind != 23:
                raise HelloError("a record is empty")
            if length > _PAYLOAD_BYTES + _EXPANSION_BYTES:
                raise HelloError("a record is longer than the protocol allows")
            end = _HEADER.size + length
            if len(self._data) < end:
                return
            payload = bytes(self._data[_HEADER.size : end])
            del self._data[:end]
            self._records_left -= 1
            if self._records_left < 0:
                raise HelloError(f"more than {_RECORDS} records", Reason.TOO_LARGE)
            yield kind, payload

    def end(self) -> None:
        """The peer closed: raises HelloError where what it sent can be no record."""
        if self._data and self._data[0] not in TYPES:
            raise HelloError(_what_it_is(self._data))


def push_record(kind: int, payload: bytes, version: int, *, fragment_bytes: int = _PAYLOAD_BYTES) -> bytes:
    """`payload` in as many records as it takes."""
    head = push_uint(kind, 1) + push_uint(version, 2)
    if 0 < len(payload) <= fragment_bytes:
        return head + push_opaque(payload, 2)
    starts = range(0, len(payload), fragment_bytes)
    return b"".join(head + push_opaque(payload[at : at + fragment_bytes], 2) for at in starts)


def _what_it_is(data: bytes | bytearray) -> str:
    names = (name for greeting, name in _GREETINGS.items() if data.startswith(greeting))
    return f"it looks like {name}" if (name := next(names, None)) else "it is no TLS record"
