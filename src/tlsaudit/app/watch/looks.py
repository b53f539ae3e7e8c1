"""The light cadence: each endpoint once in an interval, never twice at a time, summed up by the hour."""

import asyncio
import random
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tlsaudit.app.watch.state import State
from tlsaudit.probe.availability import Look
from tlsaudit.store import BUCKETS_MS, Availability, Store, StoreError
from tlsaudit.target import Endpoint

_HOUR = timedelta(hours=1)
_HOURS_KEPT = timedelta(days=7)
_MOST_HOURS = 48
_JITTER = 0.2


@dataclass(slots=True)
class _Sums:
    looks: int = 0
    tls: int = 0
    asked: int = 0
    http: int = 0
    latency_ms: float = 0.0
    latencies: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_MS) + 1))

    def add(self, look: Look) -> None:
        self.looks += 1
        self.tls += look.tls
        self.asked += look.http is not None
        self.http += look.http is True
        if look.latency_ms is not None:
            self.latency_ms += look.latency_ms
            self.latencies[bisect_left(BUCKETS_MS, look.latency_ms)] += 1

    def add_all(self, item: Availability) -> None:
        self.looks += item.looks
        self.tls += item.tls
        self.asked += item.asked
        self.http += item.http
        self.latency_ms += item.latency_ms
        self.latencies = [mine + more for mine, more in zip(self.latencies, item.latencies, strict=True)]


class Rollup:
    """What was not written yet, by hour and endpoint: of the last 48 hours, so that it stays small whatever happens."""

    def __init__(self) -> None:
        self._hours: dict[datetime, dict[str, _Sums]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._hours.values()))

    def add(self, endpoint: str, look: Look, now: datetime) -> None:
        self._sums(now.replace(minute=0, second=0, microsecond=0), endpoint).add(look)

    def take(self) -> list[Availability]:
        """All of it, which is then forgotten."""
        hours, self._hours = self._hours, {}
        return [
            Availability(
                endpoint,
                hour,
                _HOUR,
                sums.looks,
                sums.tls,
                sums.asked,
                sums.http,
                sums.latency_ms,
                tuple(sums.latencies),
            )
            for hour, of_hour in hours.items()
            for endpoint, sums in of_hour.items()
        ]

    def give_back(self, items: Sequence[Availability]) -> None:
        """What was taken and could not be written."""
        for item in items:
            self._sums(item.begins_at, item.endpoint).add_all(item)

    def _sums(self, hour: datetime, endpoint: str) -> _Sums:
        found = self._hours.setdefault(hour, {}).setdefault(endpoint, _Sums())
        while len(self._hours) > _MOST_HOURS:
            del self._hours[min(self._hours)]
        return found


class Looks:
    """Looks at the endpoints, at most `concurrency` at a time, and writes what it sees to the history."""

    def __init__(
        self,
        state: State,
        probe: Callable[[Endpoint], Awaitable[Look]],
        database: str,
        every_s: float,
        concurrency: int,
    ) -> None:
        self._state = state
        self._probe = probe
        self._database = database
        self._every_s = every_s
        self._slots = asyncio.Semaphore(concurrency)
        self._endpoints: Sequence[Endpoint] = ()
        self._busy: set[str] = set()
        self._rollup = Rollup()
        self._merged_on = datetime.min.replace(tzinfo=UTC).date()

    def watch(self, endpoints: Sequence[Endpoint]) -> None:
        """Look at these from the next round on."""
        self._endpoints = endpoints
        self._state.looks = {endpoint.id: self._state.looks.get(endpoint.id) for endpoint in endpoints}

    async def run(self) -> None:
        """Round after round, each spread over the interval; what is written is written in between."""
        now = asyncio.get_running_loop().time
        begins = now()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write_now_and_then())
            while True:
                endpoints = self._endpoints
                for position, endpoint in enumerate(endpoints):
                    place = (position + _JITTER * random.random()) / len(endpoints)  # noqa: S311  no secret
                    await asyncio.sleep(begins + place * self._every_s - now())
                    if endpoint.id in self._busy:
                        self._state.look_results["skipped"] += 1
                    else:
                        self._busy.add(endpoint.id)
                        group.create_task(self._look(endpoint))
                begins = max(begins + self._every_s, now())
                await asyncio.sleep(begins - now())

    async def _look(self, endpoint: Endpoint) -> None:
        try:
            async with self._slots:
                look = await self._probe(endpoint)
        finally:
            self._busy.discard(endpoint.id)
        state = self._state
        if endpoint.id in state.looks:
            state.looks[endpoint.id] = look
        state.look_results["up" if look.up else "down"] += 1
        self._rollup.add(endpoint.id, look, datetime.now(UTC))

    async def _write_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self.write()

    async def write(self) -> None:
        """Write what was seen; keep it where the history cannot be written."""
        items = self._rollup.take()
        if items:
            try:
                await asyncio.to_thread(self._write, items)
            except StoreError as error:
                self._rollup.give_back(items)
                self._state.lost_history(str(error))
            else:
                self._state.found_history()
        self._state.waiting_rows = len(self._rollup)

    def _write(self, items: Sequence[Availability]) -> None:
        now = datetime.now(UTC)
        with Store.open(self._database, create=False) as store:
            store.add_availability(items)
            if now.date() != self._merged_on:
                store.merge_availability(now - _HOURS_KEPT)
                self._merged_on = now.date()
