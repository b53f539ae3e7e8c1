"""HTTP/1.1 over a stream: h11 says what to send and what was received."""

from collections.abc import Sequence

import h11

from tlsaudit.probe.http.stream import Stream

_CHUNK_BYTES = 1 << 16
_MOST_HEAD_BYTES = 100 << 10


class HangUpError(h11.RemoteProtocolError):
    """The server closed the connection before the head of its answer was complete."""


class Connection:
    """One request after the other. Raises what the stream does, h11.ProtocolError where the answer is not HTTP."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD_BYTES)

    async def ask(self, target: str, fields: Sequence[tuple[bytes, bytes]], seconds: float) -> h11.Response:
        """The head of the answer to a GET. Each wait for the server takes at most `seconds`, here and below."""
        request = self._http.send(h11.Request(method="GET", target=target, headers=list(fields)))
        self._http.send(h11.EndOfMessage())
        try:
            await self._stream.write(request or b"", seconds)
        except TimeoutError:
            raise
        except OSError:  # some answer without having read the whole request, and close
            pass
        while not isinstance(event := await self._event(seconds), h11.Response):
            pass
        return event

    async def chunk(self, seconds: float) -> bytes:
        """What comes next of the body; empty at its end."""
        if self._http.their_state is not h11.SEND_BODY:
            return b""
        event = await self._event(seconds)
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    def is_free(self) -> bool:
        """Whether the whole answer was read, and the server will take another request."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        return self._http.our_state is h11.IDLE

    def is_stale(self) -> bool:
        """Whether the server, which owes nothing, has said something all the same: goodbye, in all likelihood."""
        return self._stream.is_readable()

    def close(self) -> None:
        self._stream.close()

    async def _event(self, seconds: float) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = await self._stream.read(_CHUNK_BYTES, seconds)
            if not data and self._http.their_state is h11.SEND_RESPONSE:
                raise HangUpError("no whole answer")
            self._http.receive_data(data)
        return event
