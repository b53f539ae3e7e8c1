"""The record layer, unencrypted (RFC 8446 section 5.1, RFC 5246 section 6.2.1)."""

import struct
from collections.abc import Iterator

from tlsaudit.evidence import Reason
from tlsaudit.probe.hello.wire import HelloError

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE = 20, 21, 22
TYPES = frozenset({CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, 23, 24})

_HEADER = struct.Struct(">BHH")  # type, version, length
_PAYLOAD_BYTES = 1 << 14
_MOST_BYTES = _PAYLOAD_BYTES + 2048  # that much may encryption add
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

    __slots__ = ("_bytes_left", "_data", "_max_bytes", "_position", "_records_left")

    def __init__(self, max_bytes: int) -> None:
        self._data = b""
        self._position = 0  # in that, of the next record
        self._max_bytes = max_bytes
        self._bytes_left = max_bytes
        self._records_left = _RECORDS

    def receive(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The records that `data` completes."""
        self.feed(data)
        while record := self.pull():
            yield record

    def feed(self, data: bytes) -> None:
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise HelloError(f"more than {self._max_bytes} bytes", Reason.TOO_LARGE)
        self._data = self._data[self._position :] + data
        self._position = 0

    def pull(self) -> tuple[int, bytes] | None:
        """The next record; None where more must arrive first."""
        data, start = self._data, self._position + _HEADER.size
        if start > len(data):
            return None
        kind, version, length = _HEADER.unpack_from(data, self._position)
        if kind not in TYPES or version >> 8 != 3:
            raise HelloError(_what_it_is(data[self._position :]))
        if not 0 < length <= _MOST_BYTES and (length or kind != 23):
            raise HelloError("a record is longer than the protocol allows" if length else "a record is empty")
        end = start + length
        if end > len(data):
            return None
        self._records_left -= 1
        if self._records_left < 0:
            raise HelloError(f"more than {_RECORDS} records", Reason.TOO_LARGE)
        self._position = end
        return kind, data[start:end]

    def end(self) -> None:
        """The peer closed: raises HelloError where what it sent can be no record."""
        rest = self._data[self._position :]
        if rest and rest[0] not in TYPES:
            raise HelloError(_what_it_is(rest))


def push_record(kind: int, payload: bytes, version: int, *, fragment_bytes: int = _PAYLOAD_BYTES) -> bytes:
    """`payload` in as many records as it takes."""
    if 0 < len(payload) <= fragment_bytes:
        return _HEADER.pack(kind, version, len(payload)) + payload
    fragments = (payload[at : at + fragment_bytes] for at in range(0, len(payload), fragment_bytes))
    return b"".join(push_record(kind, fragment, version) for fragment in fragments)


def _what_it_is(data: bytes) -> str:
    names = (name for greeting, name in _GREETINGS.items() if data.startswith(greeting))
    return f"it looks like {name}" if (name := next(names, None)) else "it is no TLS record"
