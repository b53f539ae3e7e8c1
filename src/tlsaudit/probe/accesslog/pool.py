"""Chunks of logs counted side by side, in processes of their own where there is enough to read."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

from tlsaudit.errors import UserError
from tlsaudit.evidence import Scheme
from tlsaudit.probe.accesslog.files import read_range
from tlsaudit.probe.accesslog.reading import LogReader
from tlsaudit.probe.accesslog.tally import Counter, Rules, Tally

_AHEAD = 2
"""Chunks that wait for each process: what bounds the memory."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines to count: a range of a file's bytes, or the bytes themselves. `weight` is how many bytes on the disk they
    are, for the progress.
    """

    name: str
    reader: LogReader
    fallback: Scheme
    path: Path | None = None
    start: int = 0
    end: int = 0
    data: bytes = b""
    weight: int = 0


class Pool:
    """Counts chunks and gives the tallies in their order. With fewer than two `processes` it counts by itself."""

    def __init__(self, rules: Rules, processes: int) -> None:
        self._processes = processes
        self._here = Counter(rules)
        self._executor: ProcessPoolExecutor | None = None
        if processes > 1:
            # Not by fork: the progress bar has a thread.
            self._executor = ProcessPoolExecutor(
                processes, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(rules,)
            )

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def tallies(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, Tally]]:
        """Each chunk with what it holds. Raises LogFileError, and UserError where a process was ended from outside."""
        if self._executor is None:
            for chunk in chunks:
                yield chunk, _count(self._here, chunk)
            return
        waiting: deque[tuple[Chunk, Future[Tally]]] = deque()
        try:
            for chunk in chunks:
                waiting.append((chunk, self._executor.submit(_work, chunk)))
                if len(waiting) > _AHEAD * self._processes:
                    first, result = waiting.popleft()
                    yield first, result.result()
            for first, result in waiting:
                yield first, result.result()
        except BrokenProcessPool as error:
            raise UserError(
                "a process that reads the logs was ended from outside, perhaps for want of memory"
            ) from error


def _count(counter: Counter, chunk: Chunk) -> Tally:
    data = chunk.data if chunk.path is None else read_range(chunk.path, chunk.start, chunk.end)
    return counter.chunk(chunk.reader, data, chunk.fallback)


_counter: Counter | None = None


def _begin(rules: Rules) -> None:
    """In each process: leave interruptions to the parent, and do not outlive it."""
    global _counter  # noqa: PLW0603 what a process of a pool is given stays with it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    _counter = Counter(rules)


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _work(chunk: Chunk) -> Tally:
    if _counter is None:
        raise RuntimeError("the process was not begun")
    return _count(_counter, chunk)
