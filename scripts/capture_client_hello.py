"""Keep the ClientHello of a client, as an entry of the reference clients.

    capture_client_hello.py "curl 7.88 (OpenSSL 3.0)" "Debian 12 package 7.88.1-10" -- \
        curl --resolve www.example.org:@PORT@:127.0.0.1 https://www.example.org:@PORT@/

Listens on loopback, runs the command with its @PORT@ replaced, takes the first ClientHello that arrives, and ends the
command. One that was published elsewhere is given with --record instead. Whatever differs between two connections of
the same client is left out of the entry: the random, the session id, the key shares, the server's name. An entry of
the same name is replaced.
"""

import argparse
import contextlib
import datetime as dt
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tlsaudit.policy.clients import CODE_LISTS
from tlsaudit.probe.hello.client import CLIENT_HELLO, KEY_SHARE, SERVER_NAME
from tlsaudit.probe.hello.record import HANDSHAKE, RecordReader
from tlsaudit.probe.hello.wire import Buffer

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = ROOT / "src" / "tlsaudit" / "policy" / "clients.json"

ALPN, PADDING = 16, 21
_MAX_BYTES = 1 << 16
_DEADLINE_S = 60.0

Entry = dict[str, Any]


def entry_of(record: bytes) -> Entry:
    """What stands in the data file for a ClientHello. `record` is what the client sent, record layer and all.

    Raises HelloError where it is no ClientHello.
    """
    payloads = [data for kind, data in RecordReader(_MAX_BYTES).receive(record) if kind == HANDSHAKE]
    outer = Buffer(b"".join(payloads))
    if outer.pull_uint(1) != CLIENT_HELLO:
        raise ValueError("not a ClientHello")
    body = Buffer(outer.pull_opaque(3))
    outer.pull_end()
    version = body.pull_uint(2)
    body.pull_bytes(32)
    session_id = body.pull_opaque(1)
    suites = body.pull_uint16s()
    compressions = body.pull_opaque(1)
    block = None if body.eof else Buffer(body.pull_opaque(2))
    body.pull_end()
    extensions = []
    while block and not block.eof:
        extensions.append(_extension(block.pull_uint(2), block.pull_opaque(2)))
    return {
        "record": record[1:3].hex().upper(),
        "version": f"{version:04X}",
        "session_id": len(session_id),
        "suites": " ".join(f"{code:04X}" for code in suites),
        "compressions": compressions.hex().upper(),
        "extensions": extensions if block else None,
    }


def _extension(kind: int, data: bytes) -> str:
    if kind in {SERVER_NAME, PADDING}:
        said: Sequence[str] = ()
    elif kind == KEY_SHARE:
        said = _shares(data)
    elif kind in CODE_LISTS:
        said = [f"{code:04X}" for code in Buffer(data).pull_uint16s(CODE_LISTS[kind])]
    elif kind == ALPN:
        said = _names(data)
    else:
        said = [data.hex().upper()] if data else ()
    return " ".join([f"{kind:04X}", *said])


def _shares(data: bytes) -> list[str]:
    shares = Buffer(Buffer(data).pull_opaque(2))
    found = []
    while not shares.eof:
        found.append(f"{shares.pull_uint(2):04X}")
        shares.pull_opaque(2)
    return found


def _names(data: bytes) -> list[str]:
    names = Buffer(Buffer(data).pull_opaque(2))
    found = []
    while not names.eof:
        found.append(names.pull_opaque(1).decode("ascii"))
    return found


def capture(command: Sequence[str]) -> bytes:
    """The first thing that a client says to a port on loopback, a whole record of it. Raises TimeoutError."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_DEADLINE_S)
        port = str(listener.getsockname()[1])
        client = subprocess.Popen(
            [part.replace("@PORT@", port) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return _first_hello(listener)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(client.pid, signal.SIGKILL)
            client.wait()


def _first_hello(listener: socket.socket) -> bytes:
    deadline = time.monotonic() + _DEADLINE_S
    while time.monotonic() < deadline:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(5)
            with contextlib.suppress(TimeoutError):
                if record := _record(connection):
                    return record
    raise TimeoutError(f"no ClientHello within {_DEADLINE_S:g} s")


def _record(connection: socket.socket) -> bytes:
    # Browsers open connections ahead of need and say nothing on them.
    data = b""
    while len(data) < _MAX_BYTES:
        if len(data) > 9 and data[0] == HANDSHAKE:
            end = 5 + int.from_bytes(data[3:5], "big")
            if len(data) >= end >= 9 + int.from_bytes(data[6:9], "big"):
                return data[:end]
        chunk = connection.recv(_MAX_BYTES)
        if not chunk:
            return b""
        data += chunk
    return b""


def keep(file: Path, entry: Entry) -> None:
    """Put an entry into the data file, in the place of the one of the same name, or at its end."""
    document = json.loads(file.read_text("utf-8"))
    names = [client["name"] for client in document["clients"]]
    at = names.index(entry["name"]) if entry["name"] in names else len(names)
    document["clients"][at : at + 1] = [entry]
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", help="product and version, and in brackets the TLS library where it is another's")
    parser.add_argument("origin", help="where the client comes from: package and version")
    parser.add_argument("--file", type=Path, default=CLIENTS, help="the data file")
    parser.add_argument("--record", type=bytes.fromhex, help="the hello as it was published, in hexadecimal")
    parser.add_argument(
        "--lowest", type=str, help="the number of the lowest version that it accepts, where known: 0300"
    )
    parser.add_argument("command", nargs="*", help="how to run it; @PORT@ stands for the port to connect to")
    wanted = parser.parse_args()
    if bool(wanted.record) == bool(wanted.command):
        parser.error("give either a command or --record")
    how = "retrieved" if wanted.record else "captured on loopback"
    origin = f"{wanted.origin}, {how} {dt.datetime.now(dt.UTC).date().isoformat()}"
    lowest = {"lowest": wanted.lowest} if wanted.lowest else {}
    entry = entry_of(wanted.record or capture(wanted.command))
    keep(wanted.file, {"name": wanted.name, "origin": origin, **lowest, **entry})


if __name__ == "__main__":
    main()
