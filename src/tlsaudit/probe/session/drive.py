"""Hold a conversation over one connection."""

import asyncio
from typing import TypeVar

from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Connection, Road
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
    async with road.connection() as connection:
        try:
            await _talk(connection, conversation, limits, after_s)
        except (HelloError, OSError):  # TimeoutError is an OSError
            if not (conversation.seen.complete or conversation.seen.request):
                raise
    return conversation


async def _talk(connection: Connection, conversation: Conversation, limits: Limits, after_s: float) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(limits.answer_s) as deadline:
        await connection.send(conversation.start())
        while not conversation.done:
            data = await connection.receive()
            if not data:
                conversation.end()
                raise ConnectionResetError("in the middle of the handshake")
            was_complete = conversation.seen.complete
            if answer := conversation.receive(data):
                await connection.send(answer)
            if conversation.seen.complete and not was_complete:
                deadline.reschedule(loop.time() + min(after_s, limits.answer_s))
