"""Hold a conversation over one connection."""

from typing import TypeVar

from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Ending, Road
from tlsaudit.probe.session.handshake import Conversation

# How long a server may take, once it has said Finished, to send its tickets and hang up. Most do at once.
_FAREWELL_S = 1.0

C = TypeVar("C", bound=Conversation)


async def converse(road: Road, conversation: C, limits: Limits, *, after_s: float = _FAREWELL_S) -> C:
    """The conversation, held to its end, which is at most `after_s` after the handshake.

    Raises OSError and PreambleError where there is no connection, TimeoutError where the server falls silent,
    ConnectionError where it leaves in the middle, HelloError where what it says is malformed. What goes wrong after a
    complete handshake, or once a client certificate was asked for, is passed over: what was seen was seen.
    """
    try:
        await road.ask(_Talk(conversation, min(after_s, limits.answer_s)))
    except (HelloError, OSError):  # TimeoutError is an OSError
        if not (conversation.seen.complete or conversation.seen.request):
            raise
    return conversation


class _Talk:
    """What a road is asked with."""

    def __init__(self, conversation: Conversation, after_s: float) -> None:
        self.hello = conversation.start()
        self.to_say = b""
        self.within_s: float | None = None
        self._conversation = conversation
        self._after_s = after_s

    def take(self, data: bytes) -> bool:
        if not data:
            self._conversation.end()
            raise ConnectionResetError("in the middle of the handshake")
        was_complete = self._conversation.seen.complete
        self.to_say = self._conversation.receive(data)
        self.within_s = None if was_complete or not self._conversation.seen.complete else self._after_s
        return self._conversation.done

    def ended(self, ending: Ending, _connect_s: float) -> bool:
        if ending is Ending.SILENT:
            raise TimeoutError
        if ending is Ending.RESET:
            raise ConnectionResetError
        return False
