"""A tunnel by HTTP CONNECT (RFC 9110 section 9.3.6)."""

import re
from base64 import b64encode
from collections.abc import Generator

from tlsaudit.probe.preamble import Preamble
from tlsaudit.probe.proxy.refusal import no_way

_MOST_BYTES = 16 << 10
_START = b"HTTP/1."
_EMPTY_LINE = re.compile(rb"\n\r?\n")  # a bare LF may end a line (RFC 9112 section 2.2)
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])[ \r\n]")


def http_connect(host: str, port: int, credentials: tuple[str, str] | None) -> Preamble:
    """Ask for a tunnel to a host name or IP address. Raises PreambleError."""
    received = bytearray()
    question = _request(host, port, credentials)
    start, status = 0, 0
    while status < 200:  # interim answers may come first (RFC 9110 section 15.2)
        end = yield from _end_of_head(received, start, question if start == 0 else b"")
        status = _status(bytes(received[start:end]))
        start = end
    if status >= 300:
        raise no_way(f"it refused: {status}{_meaning(status, credentials)}")
    return bytes(received[start:])


def _end_of_head(received: bytearray, start: int, question: bytes) -> Generator[bytes, bytes, int]:
    """Receive until the head of an answer is whole, after the question where there is one; where it ends."""
    searched = start
    while True:
        if not _START.startswith(received[start : start + len(_START)]):
            raise no_way("its answer is not HTTP/1.1")
        if found := _EMPTY_LINE.search(received, searched, _MOST_BYTES):
            return found.end()
        if len(received) >= _MOST_BYTES:
            raise no_way("its answer does not end")
        searched = max(start, len(received) - 2)
        data = yield question
        question = b""
        if not data:
            raise no_way("it closed the connection" + (" in the middle of its answer" if received else ""))
        received += data


def _request(host: str, port: int, credentials: tuple[str, str] | None) -> bytes:
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if credentials:
        lines.append(f"Proxy-Authorization: Basic {b64encode(':'.join(credentials).encode()).decode()}")
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("ascii")


def _meaning(status: int, credentials: tuple[str, str] | None) -> str:
    """What the status most likely means; it does not say whose fault it is."""
    if status == 407 or (status == 401 and credentials):
        return " (it does not accept the user and the password)" if credentials else " (it wants a user and a password)"
    if status == 403:
        return " (it does not allow this)"
    return " (it did not connect)" if status >= 500 else ""


def _status(head: bytes) -> int:
    matched = _STATUS.match(head)
    if not matched:
        raise no_way("its answer is not HTTP/1.1")
    return int(matched[1])
