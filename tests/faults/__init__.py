"""Servers that misbehave, each on a free port of loopback, with TLS in front of the fault or without.

with serve_fault(FAULTS["garbage"]) as server:
    ...  # server.address, server.port, server.connections
"""

import asyncio
import contextlib
import itertools
import selectors
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers import Chain

_HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
_TEN_GB = 10 * 1000**3

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What a server does with one connection, which is closed when it returns."""


@dataclass
class FaultServer:
    """`connections` counts those accepted so far."""

    address: str
    port: int
    connections: int = 0


@contextlib.contextmanager
def serve_fault(
    handler: Handler, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1", port: int = 0
) -> Iterator[FaultServer]:
    """Run a server in a thread of its own until the block ends; what it is doing then is cancelled."""
    listener = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    server = FaultServer(address, listener.getsockname()[1])
    selector = selectors.DefaultSelector()
    loop = asyncio.SelectorEventLoop(selector)
    stop = asyncio.Event()
    serving: list[tuple[asyncio.Task[None], asyncio.StreamWriter]] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        if task := asyncio.current_task():
            serving.append((task, writer))
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the client has had enough, or the test is over
        finally:
            writer.close()

    async def run() -> None:
        listening = await asyncio.start_server(accept, sock=listener, ssl=tls)
        await stop.wait()
        async with asyncio.timeout(60):
            # Until only the listener and the loop's own pipe are left: a connection may be in its TLS handshake, and
            # one that is accepted while the listener is closed would never be.
            while len(selector.get_map()) > 2 or len(asyncio.all_tasks()) > 1:
                for task, writer in serving:
                    task.cancel()
                    with contextlib.suppress(AttributeError):  # asyncio of Python 3.11.2, after TLS has ended
                        writer.transport.abort()
                await asyncio.sleep(0.001)
        listening.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def server_context(chain: Chain) -> ssl.SSLContext:
    """A TLS context for a server that shows this chain."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        context.load_cert_chain(*chain.write(Path(folder), "server"))
    return context


async def read_request(reader: asyncio.StreamReader) -> tuple[str, str]:
    """Read the head of a request; return its target and its Host field."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    host = next((line[5:].strip() for line in head.split("\r\n") if line.lower().startswith("host:")), "")
    return head.split(" ")[1], host


def message(status: int, *fields: str, body: bytes = b"") -> bytes:
    """A complete HTTP answer, after which the connection is closed."""
    own = (f"Content-Length: {len(body)}", "Connection: close")
    return "\r\n".join([f"HTTP/1.1 {status} Status", *fields, *own, "", ""]).encode("latin-1") + body


def answering(answer: bytes) -> Handler:
    """A server that says the same whatever it is told."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(answer)
        await writer.drain()

    return handle


def dripping(data: bytes, pause_s: float = 1.0) -> Handler:
    """A server that says the same without being asked, one byte at a time."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(pause_s)

    return handle


def flooding(head: bytes, chunk: bytes, times: int | None = None) -> Handler:
    """A server that sends a head and then the same chunk for as long as it is taken, or so many times."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(head)
        for _ in itertools.count() if times is None else range(times):
            await _send(writer, chunk)

    return handle


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    # Over TLS, asyncio may neither wait nor raise once the client is gone.
    await asyncio.sleep(0)
    if writer.is_closing():
        raise ConnectionResetError
    writer.write(data)
    await writer.drain()


async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(65536):
        pass


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def redirect_loop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    target, _ = await read_request(reader)
    writer.write(message(301, f"Location: {target}"))


async def endless_redirects(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    target, _ = await read_request(reader)
    writer.write(message(301, f"Location: {target}x"))


async def gzip_bomb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A page of 10 GB, compressed about a thousandfold."""
    await read_request(reader)
    encoder = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    writer.write(_HTML + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n")
    writer.write(encoder.compress(b"<head>") + encoder.flush(zlib.Z_FULL_FLUSH))
    # After a full flush the encoder starts afresh, so the same bytes stand for the same text each time.
    segment = encoder.compress(b" " * 10**6) + encoder.flush(zlib.Z_FULL_FLUSH)
    for _ in range(_TEN_GB // 10**6):
        await _send(writer, segment)


FAULTS: Mapping[str, Handler] = {
    "never answers": never_answers,
    "garbage": answering(bytes(range(256)) * 64),
    "one byte a second": dripping(_HTML + b"\r\n"),
    "resets": resets,
    "closes": closes,
    "endless headers": flooding(_HTML, b"X: " + b"x" * 1000 + b"\r\n"),
    "one endless header": flooding(_HTML + b"X: ", b"x" * 65536),
    "endless informational answers": flooding(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100),
    "10 GB body": flooding(_HTML + b"Content-Length: %d\r\n\r\n<head>" % _TEN_GB, b" " * 10**6, _TEN_GB // 10**6),
    "gzip bomb": gzip_bomb,
    "redirect loop": redirect_loop,
    "endless redirects": endless_redirects,
    "redirect to a private address": answering(message(301, "Location: http://127.0.0.1:9/")),
    "invalid UTF-8": answering(
        message(
            200, "Content-Type: text/html; charset=utf-8", "X-Name: \xff\xfe", body=b"<title>\xff\xc3\xfe</title>\xc0"
        )
    ),
    "two HSTS fields": answering(
        message(200, "Strict-Transport-Security: max-age=0", "Strict-Transport-Security: max-age=31536000")
    ),
    "line breaks in a field": answering(
        b"HTTP/1.1 301 Moved\r\nLocation: https://www.example.org/\rSet-Cookie: a=b\nX: y\r\nContent-Length: 0\r\n\r\n"
    ),
}
"""By name, the faults that a server can show to a client of HTTP; without TLS, also to one that says hello."""
