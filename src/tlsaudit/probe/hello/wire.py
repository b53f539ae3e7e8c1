"""The presentation language of TLS (RFC 8446 section 3): integers and length-prefixed vectors."""

import struct
from collections.abc import Iterable

from tlsaudit.evidence import Reason


class HelloError(Exception):
    """An answer that does not follow the protocol. `reason` is what to report, the message the detail."""

    def __init__(self, message: str, reason: Reason = Reason.NOT_TLS) -> None:
        super().__init__(message)
        self.reason = reason


class Buffer:
    """Reads from bytes, front to back. Every read past the end raises HelloError."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def eof(self) -> bool:
        return self._position == len(self._data)

    def pull_bytes(self, length: int) -> bytes:
        end = self._position + length
        if end > len(self._data):
            raise HelloError("a message is cut short")
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def pull_uint(self, size: int) -> int:
        """A big-endian integer of `size` bytes."""
        return int.from_bytes(self.pull_bytes(size), "big")

    def pull_opaque(self, size: int) -> bytes:
        """A vector whose length stands before it in `size` bytes."""
        start = self._position + size
        end = start + int.from_bytes(self._data[self._position : start], "big")
        if end > len(self._data):
            raise HelloError("a message is cut short")
        self._position = end
        return self._data[start:end]

    def pull_uint16s(self, size: int = 2) -> tuple[int, ...]:
        """A vector of 16-bit code points."""
        data = self.pull_opaque(size)
        if len(data) % 2:
            raise HelloError("a list of code points has an odd length")
        return struct.unpack(f">{len(data) // 2}H", data)

    def pull_end(self) -> None:
        """Nothing may follow."""
        if not self.eof:
            raise HelloError("a message is longer than its content")


def push_uint(value: int, size: int) -> bytes:
    return value.to_bytes(size, "big")


def push_opaque(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size, "big") + data


def push_uint16s(values: Iterable[int], size: int = 2) -> bytes:
    codes = tuple(values)
    return push_opaque(struct.pack(f">{len(codes)}H", *codes), size)
