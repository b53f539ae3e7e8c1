"""Servers that misbehave in the TLS handshake, each a handler for `tests.faults.serve_fault`."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Mapping

from tests.faults import Handler, answering, flooding, resets
from tlsaudit.evidence import TlsVersion
from tlsaudit.probe.hello import Alert, ServerHello, pull_client_hello, push_alert, push_record, push_server_hello
from tlsaudit.probe.hello.server import RETRY_RANDOM
from tlsaudit.probe.hello.wire import Buffer

_ALERT, _HANDSHAKE = 21, 22
_HEADER_BYTES = 5


def _flight(hello: ServerHello) -> bytes:
    return push_record(_HANDSHAKE, push_server_hello(hello), 0x0303)


_HELLO = _flight(ServerHello(TlsVersion.TLS1_2, 0xC02F))
_RETRY = _flight(ServerHello(TlsVersion.TLS1_3, 0x1301, 0x001D, random=RETRY_RANDOM))


async def _half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_HELLO[:40])
    while await reader.read(65536):
        pass


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_HELLO + b"\x16\x03\x03\x40\x00")
    while True:
        writer.write(b"\0")
        await writer.drain()
        await asyncio.sleep(0.5)


WITHOUT_END: Mapping[str, Handler] = {
    "half a ServerHello": answering(_HELLO[:40]),
    "half a ServerHello, then silence": _half,
    "a byte at a time after a ServerHello": _drip,
    "endless alerts": flooding(b"", push_record(_ALERT, push_alert(Alert(1, 90)), 0x0303) * 1000),
    "endless retry requests": flooding(b"", _RETRY * 1000),
}
"""By name, what lets no handshake come to its end."""


def _has_extensions(message: bytes) -> bool:
    body = Buffer(message)
    body.pull_bytes(4 + 2 + 32)
    for size in (1, 2, 1):  # session id, cipher suites, compression methods
        body.pull_opaque(size)
    return not body.eof


INTOLERANT: Mapping[str, Callable[[bytes], bool]] = {
    "TLS 1.3": lambda message: pull_client_hello(message).version is TlsVersion.TLS1_3,
    "extensions": _has_extensions,
    "more than 255 bytes": lambda message: len(message) > 255,
}
"""By what is too much for a server, whether a hello (its handshake message) has it."""


def intolerant(too_much: Callable[[bytes], bool], upstream: tuple[str, int]) -> Handler:
    """A server that closes the connection on a hello that is too much, and is in all else the one at `upstream`."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        header = await reader.readexactly(_HEADER_BYTES)
        if header[0] == _HANDSHAKE:
            message = await reader.readexactly(int.from_bytes(header[3:], "big"))
            if not too_much(message):
                await _tunnel(reader, writer, upstream, header + message)

    return handle


def refusing_after(connections: int, upstream: tuple[str, int]) -> Handler:
    """A server that resets each connection after the first ones, in which it is the one at `upstream`."""
    tried = itertools.count()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if next(tried) < connections:
            await _tunnel(reader, writer, upstream)
        else:
            await resets(reader, writer)

    return handle


async def _tunnel(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upstream: tuple[str, int], said: bytes = b""
) -> None:
    """`said` is what the client has sent already."""
    back, forth = await asyncio.open_connection(*upstream)
    forth.write(said)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_copy(reader, forth))
            group.create_task(_copy(back, writer))
    finally:
        forth.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    with contextlib.suppress(OSError):
        sink.write_eof()
