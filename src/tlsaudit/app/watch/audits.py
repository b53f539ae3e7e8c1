"""Full audits when they are due: one at a time, in a thread with an event loop of its own, so that neither judging nor
a slow database delays the light looks.
"""

import asyncio
import logging
import random
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

from tlsaudit.app.watch.schedule import Schedule
from tlsaudit.app.watch.state import State
from tlsaudit.errors import UserError
from tlsaudit.report.figures import AuditFigures
from tlsaudit.store import StoreError

log = logging.getLogger(__name__)

_LONGEST_SLEEP_S = 60.0  # so that a clock that is set is noticed
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 300.0

T = TypeVar("T")


class Audits:
    """Runs `audit` on a schedule, and `at_once` where that is wanted."""

    def __init__(
        self, state: State, schedule: Schedule, audit: Callable[[], Awaitable[AuditFigures]], *, at_once: bool
    ) -> None:
        self._state = state
        self._schedule = schedule
        self._audit = audit
        self._at_once = at_once

    async def run(self) -> None:
        """For ever. An audit that is due while one runs is skipped, and counted."""
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self._once()) if self._at_once else None
            while True:
                due = self._schedule.after(datetime.now(UTC))
                self._state.next_audit_at = due
                await _sleep_until(due)
                if running and not running.done():
                    self._state.audits["skipped"] += 1
                    self._state.said("an audit is due, and skipped: the one before is not done")
                    continue
                await asyncio.sleep(random.uniform(0, self._schedule.jitter_s(due)))  # noqa: S311  no secret
                running = group.create_task(self._once())

    async def _once(self) -> None:
        """One audit, begun anew as long as it fails for the history alone: after as long as it took, so that servers
        are not asked all the time.
        """
        state, pause, now = self._state, _FIRST_PAUSE_S, asyncio.get_running_loop().time
        state.audit_running = True
        try:
            begun = now()
            while not await self._done():
                await asyncio.sleep(max(pause, now() - begun))
                pause, begun = min(2 * pause, _LONGEST_PAUSE_S), now()
        finally:
            state.audit_running = False

    async def _done(self) -> bool:
        """Try; whether there is no sense in trying again."""
        state, begun = self._state, datetime.now(UTC)
        try:
            figures = await _apart(self._audit)
        except StoreError as error:
            state.audits["failed"] += 1
            state.lost_history(str(error), begun)
            return False
        except UserError as error:
            self._failed(str(error))
        except Exception as error:  # a defect of ours must cost one audit, not the watch
            log.error("an audit failed: %s: %s", type(error).__name__, error)
            log.debug("where it failed", exc_info=True)
            self._failed(f"{type(error).__name__}: {error}")
        else:
            state.found_history(begun)
            state.audits["finished"] += 1
            state.last, state.last_failure = figures, None
        return True

    def _failed(self, why: str) -> None:
        self._state.audits["failed"] += 1
        self._state.last_failure = why
        self._state.said(f"no audit: {why}")


async def _sleep_until(moment: datetime) -> None:
    while True:
        left = (moment - datetime.now(UTC)).total_seconds()
        if left <= 0:
            return
        await asyncio.sleep(min(left, _LONGEST_SLEEP_S))


async def _apart(work: Callable[[], Awaitable[T]]) -> T:
    """Await in a thread of its own. Cancelled, it is cancelled there, and has ended when this returns."""
    inner: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = []
    begun = threading.Event()

    async def noted() -> T:
        task = asyncio.current_task()
        assert task
        inner.append((asyncio.get_running_loop(), task))
        begun.set()
        return await work()

    with ThreadPoolExecutor(1, "audit") as thread:
        done = asyncio.get_running_loop().run_in_executor(thread, lambda: asyncio.run(noted()))
        try:
            await asyncio.wait([done])
        except asyncio.CancelledError:
            begun.wait()
            (loop, task), *_ = inner
            with suppress(RuntimeError):  # it was over already
                loop.call_soon_threadsafe(task.cancel)
            await asyncio.wait([done])
            done.exception()  # how it ended is nobody's business any more
            raise
        return done.result()
