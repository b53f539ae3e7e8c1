"""Run work on the workers of a Dask cluster (distributed.dask.org): batches go out, their results come back.

Nothing is lost and nothing counted twice, whatever ends meanwhile: a batch is handed out until its results are here,
and later copies of them are nobody's business. What the cluster knows it may forget.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import uuid4

from tlsaudit.engine import worker
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

_LOOK_S = 1.0
"""How often it is looked whether the workers of a place are back."""

_AT = "vantage:"
"""What a worker's resource is called, before the name of its place: `dask worker --resources vantage:fra=1`."""

PER_THREAD = 2
"""Batches that are handed out for each thread of the workers: one that is worked on and one that waits."""

_MOST_ATTEMPTS = 3


@dataclass(slots=True)
class _Batch(Generic[S]):
    subjects: Sequence[S]
    attempts: int = 0


_LOST = "every worker that tried it ended, or fell silent"


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

    def more(self) -> bool:
        """Whether there is anything to begin, for now at least."""
        if batch := self.next():
            self.later(batch)
        return batch is not None

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


@dataclass(slots=True)
class _Queue(Generic[S]):
    """What is asked at one place. `threads` are those of its workers; where there are none, though there is work, they
    are away `since` a time of the event loop's clock. Once that is for too long, the place is `given_up`. They get no
    more than `most` batches at a time, whatever they could take.
    """

    place: str
    batches: _Batches[S]
    most: int | None = None
    running: dict["asyncio.Task[Sequence[Any]]", _Batch[S]] = field(default_factory=dict)
    threads: int = 0
    since: float | None = None
    given_up: bool = False

    @property
    def unfinished(self) -> bool:
        return bool(self.running) or self.batches.more()

    def see(self, threads: int, patience_s: float) -> None:
        """How many there are now."""
        self.threads = threads
        if threads or not self.unfinished:
            self.since = None
            return
        now = asyncio.get_running_loop().time()
        self.since = now if self.since is None else self.since
        if now - self.since >= patience_s:
            self.given_up = True
            log.warning("no worker at %s: what is asked from there is unknown", self.place)

    def begin(self, run: Callable[[Sequence[S], str], Coroutine[Any, Any, Sequence[Any]]]) -> None:
        """As much as its workers can take, and may."""
        room = PER_THREAD * self.threads
        while len(self.running) < min(room, self.most or room) and (batch := self.batches.next()):
            self.running[asyncio.create_task(run(batch.subjects, self.place))] = batch

    def abandoned(self) -> Iterator[S]:
        """What is under way, and all that there is room for."""
        for task, batch in self.running.items():
            task.cancel()
            self.batches.later(batch)
        self.running.clear()
        while left := self.batches.next():
            self.batches.done(left)
            yield from left.subjects


async def map(  # noqa: A001  as engine.map
    work: Callable[[Sequence[S]], Sequence[R]],
    subjects: Mapping[str, Iterable[S]],
    cluster: Cluster,
    *,
    size: int,
    deadline_s: float,
    lost: Callable[[S, str], R],
    room: Callable[[str], bool],
    most: int | None = None,
    away_s: float = _AWAY_S,
) -> AsyncGenerator[tuple[str, S, R], None]:
    """Yield (place, subject, result) as batches of `size` complete; `work` is pickled, once for each worker, runs in
    threads of it, and gives a result for each subject in order. The `subjects` of a place are for its workers, which
    have the resource `vantage:PLACE`; those of the place "" for any. They are drawn as workers fall free and there is
    `room` for more at the place; while there is none, results are still to come that make room. No place has more than
    `most` batches at a time.

    A batch that takes longer than `deadline_s` is handed out again, and after three attempts each of its subjects
    alone. So are those of a batch that workers end over, as often as Dask has it (`distributed.scheduler
    .allowed-failures`). What has had all its attempts is what `lost` makes of it, and of the reason. So is what is left
    of one of several places that has no worker at the beginning, or none for `away_s`. An exception of `work` ends the
    run. Raises UserError where there is no such cluster, or no worker of these places for five minutes. Close the
    iterator to cancel what is under way.
    """
    connection = _Connection(cluster, subjects.keys())
    called = uuid4().hex
    await connection.open()
    queues = [_Queue(place, _Batches(some, size, partial(room, place)), most) for place, some in subjects.items()]
    patience_s = 0.0
    try:
        while True:
            asked = [queue for queue in queues if not queue.given_up]
            threads = await connection.threads([queue.place for queue in asked])
            for queue in asked:
                queue.see(threads[queue.place], patience_s)
                queue.begin(partial(connection.run, called, work, deadline_s))
            patience_s = away_s
            for queue in queues:
                for subject in queue.abandoned() if queue.given_up else ():
                    yield queue.place, subject, lost(subject, f"no worker at {queue.place}")
            if not any(queue.unfinished for queue in queues):
                return
            for queue, task in await _done(queues):
                for subject, result in _results(task, queue.running.pop(task), queue.batches, lost):
                    yield queue.place, subject, result
    finally:
        running = [task for queue in queues for task in queue.running]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await connection.close()


