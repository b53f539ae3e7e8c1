"""Visits to one address: each a conversation over a connection of its own."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from tlsaudit.evidence import NotObserved
from tlsaudit.probe.handshake import not_observed
from tlsaudit.probe.hello import HelloError
from tlsaudit.probe.hello.alert import NO_APPLICATION_PROTOCOL
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road
from tlsaudit.probe.session.drive import converse
from tlsaudit.probe.session.handshake import Conversation

UNKNOWN_PROTOCOL = "tlsaudit/unknown"
"""No server can know it, so that one which picks it takes anything (RFC 7301 section 3.2)."""

PROTOCOLS = (UNKNOWN_PROTOCOL, "h2", "http/1.1")

_RETRY_S = 0.2

C = TypeVar("C", bound=Conversation)


class Visitor:
    """Holds conversations at the end of a road. `failure` says why one came to nothing, the last time.

    `picked` are the protocols that were chosen when offered (ALPN), in that order; `shares` the server's key shares.
    """

    def __init__(self, road: Road, limits: Limits, *, asks_protocols: bool) -> None:
        self._road = road
        self._limits = limits
        self._asks_protocols = asks_protocols
        self.failure: NotObserved | None = None
        self.picked: list[str] = []
        self.shares: list[tuple[int, bytes]] = []

    @property
    def remaining(self) -> tuple[str, ...]:
        """The protocols to offer next: those not yet picked, until the last is or nothing is picked at all."""
        if not self._asks_protocols or PROTOCOLS[-1] in self.picked:
            return ()
        return tuple(name for name in PROTOCOLS if name not in self.picked)

    async def visit(self, make: Callable[[Sequence[str]], C], protocols: Sequence[str] = ()) -> C | None:
        """The conversation that `make` begins, offering these protocols, and again without any where the server
        cannot live with them: one that knows none may end it (RFC 7301 section 3.2), and Apache then names one that was
        not offered. A connection that is cut is tried once more. None where there is nothing to tell.
        """
        for pause in (_RETRY_S, None):
            try:
                held = await converse(self._road, make(protocols), self._limits)
            except ConnectionError as error:
                self.failure = not_observed(error)
                if pause is None or isinstance(error, ConnectionRefusedError):
                    return None
                await asyncio.sleep(pause)
            except (HelloError, OSError, ValueError) as error:  # ValueError: no name for a hello
                self.failure = not_observed(error)
                return await self.visit(make) if protocols and isinstance(error, HelloError) else None
            else:
                break
        if held.seen.share:
            self.shares.append(held.seen.share)
        alert, picked = held.seen.alert, held.seen.alpn
        if protocols:
            self._asks_protocols = picked in protocols
        if picked is not None and picked in protocols:
            self.picked.append(picked)
        if protocols and alert and alert.description == NO_APPLICATION_PROTOCOL:
            return await self.visit(make)
        return held
