"""Questions in a row over one road: each on a connection of its own, in time, and nothing left behind."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.descriptors import open_files
from tlsaudit.evidence import Reason
from tlsaudit.probe import poller
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Ending, PreambleError, Road


class Counted:
    """Asks `count` questions, each its own number, and hears the same number from a server that echoes."""

    to_say, within_s = b"", None

    def __init__(self, name: str, count: int) -> None:
        self._name = name
        self._left = count
        self._heard = b""
        self.answers: list[tuple[bytes, Ending]] = []

    @property
    def hello(self) -> bytes:
        return f"{self._name}{self._left};".encode()

    def take(self, data: bytes) -> bool:
        self._heard += data
        return self._heard.endswith(b";")

    def ended(self, ending: Ending, connect_s: float) -> bool:
        assert connect_s >= 0
        self.answers.append((self._heard, ending))
        self._heard = b""
        self._left -= 1
        return self._left > 0


class Echo:
    """`silent_at` and `reset_at` are questions to which there is no answer; `heard` are all, in turn."""

    def __init__(self, silent_at: bytes = b"", reset_at: bytes = b"") -> None:
        self._silent_at, self._reset_at = silent_at, reset_at
        self.heard: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await reader.readuntil(b";")
        self.heard.append(hello)
        if hello == self._reset_at:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return
        if hello != self._silent_at:
            writer.write(hello)
        await reader.read()
        writer.close()


@asynccontextmanager
async def listening(echo: Echo) -> AsyncIterator[tuple[str, int]]:
    before = open_files()
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[:2]
        assert not poller._pollers
    async with asyncio.timeout(20):
        while open_files() > before:  # noqa: ASYNC110  the server's side of what was closed
            await asyncio.sleep(0.01)


def answers(name: str, *numbers: int) -> list[tuple[bytes, Ending]]:
    return [(f"{name}{number};".encode(), Ending.HEARD) for number in numbers]


def test_many_questions_in_a_row() -> None:
    async def run() -> None:
        echo = Echo()
        async with listening(echo) as address:
            road = Road(address, Limits())
            asked = [Counted(name, 50) for name in "abcdef"]
            await asyncio.gather(*map(road.ask, asked))
            for name, each in zip("abcdef", asked, strict=True):
                assert each.answers == answers(name, *range(50, 0, -1))
            assert road.opened == len(echo.heard) == len(set(echo.heard)) == 300

    asyncio.run(run())


def test_who_asks_much_lets_others_have_their_turn() -> None:
    async def run() -> None:
        echo = Echo()
        async with listening(echo) as address:
            road = Road(address, Limits(connections_per_address=1))
            await asyncio.gather(*(road.ask(Counted(name, 4)) for name in "abc"))
        assert [hello[:1] for hello in echo.heard] == [b"a", b"b", b"c"] * 4

    asyncio.run(run())


def test_silence_is_the_end_of_one_question_and_not_of_all() -> None:
    async def run() -> None:
        async with listening(Echo(silent_at=b"a2;", reset_at=b"a3;")) as address:
            asked = Counted("a", 4)
            await Road(address, Limits(answer_s=4)).ask(asked)
            unheard = [(b"", Ending.RESET), (b"", Ending.SILENT)]
            assert asked.answers == [*answers("a", 4), *unheard, *answers("a", 1)]

    asyncio.run(run())


def test_the_end_of_the_time_is_the_end_of_all() -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        async with listening(Echo(silent_at=b"a2;")) as address:
            asked, until = Counted("a", 4), loop.time() + 4
            with pytest.raises(TimeoutError):
                await Road(address, Limits(answer_s=60)).ask(asked, until)
            assert loop.time() >= until
            with pytest.raises(TimeoutError):
                await Road(address, Limits()).ask(asked, until)
            assert asked.answers == answers("a", 4, 3)[: len(asked.answers)]

    asyncio.run(run())


def test_no_more_connections_than_allowed() -> None:
    async def run() -> None:
        async with listening(Echo()) as address:
            asked = Counted("a", 4)
            with pytest.raises(PreambleError, match="not done after 3 connections") as refused:
                await Road(address, Limits(connections=3)).ask(asked)
            assert refused.value.reason is Reason.PROBE_FAILED
            assert asked.answers == answers("a", 4, 3, 2)

    asyncio.run(run())


@pytest.mark.parametrize("where", ["take", "ended"])
def test_what_the_questions_raise_comes_to_who_asked(where: str) -> None:
    class Raising(Counted):
        def take(self, data: bytes) -> bool:
            if where == "take" and len(self.answers) == 2:
                raise ValueError("no")
            return super().take(data)

        def ended(self, ending: Ending, connect_s: float) -> bool:
            if where == "ended" and len(self.answers) == 2:
                raise ValueError("no")
            return super().ended(ending, connect_s)

    async def run() -> None:
        async with listening(Echo()) as address:
            asked = Raising("a", 4)
            with pytest.raises(ValueError, match="no"):
                await Road(address, Limits()).ask(asked)
            assert asked.answers == answers("a", 4, 3)

    asyncio.run(run())


def test_nobody_listens() -> None:
    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = taken.getsockname()
        with pytest.raises(ConnectionRefusedError):
            await Road(address, Limits()).ask(Counted("a", 4))
        assert not poller._pollers

    asyncio.run(run())


def test_who_gives_up_leaves_nothing_behind() -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        echo = Echo(silent_at=b"a2;")
        async with listening(echo) as address:
            road = Road(address, Limits(answer_s=60))
            task = loop.create_task(road.ask(Counted("a", 4)))
            async with asyncio.timeout(20):
                while b"a2;" not in echo.heard:  # noqa: ASYNC110  what the server has heard is waited for
                    await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
