"""Files are watched alike, whether through an epoll of our own or through the loop's means."""

import asyncio
import select
import socket
from collections.abc import Callable

import pytest

from tests.descriptors import open_files
from tlsaudit.probe.poller import READ, WRITE, Epoll, OfTheLoop, Poller, poller

EITHER = [OfTheLoop, *([Epoll] if hasattr(select, "epoll") else [])]
Make = Callable[[asyncio.AbstractEventLoop], Poller]


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110  what the loop itself does is waited for
            await asyncio.sleep(0)


@pytest.mark.parametrize("make", EITHER)
def test_a_file_is_told_of_what_it_is_ready_for(make: Make) -> None:
    async def run() -> None:
        watched = make(asyncio.get_running_loop())
        events: list[int] = []
        mine, theirs = socket.socketpair()
        with mine, theirs:
            watched.watch(mine.fileno(), WRITE, events.append)
            await until(lambda: WRITE in events)
            watched.watch(mine.fileno(), READ, events.append)
            events.clear()
            await asyncio.sleep(0)
            assert events == []
            theirs.send(b"x")
            await until(lambda: READ in events)
            watched.watch(mine.fileno(), READ | WRITE, events.append)
            events.clear()
            await until(lambda: sum(set(events)) & (READ | WRITE) == READ | WRITE)
            watched.forget(mine.fileno())
            events.clear()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert events == []
            watched.forget(mine.fileno())

    asyncio.run(run())


def test_it_is_gone_when_nothing_is_watched() -> None:
    async def run() -> None:
        before = open_files()
        mine, theirs = socket.socketpair()
        with mine, theirs:
            for _ in range(3):
                loop = asyncio.get_running_loop()
                watched = poller(loop)
                assert poller(loop) is watched or not hasattr(select, "epoll")
                watched.watch(mine.fileno(), READ, lambda _events: None)
                watched.forget(mine.fileno())
        assert open_files() == before

    asyncio.run(run())
