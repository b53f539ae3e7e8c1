"""Files are watched alike, whether through an epoll of our own or through the loop's means."""

import asyncio
import math
import select
import socket
from collections.abc import Callable

import pytest

from tests.descriptors import open_files
from tlsaudit.probe.poller import READ, WRITE, Epoll, OfTheLoop, Poller, poller

EITHER = [OfTheLoop, *([Epoll] if hasattr(select, "epoll") else [])]
Make = Callable[[asyncio.AbstractEventLoop], Poller]


class Noting:
    """Notes what it is told; `forget` is called when it is late."""

    def __init__(self, forget: Callable[[], None] = lambda: None) -> None:
        self.events: list[int] = []
        self.late_at: list[float] = []
        self._forget = forget

    def ready(self, events: int) -> None:
        self.events.append(events)

    def late(self) -> None:
        self.late_at.append(asyncio.get_running_loop().time())
        self._forget()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110  what the loop itself does is waited for
            await asyncio.sleep(0)


@pytest.mark.parametrize("make", EITHER)
def test_a_file_is_told_of_what_it_is_ready_for(make: Make) -> None:
    async def run() -> None:
        watched = make(asyncio.get_running_loop())
        noted = Noting()
        events = noted.events
        mine, theirs = socket.socketpair()
        with mine, theirs:
            watched.watch(mine.fileno(), WRITE, noted, math.inf)
            await until(lambda: any(each & WRITE for each in events))
            watched.watch(mine.fileno(), READ, noted, math.inf)
            events.clear()
            await asyncio.sleep(0)
            assert events == []
            theirs.send(b"x")
            await until(lambda: any(each & READ for each in events))
            watched.watch(mine.fileno(), READ | WRITE, noted, math.inf)
            events.clear()
            await until(lambda: {READ, WRITE} == {each & kind for each in events for kind in (READ, WRITE)} - {0})
            watched.forget(mine.fileno())
            events.clear()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert events == []
            watched.forget(mine.fileno())
            watched.close()

    asyncio.run(run())


@pytest.mark.parametrize("make", EITHER)
def test_each_is_told_once_that_it_is_late_and_none_before(make: Make) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        watched = make(loop)
        pairs = [socket.socketpair() for _ in range(9)]
        started = loop.time()
        dues = [started + wait for wait in (0.09, 0.03, 0.03, 0.06, 60, 0.12, 0.01, 0.08, math.inf)]
        noted = [Noting() for _ in pairs]
        for (mine, _), due, each in zip(pairs, dues, noted, strict=True):
            watched.watch(mine.fileno(), READ, each, due)
        watched.watch(pairs[0][0].fileno(), READ, noted[0], dues[0] + 0.06)  # put off
        watched.watch(pairs[5][0].fileno(), READ, noted[5], dues[5] - 0.08)  # and brought forward
        watched.forget(pairs[7][0].fileno())
        dues[0], dues[5] = dues[0] + 0.06, dues[5] - 0.08
        in_time = [4, 7, 8]
        await until(lambda: all(each.late_at for at, each in enumerate(noted) if at not in in_time))
        for at, each in enumerate(noted):
            assert len(each.late_at) == (at not in in_time)
            assert all(loop.time() >= told >= dues[at] for told in each.late_at)
        watched.close()
        for mine, theirs in pairs:
            mine.close()
            theirs.close()

    asyncio.run(run())


@pytest.mark.parametrize("make", EITHER)
def test_who_is_late_may_forget_itself_and_another(make: Make) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        watched = make(loop)
        one, other = socket.socketpair()
        with one, other:
            both = [one.fileno(), other.fileno()]

            def forget() -> None:
                for file in both:
                    watched.forget(file)

            noted = [Noting(forget) for _ in both]
            for file, each in zip(both, noted, strict=True):
                watched.watch(file, READ, each, loop.time())
            await until(lambda: any(each.late_at for each in noted))
            await asyncio.sleep(0)
            assert sum(len(each.late_at) for each in noted) == 1
            watched.close()

    asyncio.run(run())


def test_it_is_gone_when_nobody_has_it() -> None:
    async def run() -> None:
        before = open_files()
        mine, theirs = socket.socketpair()
        with mine, theirs:
            for _ in range(3):
                loop = asyncio.get_running_loop()
                with poller(loop) as watched, poller(loop) as same:
                    assert same is watched
                    watched.watch(mine.fileno(), READ, Noting(), loop.time() + 60)
                    watched.forget(mine.fileno())
        assert open_files() == before

    asyncio.run(run())
