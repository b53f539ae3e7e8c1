"""The servers of the lab that are slow or misbehave, all in one process, told apart by the address that is asked:
`python -m bench.lab.odd FOLDER`.

`FOLDER/modern` has the sockets of the modern server; `FOLDER/odd` gets one once all ports are listened on.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.lab.kinds import Kind
from tests.faults import FAULTS, Handler, dripping, resets

DELAY_S = 0.1
_BACKLOG = 4096

_RECORD = b"\x16\x03\x03\x40\x00" + bytes(1 << 14)  # a handshake record, as long as may be (RFC 8446 section 5.1)
_PAGE = b"HTTP/1.1 200 OK\r\nX: " + bytes(1 << 14)


async def main(folder: Path) -> None:
    https: dict[Kind, Handler] = {Kind.SLOW: late(folder / "modern/https.sock"), Kind.TARPIT: dripping(_RECORD)}
    http: dict[Kind, Handler] = {Kind.SLOW: late(folder / "modern/http.sock"), Kind.TARPIT: dripping(_PAGE)}
    same: dict[Kind, Handler] = {Kind.GARBAGE: FAULTS["garbage"], Kind.RESET: resets}
    for port, handlers in ((443, https), (80, http)):
        await asyncio.start_server(by_address({**handlers, **same}), "0.0.0.0", port, backlog=_BACKLOG)
    await asyncio.start_unix_server(by_address({}), folder / "odd/status.sock")
    await asyncio.Event().wait()


def by_address(handlers: Mapping[Kind, Handler]) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address, _ = writer.get_extra_info("sockname")
        try:
            await handlers[Kind.at(address)](reader, writer)
        except OSError:
            pass  # the client has had enough
        finally:
            writer.close()

    return handle


def late(upstream: Path) -> Handler:
    """The server behind a socket; what the client says comes to it after a while."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_unix_connection(upstream)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(back, writer, 0))
                await _copy(reader, forth, DELAY_S)
        finally:
            forth.close()

    return handle


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter, delay_s: float) -> None:
    while data := await source.read(65536):
        await asyncio.sleep(delay_s)
        sink.write(data)
        await sink.drain()
    sink.write_eof()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