async def _done(queues: Sequence[_Queue[S]]) -> list[tuple[_Queue[S], "asyncio.Task[Sequence[Any]]"]]:
    """What is done; where workers of a place are away, not later than it is time to look for them."""
    of = {task: queue for queue in queues for task in queue.running}
    look_s = _LOOK_S if any(queue.since is not None and not queue.given_up for queue in queues) else None
    if not of:
        await asyncio.sleep(look_s or 0)
        return []
    done, _ = await asyncio.wait(of, timeout=look_s, return_when=asyncio.FIRST_COMPLETED)
    return [(of[task], task) for task in done]


def _results(
    task: "asyncio.Task[Sequence[R]]", batch: _Batch[S], batches: _Batches[S], lost: Callable[[S, str], R]
) -> Iterable[tuple[S, R]]:
    """Those of a batch that is done; what came to nothing is queued anew."""
    try:
        results = task.result()
    except ConnectionError:
        batches.later(batch)
        return ()
    except _NoResultsError as error:
        log.info("%d subjects are handed out again: %s", len(batch.subjects), error)
        return [(subject, lost(subject, _LOST)) for subject in batches.failed(batch, hopeless=error.hopeless)]
    batches.done(batch)
    return zip(batch.subjects, results, strict=True)


class _Connection:
    """The client of a scheduler, made anew where that was away. It is for the workers of these places."""

    def __init__(self, cluster: Cluster, places: Collection[str]) -> None:
        self._cluster = cluster
        self._places = places
        self._security = cluster.security()
        self._client: Client | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        try:
            await self._connect()
        except (OSError, ValueError) as error:
            raise UserError(f"--scheduler {self._cluster.scheduler}: {_one_line(error)}") from None
        if not any((await self._threads(self._places)).values()):
            await self.close()
            at = [place for place in self._places if place]
            of, how = (f" at {' or '.join(at)}", f" --resources {_AT}{at[0]}=1") if at else ("", "")
            raise UserError(
                f"--scheduler {self._cluster.scheduler}: it has no worker{of}: start some with dask worker{how}"
            )

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

    async def _threads(self, places: Collection[str]) -> dict[str, int]:
        """Those of all workers of each place; none where the scheduler is away."""
        try:
            scheduler: Any = self._client and self._client.scheduler
            identity = await scheduler.identity(n_workers=-1 if any(places) else 0) if scheduler else {}
        except OSError:
            identity = {}
        workers = identity.get("workers", {}).values()
        return {
            place: sum(worker["nthreads"] for worker in workers if _AT + place in worker["resources"])
            if place
            else int(identity.get("total_threads", 0))
            for place in places
        }

    async def threads(self, places: Collection[str]) -> dict[str, int]:
        """The same, once there is a worker at one of the places. Raises UserError where there is none for too long."""
        await self._again()
        loop = asyncio.get_running_loop()
        patience = loop.time() + _AWAY_S
        while not any((threads := await self._threads(places)).values()):
            if loop.time() > patience:
                at = f"{' or '.join(places)} of " if any(places) else ""
                raise UserError(f"no worker at {at}{self._cluster.scheduler} for {_AWAY_S / 60:.0f} minutes")
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
        self, called: str, work: Callable[[Sequence[S]], Sequence[R]], deadline_s: float, batch: Sequence[S], place: str
    ) -> Sequence[R]:
        """Raises ConnectionError where the scheduler is gone, _NoResultsError, and what the work raises."""
        found = await self._results(deadline_s, place, called, batch)
        if isinstance(found, worker.NotHere):
            found = await self._results(deadline_s, place, called, batch, work, at=found.worker)
        results: Sequence[R] = found
        return results

    async def _results(self, deadline_s: float, place: str, *what: Any, at: str | None = None) -> Any:
        """What `worker.run` gives, from the worker `at` an address if that is still there."""
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker

        await self._again()
        assert self._client
        # Nothing of the resource is used up: it only says who may do it.
        who: dict[str, Any] = {"resources": {_AT + place: 0}} if place else {}
        who |= {"workers": [at], "allow_other_workers": True} if at else {}
        future: Any = self._client.submit(worker.run, *what, pure=False, **who)
        try:
            async with asyncio.timeout(deadline_s):
                return await future.result()
        except TimeoutError:
            raise _NoResultsError(f"none within {deadline_s:.0f} s", hopeless=False) from None
        except KilledWorker as error:
            raise _NoResultsError(str(error), hopeless=True) from None
        except FutureCancelledError:
            raise ConnectionError from None
        except OSError:
            if future.status == "error":  # of the work
                raise
            raise ConnectionError from None  # the scheduler went away amid the answer
        finally:
            future.release()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
