"""How many connections are opened a second, whoever opens them."""

import asyncio
import time


class Pace:
    """At most `per_second` TCP connections, evenly spread; None: as many as there are to open."""

    def __init__(self, per_second: float | None = None) -> None:
        self._every_s = 1 / per_second if per_second else 0.0
        self._next = 0.0

    def take(self) -> bool:
        """Whether one may be opened now; it then counts as opened."""
        now = time.monotonic()
        if self._every_s and now < self._next:
            return False
        self._next = now + self._every_s
        return True

    async def turn(self) -> None:
        """Wait until one may be opened, after those who wait already."""
        if self.take():
            return
        at, self._next = self._next, self._next + self._every_s
        await asyncio.sleep(at - time.monotonic())
