"""A tunnel by SOCKS5 (RFC 1928), with a user and a password where the proxy wants them (RFC 1929)."""

import ipaddress
from collections.abc import Generator

from tlsaudit.evidence import Reason
from tlsaudit.probe.preamble import Preamble, PreambleError
from tlsaudit.probe.proxy.refusal import no_way

_VERSION = 5
_OPEN, _BY_PASSWORD = 0, 2
_CONNECT = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4

# RFC 1928 section 6. Three replies are about the server, as the proxy sees it; a proxy that forbids the connection
# or fails itself has replies of its own.
_ABOUT_THE_SERVER = {3: Reason.UNREACHABLE, 4: Reason.UNREACHABLE, 5: Reason.REFUSED}
_REFUSALS = {
    1: "it failed to connect",
    2: "it does not allow this",
    6: "the way to the server is too long",
    7: "it knows no CONNECT",
    8: "it does not take addresses of this kind",
}


def socks5(host: str, port: int, credentials: tuple[str, str] | None) -> Preamble:
    """Ask for a tunnel to a host name or IP address. Raises PreambleError."""
    received = bytearray()
    methods = bytes([_OPEN, _BY_PASSWORD] if credentials else [_OPEN])
    version, method = yield from _answer(received, 2, bytes([_VERSION, len(methods)]) + methods)
    if version != _VERSION:
        raise no_way("its answer is not SOCKS5")
    if method == _BY_PASSWORD and credentials:
        yield from _log_in(received, credentials)
    elif method != _OPEN:
        raise no_way("it accepts no way to log in" if credentials else "it wants a user and a password")
    version, reply = yield from _answer(received, 2, _request(host, port))
    if version != _VERSION:
        raise no_way("its answer is not SOCKS5")
    if reply in _ABOUT_THE_SERVER:
        raise PreambleError("says the proxy", _ABOUT_THE_SERVER[reply])
    if reply:
        raise no_way(f"it refused: {_REFUSALS.get(reply, f'reply {reply}')}")
    _, kind = yield from _answer(received, 2)
    # The address from which the proxy connects: of no use, but to be read to its end.
    length = {_IPV4: 4, _IPV6: 16}.get(kind)
    if kind == _NAME:
        (length,) = yield from _answer(received, 1)
    if length is None:
        raise no_way("its answer is not SOCKS5")
    yield from _answer(received, length + 2)
    return bytes(received)


def _log_in(received: bytearray, credentials: tuple[str, str]) -> Generator[bytes, bytes, None]:
    message = bytes([1])
    for part in credentials:
        text = part.encode()
        message += bytes([len(text)]) + text
    _, status = yield from _answer(received, 2, message)
    if status:
        raise no_way("it does not accept the user and the password")


def _request(host: str, port: int) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode("ascii")
        where = bytes([_NAME, len(name)]) + name
    else:
        where = bytes([_IPV4 if address.version == 4 else _IPV6]) + address.packed
    return bytes([_VERSION, _CONNECT, 0]) + where + port.to_bytes(2, "big")


def _answer(received: bytearray, size: int, question: bytes = b"") -> Generator[bytes, bytes, bytes]:
    """The next `size` bytes, after the question where there is one. What comes before it is asked for is a fault."""
    if question and received:
        raise no_way("it speaks out of turn")
    while len(received) < size:
        data = yield question
        question = b""
        if not data:
            raise no_way("it closed the connection")
        received += data
    taken = bytes(received[:size])
    del received[:size]
    return taken
