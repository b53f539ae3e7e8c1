"""What is said on a connection before TLS starts."""

from collections.abc import Awaitable, Callable, Generator

from tlsaudit.probe.hello import HelloError

Preamble = Generator[bytes, bytes, bytes | None]
"""Yields what to send, is sent what arrived (empty: the peer closed), and returns when the next byte may be TLS or the
next preamble's; what arrived too early for it is returned. It does no I/O. Raises PreambleError."""


class Unanswered(bytes):
    """What a preamble yields where the peer will not answer: it is sent, and nothing is awaited."""


class PreambleError(HelloError):
    """No TLS can be started on this connection."""


async def hold(
    preamble: Preamble, send: Callable[[bytes], Awaitable[None]], receive: Callable[[], Awaitable[bytes]]
) -> bytes:
    """Hold a dialogue to its end; what was received beyond it is returned. Raises PreambleError, and what `send` and
    `receive` do.
    """
    try:
        data = next(preamble)
        while True:
            if data:
                await send(data)
            data = preamble.send(b"" if isinstance(data, Unanswered) else await receive())
    except StopIteration as done:
        early: bytes | None = done.value
        return early or b""
