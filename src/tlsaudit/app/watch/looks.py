"""The light cadence: each endpoint once in an interval, never twice at a time, summed up by the hour."""

import asyncio
import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tlsaudit.app.watch.outages import Outages
from tlsaudit.app.watch.scanner import ITSELF, Scanner, Seen
from tlsaudit.app.watch.state import State
from tlsaudit.probe.availability import Look
from tlsaudit.store import BUCKETS_MS, NONE_COUNTED, Availability, Outage, Store, StoreError
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
    blind: int = 0
    latency_ms: float = 0.0
    latencies: list[int] = field(default_factory=lambda: [*NONE_COUNTED])
    connects: list[int] = field(default_factory=lambda: [*NONE_COUNTED])
    handshakes: list[int] = field(default_factory=lambda: [*NONE_COUNTED])
    failures: Counter[str] = field(default_factory=Counter)

    def add(self, look: Look) -> None:
        self.looks += 1
        self.tls += look.tls
        self.asked += look.http is not None
        self.http += look.http is True
        self.latency_ms += look.latency_ms or 0.0
        _count(self.latencies, look.latency_ms)
        _count(self.connects, look.connect_ms)
        _count(self.handshakes, look.handshake_ms)
        if not look.up and look.why:
            self.failures[str(look.why.reason)] += 1

    def add_all(self, item: Availability) -> None:
        self.looks += item.looks
        self.tls += item.tls
        self.asked += item.asked
        self.http += item.http
        self.blind += item.blind
        self.latency_ms += item.latency_ms
        self.latencies = _added(self.latencies, item.latencies)
        self.connects = _added(self.connects, item.connects)
        self.handshakes = _added(self.handshakes, item.handshakes)
        self.failures.update(item.failures)


def _count(counts: list[int], time_ms: float | None) -> None:
    if time_ms is not None:
        counts[bisect_left(BUCKETS_MS, time_ms)] += 1


def _added(mine: Sequence[int], more: Sequence[int]) -> list[int]:
    return [one + other for one, other in zip(mine, more, strict=True)]


class Rollup:
    """What was not written yet, by hour and endpoint: of the last 48 hours, so that it stays small whatever happens."""

    def __init__(self, vantage: str) -> None:
        self._vantage = vantage
        self._hours: dict[datetime, dict[str, _Sums]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._hours.values()))

    def add(self, seen: Seen) -> None:
        sums = self._sums(seen.at.replace(minute=0, second=0, microsecond=0), seen.endpoint)
        if seen.blind:
            sums.blind += 1
        else:
            sums.add(seen.look)

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
                tuple(sums.connects),
                tuple(sums.handshakes),
                dict(sums.failures),
                sums.blind,
                self._vantage,
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
        *,
        outages: Outages,
    ) -> None:
        self._state = state
        self._probe = probe
        self._database = database
        self._every_s = every_s
        self._slots = asyncio.Semaphore(concurrency)
        self._endpoints: Sequence[Endpoint] = ()
        self._busy: set[str] = set()
        self._control: Sequence[Endpoint] = ()
        self._controlling = False
        self._scanner = Scanner()
        self._outages = outages
        self._rollup = Rollup(outages.vantage)
        self._merged_on = datetime.min.replace(tzinfo=UTC).date()

    def watch(self, endpoints: Sequence[Endpoint], control: Sequence[Endpoint] = ()) -> None:
        """Look at these from the next round on. Where none of `control` answers, the vantage is to blame."""
        self._endpoints, self._control = endpoints, control
        self._scanner.watch([endpoint.id for endpoint in endpoints], controlled=bool(control))
        self._state.looks = {endpoint.id: self._state.looks.get(endpoint.id) for endpoint in endpoints}

    async def run(self) -> None:
        """Round after round, each spread over the interval; what is written is written in between."""
        now = asyncio.get_running_loop().time
        begins = now()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write_now_and_then())
            while True:
                endpoints = self._endpoints
                if self._control and not self._controlling:
                    self._controlling = True
                    group.create_task(self._look_at_control(self._control))
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
                began = datetime.now(UTC)
                look = await self._probe(endpoint)
        finally:
            self._busy.discard(endpoint.id)
        self._settle(self._scanner.took(Seen(endpoint.id, began, datetime.now(UTC), look)))

    async def _look_at_control(self, control: Sequence[Endpoint]) -> None:
        try:
            looks = await asyncio.gather(*map(self._probe, control))
        finally:
            self._controlling = False
        self._settle(self._scanner.control(datetime.now(UTC), answered=any(look.connected for look in looks)))

    def _settle(self, found: Sequence[Seen]) -> None:
        state = self._state
        for seen in found:
            if seen.endpoint == ITSELF:
                self._outages.saw(seen)
                state.reach(seen.at if not seen.look.up else None)
                continue
            self._rollup.add(seen)
            state.look_results["blind" if seen.blind else "up" if seen.look.up else "down"] += 1
            if not seen.blind:
                self._outages.saw(seen)
                if seen.endpoint in state.looks:
                    state.looks[seen.endpoint] = seen.look

    async def _write_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self.write()

    async def write(self) -> None:
        """Write what was seen; keep it where the history cannot be written."""
        items, outages = self._rollup.take(), self._outages.take()
        if items or outages:
            begun = datetime.now(UTC)
            try:
                await asyncio.to_thread(self._write, items, outages)
            except StoreError as error:
                self._rollup.give_back(items)
                self._outages.give_back(outages)
                self._state.lost_history(str(error), begun)
            else:
                self._state.found_history(begun)
        self._state.waiting_rows = len(self._rollup)

    def _write(self, items: Sequence[Availability], outages: Sequence[Outage]) -> None:
        now = datetime.now(UTC)
        with Store.open(self._database, create=False) as store:
            store.add_availability(items, outages)
            if now.date() != self._merged_on:
                store.merge_availability(now - _HOURS_KEPT, self._outages.vantage)
                self._merged_on = now.date()
