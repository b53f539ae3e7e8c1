"""Run work on the workers of a Dask cluster (distributed.dask.org): batches go out, their results come back.

Nothing is lost and nothing counted twice, whatever ends meanwhile: a batch is handed out until its results are here,
and later copies of them are nobody's business. What the cluster knows it may forget.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tlsaudit.engine.cluster import Cluster
from tlsaudit.errors import UserError

if TYPE_CHECKING:
    from distributed import Client

log = logging.getLogger(__name__)

S = TypeVar("S")
R = TypeVar("R")

_CONNECT_S = 10.0
_AWAY_S = 300.0
"""How long the scheduler, or every worker, may be away."""

PER_THREAD = 2
"""Batches that are handed out for each thread of the workers: one that is worked on and one that waits."""

_MOST_ATTEMPTS = 3


@dataclass(slots=True)
class _Batch(Generic[S]):
    subjects: Sequence[S]
    attempts: int = 0


class _NoResultsError(Exception):
    """A batch came to nothing, though the cluster was there. `hopeless`: to try it again as it is would be in vain."""

    def __init__(self, why: str, *, hopeless: bool) -> None:
        super().__init__(why)
        self.hopeless = hopeless


class _Batches(Generic[S]):
    """What is still to be handed out. `room` tells whether new subjects may be begun.

    A worker takes all that it has with it. So who may have ended it is tried alone, one such subject at a time.
    """

    def __init__(self, subjects: Iterable[S], size: int, room: Callable[[], bool]) -> None:
        self._waiting = iter(subjects)
        self._size = size
        self._room = room
        self._again: deque[_Batch[S]] = deque()
        self._suspects: deque[_Batch[S]] = deque()
        self._tried: _Batch[S] | None = None

    def next(self) -> _Batch[S] | None:
        """None where there is nothing to begin, for now at least."""
        if self._again:
            return self._again.popleft()
        if self._suspects and self._tried is None:
            self._tried = self._suspects.popleft()
            return self._tried
        subjects = list(islice(self._waiting, self._size)) if self._room() else ()
        return _Batch(subjects) if subjects else None

    def done(self, batch: _Batch[S]) -> None:
        if batch is self._tried:
            self._tried = None

    def later(self, batch: _Batch[S]) -> None:
        """Hand it out again: it is not to blame."""
        self._again.append(batch)

    def failed(self, batch: _Batch[S], *, hopeless: bool) -> Sequence[S]:
        """Hand it out again, or its subjects each alone; the answer is those that have had all their attempts."""
        self.done(batch)
        batch.attempts += _MOST_ATTEMPTS if hopeless else 1
        if batch.attempts < _MOST_ATTEMPTS:
            self._again.append(batch)
        elif len(batch.subjects) == 1:
            return batch.subjects
        else:
            self._suspects.extend(_Batch([subject]) for subject in batch.subjects)
        return ()


async def map(  # noqa: A001  as engine.map
    work: Callable[[Sequence[S]], Sequence[R]],
    subjects: Iterable[S],
    cluster: Cluster,
    *,
    size: int,
    deadline_s: float,
    lost: Callable[[S], R],
    room: Callable[[], bool],
) -> AsyncGenerator[tuple[S, R], None]:
    """Yield (subject, result) as batches of `size` complete; `work` is pickled, runs in a thread of a worker, and gives
    a result for each subject in order. Subjects are drawn as workers fall free and there is `room` for more; while
    there is none, results are still to come that make room.

    A batch that takes longer than `deadline_s` is handed out again, and after three attempts each of its subjects
    alone. So are those of a batch that workers end over, as often as Dask has it (`distributed.scheduler
    .allowed-failures`). What has had all its attempts is what `lost` makes of it. An exception of `work` ends the run.
    Raises UserError where there is no such cluster, or none for five minutes. Close the iterator to cancel what is
    under way.
    """
    connection = _Connection(cluster)
    await connection.open()
    batches = _Batches(subjects, size, room)
    running: dict[asyncio.Task[Sequence[R]], _Batch[S]] = {}
    try:
        while True:
            most = PER_THREAD * await connection.threads()
            while len(running) < most and (batch := batches.next()):
                running[asyncio.create_task(connection.run(work, batch.subjects, deadline_s))] = batch
            if not running:
                return
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                for pair in _results(task, running.pop(task), batches, lost):
                    yield pair
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await connection.close()


def _results(
    task: "asyncio.Task[Sequence[R]]", batch: _Batch[S], batches: _Batches[S], lost: Callable[[S], R]
) -> Iterable[tuple[S, R]]:
    """Those of a batch that is done; what came to nothing is queued anew."""
    try:
        results = task.result()
    except ConnectionError:
        batches.later(batch)
        return ()
    except _NoResultsError as error:
        log.info("%d subjects are handed out again: %s", len(batch.subjects), error)
        return [(subject, lost(subject)) for subject in batches.failed(batch, hopeless=error.hopeless)]
    batches.done(batch)
    return zip(batch.subjects, results, strict=True)


class _Connection:
    """The client of a scheduler, made anew where that was away."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._security = cluster.security()
        self._client: Client | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        try:
            await self._connect()
        except (OSError, ValueError) as error:
            raise UserError(f"--scheduler {self._cluster.scheduler}: {_one_line(error)}") from None
        if not await self._threads():
            await self.close()
            raise UserError(f"--scheduler {self._cluster.scheduler}: it has no worker: start some with dask worker")

    async def _connect(self) -> None:
        from distributed import Client

        self._client = await Client(
            self._cluster.scheduler,
            security=self._security,
            asynchronous=True,
            timeout=_CONNECT_S,
            set_as_default=False,
            name="tlsaudit",
        )

    async def close(self) -> None:
        if self._client:
            with suppress(OSError, asyncio.TimeoutError):
                await self._client.close(timeout=2)

    async def _threads(self) -> int:
        """Those of all workers; none where the scheduler is away."""
        try:
            scheduler: Any = self._client and self._client.scheduler
            identity = await scheduler.identity(n_workers=0) if scheduler else {}
        except OSError:
            return 0
        return int(identity.get("total_threads", 0))

    async def threads(self) -> int:
        """Those of all workers, once there is one. Raises UserError where there is none for too long."""
        await self._again()
        loop = asyncio.get_running_loop()
        patience = loop.time() + _AWAY_S
        while not (threads := await self._threads()):
            if loop.time() > patience:
                raise UserError(f"no worker at {self._cluster.scheduler} for {_AWAY_S / 60:.0f} minutes")
            await asyncio.sleep(0.2)
            await self._again()
        return threads

    async def _again(self) -> None:
        """Until the scheduler is there. Raises UserError where it is away for too long."""
        async with self._opening:
            loop = asyncio.get_running_loop()
            patience = loop.time() + _AWAY_S
            while self._client is None or self._client.status != "running":
                if loop.time() > patience:
                    raise UserError(f"{self._cluster.scheduler} is away for {_AWAY_S / 60:.0f} minutes")
                await self.close()
                self._client = None
                try:
                    await self._connect()
                except OSError:
                    await asyncio.sleep(1)

    async def run(
        self, work: Callable[[Sequence[S]], Sequence[R]], batch: Sequence[S], deadline_s: float
    ) -> Sequence[R]:
        """Raises ConnectionError where the scheduler is gone, _NoResultsError, and what the work raises."""
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker

        await self._again()
        assert self._client
        future: Any = self._client.submit(work, batch, pure=False)
        try:
            async with asyncio.timeout(deadline_s):
                results: Sequence[R] = await future.result()
                return results
        except TimeoutError:
            raise _NoResultsError(f"none within {deadline_s:.0f} s", hopeless=False) from None
        except KilledWorker as error:
            raise _NoResultsError(str(error), hopeless=True) from None
        except FutureCancelledError:
            raise ConnectionError from None
        finally:
            future.release()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
