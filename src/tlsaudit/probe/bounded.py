"""The deadline of an endpoint, and what a defect of ours may cost."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from tlsaudit.evidence import NotObserved, Reason

log = logging.getLogger(__name__)

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Bounded:
    """Call it with what is to be awaited: past the deadline, or where it raises, the result is NotObserved.

    `deadline` is in the time of the event loop, `budget_s` what it was set from.
    """

    deadline: float
    budget_s: float

    @classmethod
    def within(cls, budget_s: float) -> "Bounded":
        return cls(asyncio.get_running_loop().time() + budget_s, budget_s)

    async def __call__(self, probe: Awaitable[R]) -> R | NotObserved:
        try:
            async with asyncio.timeout_at(self.deadline):
                return await probe
        except TimeoutError:
            return NotObserved(Reason.TIMED_OUT, f"not finished within {self.budget_s:g} s")
        except Exception as error:  # a defect of ours must cost one endpoint its evidence, not the audit
            log.error("a probe failed: %s: %s", type(error).__name__, error)
            log.debug("where it failed", exc_info=True)
            return NotObserved(Reason.PROBE_FAILED, f"{type(error).__name__}: {error}")
