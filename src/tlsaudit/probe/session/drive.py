"""Hold a conversation over one connection."""

import asyncio

from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Connection, Road
from tlsaudit.probe.session.handshake import Conversation, Handshake

# How long a server may take, once it has said Finished, to send its tickets and hang up. Most do at once.
_FAREWELL_S = 1.0


async def converse(road: Road, conversation: Conversation, limits: Limits) -> Handshake:
    """What the handshake showed, complete or ended by an alert.

    Raises OSError and PreambleError where there is no connection, TimeoutError where the server falls silent,
    HelloError where what it says is malformed. What is wrong after a complete handshake is passed over.
    """
    async with road.connection() as connection:
        try:
            await _talk(connection, conversation, limits)
        except (HelloError, OSError):  # OSError: a reset, and TimeoutError
            if not conversation.seen.complete:
                raise
        seen = conversation.seen
        if not seen.complete and seen.alert is None:
            raise ConnectionResetError("during the handshake")
        return seen


async def _talk(connection: Connection, conversation: Conversation, limits: Limits) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(limits.answer_s) as deadline:
        await connection.send(conversation.start())
        while not conversation.done:
            data = await connection.receive()
            if not data:
                conversation.end()
                return
            was_complete = conversation.seen.complete
            if answer := conversation.receive(data):
                await connection.send(answer)
            if conversation.seen.complete and not was_complete:
                deadline.reschedule(loop.time() + min(_FAREWELL_S, limits.answer_s))
