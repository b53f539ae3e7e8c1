"""Calls that block, such as to the system's resolver, in threads that nobody waits for at the end.

The event loop has half a dozen threads for that: names whose servers are silent would keep all of them for seconds,
and the names of everybody else waiting.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from tlsaudit.probe.descriptors import others_at_a_time

P = ParamSpec("P")
R = TypeVar("R")


class _Threads:
    """As many as are at work. What an endpoint asked whose time is over goes on for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._begun = 0
        self._free = 0  # threads that wait, less the calls that do

    def submit(self, call: Callable[[], R]) -> "Future[R]":
        future: Future[R] = Future()
        self._calls.put((future, call))
        with self._lock:
            grows = self._free <= 0 and self._begun < others_at_a_time()
            if grows:
                self._begun += 1
            else:
                self._free -= 1
        if grows:
            threading.Thread(target=self._work, name="blocking", daemon=True).start()
        return future

    def _work(self) -> None:
        while True:
            future, call = self._calls.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except Exception as error:  # for whoever waits
                    future.set_exception(error)
            with self._lock:
                self._free += 1


_threads = _Threads()


async def blocking(call: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """What the call returns, or raises. Cancelled, it goes on where it has begun."""
    return await asyncio.wrap_future(_threads.submit(partial(call, *args, **options)))
