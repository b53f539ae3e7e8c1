"""Run a probe over many subjects: bounded, results as they complete, in one process."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

S = TypeVar("S")
R = TypeVar("R")


async def map(  # noqa: A001  the name says what it does: engine.map
    probe: Callable[[S], Awaitable[R]], subjects: Iterable[S], *, concurrency: int
) -> AsyncGenerator[tuple[S, R], None]:
    """Yield (subject, result) in the order of completion, with at most `concurrency` probes under way.

    Subjects are drawn as places fall free and results wait in a bounded queue, so memory does not grow with
    their number. An exception of a probe ends the run. Close the iterator to cancel what is under way.
    """
    waiting = iter(subjects)
    results: asyncio.Queue[tuple[S, R] | None] = asyncio.Queue(maxsize=concurrency)

    async def work() -> None:
        for subject in waiting:
            await results.put((subject, await probe(subject)))

    async def all_work() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(concurrency):
                    group.create_task(work())
        except asyncio.CancelledError:
            raise  # nobody reads the queue any more: a put could wait for ever
        except BaseException:
            await results.put(None)
            raise
        await results.put(None)

    running = asyncio.create_task(all_work())
    try:
        while (result := await results.get()) is not None:
            yield result
        await running
    finally:
        running.cancel()
        await asyncio.wait([running])
