"""Files of logs as chunks of whole lines: plain ones by ranges of bytes, packed ones as they unpack, within bounds."""

import bz2
import contextlib
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from tlsaudit.errors import UserError
from tlsaudit.probe.accesslog.reading import LONGEST_LINE
from tlsaudit.probe.extra import Extra

EXTRA = Extra("logs", "duckdb")
CHUNK = 4 << 20
HEAD = 256 << 10

_ZST_WINDOW = 128 << 20
_ZST_INPUT = 512  # four bytes can stand for 128 KiB: so few at a time never become more than 16 MiB
_PACKED = {b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"PAR1": "parquet"}


class LogFileError(UserError):
    """A log that cannot be read."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log: `path` is None for standard input. `packing` is one of gz, zst, bz2, xz, parquet, or empty; `head` are its
    first lines, unpacked. `size` is in bytes as it lies on the disk, 0 where it is no regular file.
    """

    name: str
    path: Path | None
    packing: str
    head: bytes
    size: int

    @property
    def seekable(self) -> bool:
        """Whether any range of its bytes can be read."""
        return not self.packing and self.size > 0


def standard_input() -> BinaryIO:
    """Raises LogFileError."""
    if sys.stdin is None:
        raise LogFileError("standard input is closed: name a file")
    return sys.stdin.buffer


class Opened:
    """A log that was opened for its head, and is to be read once. Raises LogFileError."""

    def __init__(self, name: str) -> None:
        path = None if name == "-" else Path(name)
        try:
            self._raw: BinaryIO = standard_input() if path is None else path.open("rb")
            size = path.stat().st_size if path is not None and path.is_file() else 0
            first = self._raw.read(8)
        except OSError as error:
            raise LogFileError(f"{name}: cannot be read: {error.strerror or error}") from error
        packing = next((kind for magic, kind in _PACKED.items() if first.startswith(magic)), "")
        self._stream = _unpacked(_Prefixed(first, self._raw), packing, name)
        self._head = b"" if packing == "parquet" else self._take(name)
        self.file = LogFile(name, path, packing, self._head[: self._head.rfind(b"\n") + 1] or self._head, size)
        self.complaint: str | None = None

    def _take(self, name: str) -> bytes:
        try:
            return _read(self._stream, HEAD)
        except _BROKEN as error:
            raise LogFileError(f"{name}: cannot be unpacked: {error}") from error

    @property
    def position(self) -> int:
        """How many bytes of the file on the disk have been read."""
        with contextlib.suppress(OSError, ValueError):
            return self._raw.tell()
        return 0

    def chunks(self) -> Iterator[bytes]:
        """All of it, in chunks of whole lines. A line that is too long is cut off, but stays too long. What is broken
        part way ends there, and `complaint` says so."""
        rest, dropping = self._head, False
        while block := self._block():
            if dropping:
                _, end_of_line, block = block.partition(b"\n")
                dropping = not end_of_line
                if dropping:
                    continue
            data = rest + block
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            if end:
                yield data[:end]
            if len(rest) > LONGEST_LINE:
                yield rest[: LONGEST_LINE + 1] + b"\n"
                rest, dropping = b"", True
        if rest:
            yield rest if rest.endswith(b"\n") else rest + b"\n"

    def _block(self) -> bytes:
        try:
            return _read(self._stream, CHUNK)
        except _BROKEN as error:
            self.complaint = f"{self.file.name} is broken off or damaged: {error}; what stands before that was read"
            return b""

    def close(self) -> None:
        if self.file.path is not None:
            self._raw.close()


_BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError)


class _Prefixed(io.RawIOBase):
    """A stream with what was already read of it put back."""

    def __init__(self, first: bytes, stream: BinaryIO) -> None:
        self._first = first
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        data = self._first[: len(buffer)] or self._stream.read(len(buffer))
        self._first = self._first[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _unpacked(raw: io.RawIOBase, packing: str, name: str) -> _Readable:
    stream = cast("BinaryIO", io.BufferedReader(raw, 1 << 20))
    if packing == "gz":
        return gzip.GzipFile(fileobj=stream)
    if packing == "bz2":
        return bz2.BZ2File(stream)
    if packing == "xz":
        return lzma.LZMAFile(stream)
    return _zst(stream, name) if packing == "zst" else stream


def _zst(stream: BinaryIO, name: str) -> "_Zst":
    if not Extra(EXTRA.name, "zstandard").installed:
        raise LogFileError(f"{name}: to unpack it: pip install 'tlsaudit[{EXTRA.name}]'")
    return _Zst(stream)


class _Zst:
    """Frames of zstd, one after the other. zstandard's own reader takes a file that is broken off for a whole one."""

    def __init__(self, stream: BinaryIO) -> None:
        import zstandard

        self._stream = stream
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_ZST_WINDOW)
        self._error = zstandard.ZstdError
        self._frame = self._decompressor.decompressobj()
        self._within = False

    def read(self, _size: int) -> bytes:
        """Some bytes; none at the end."""
        while packed := self._stream.read(_ZST_INPUT):
            try:
                data = self._decompress(packed)
            except self._error as error:
                raise OSError(str(error)) from error
            if data:
                return data
        if self._within:
            raise EOFError("the last frame has no end")
        return b""

    def _decompress(self, packed: bytes) -> bytes:
        blocks = []
        while packed:
            blocks.append(self._frame.decompress(packed))
            self._within = not self._frame.eof
            packed = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame = self._decompressor.decompressobj()
        return b"".join(blocks)


def _read(stream: _Readable, size: int) -> bytes:
    """As many bytes as there are, up to a size: a pipe gives them in bits."""
    blocks = []
    while size > 0 and (block := stream.read(size)):
        blocks.append(block)
        size -= len(block)
    return b"".join(blocks)


def read_range(path: Path, start: int, end: int) -> bytes:
    """The lines that begin in a range of a file's bytes, whole. The first line of a range that does not start one, and
    what is longer than a line may be, is left to the range before; there it stays too long. Raises LogFileError.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(start - 1, 0))
            data = file.read(end - max(start - 1, 0))
            begin = 0 if start == 0 else data.find(b"\n") + 1
            if start and not begin:
                return b""
            more = b"" if data.endswith(b"\n") else file.read(LONGEST_LINE + 1)
    except OSError as error:
        raise LogFileError(f"{path}: cannot be read: {error.strerror or error}") from error
    line_end = more.find(b"\n") + 1
    whole = data[begin:] + (more[:line_end] if line_end else more)
    return whole if whole.endswith(b"\n") or not whole else whole + b"\n"
