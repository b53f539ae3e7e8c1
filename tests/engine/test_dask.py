"""Work on a cluster: whatever ends meanwhile, each subject has its result once."""

import asyncio
import contextlib
import gc
import subprocess
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.engine.work import Square, Timed, begun, fails, most_at_once
from tests.servers.cluster import DaskCluster, dask_cluster
from tests.servers.fence import fence
from tests.servers.programs import require
from tlsaudit.engine import Cluster, dask
from tlsaudit.errors import UserError

NUMBERS = range(23)
SQUARES = sorted((number, number * number) for number in NUMBERS)
LOST = -1
_DEADLINE_S = 60.0


@pytest.fixture
def running(tmp_path: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path) as cluster:
        yield cluster


def over(
    running: DaskCluster,
    work: Callable[..., list[int]],
    deadline_s: float = 60,
    most: int | None = None,
    address: str | None = None,
) -> AsyncGenerator[tuple[str, int, int], None]:
    cluster = Cluster.of(address or running.address, running.ca, running.certificate, running.key)
    return dask.map(
        work,
        {"": NUMBERS},
        cluster,
        size=4,
        deadline_s=deadline_s,
        lost=lambda _number, _why: LOST,
        room=lambda _: True,
        most=most,
    )


async def squares(
    running: DaskCluster,
    work: Square,
    meanwhile: Callable[[], None],
    deadline_s: float = 60,
    address: str | None = None,
) -> list[tuple[int, int]]:
    """Of all numbers, while something else happens in a thread."""
    async with aclosing(over(running, work, deadline_s, address=address)) as results:
        other = asyncio.create_task(asyncio.to_thread(meanwhile))
        found = sorted([(number, square) async for _, number, square in results])
        await other
        return found


def wait_for_work(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not begun(folder, process.pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_that_is_killed_amid_its_work_costs_nothing(running: DaskCluster, tmp_path: Path) -> None:
    one, _ = running.start_worker(), running.start_worker()

    def kill() -> None:
        wait_for_work(tmp_path, one)
        running.end(one)
        (tmp_path / "go").touch()

    assert asyncio.run(squares(running, Square(tmp_path), kill)) == SQUARES


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # Dask leaves sockets it could not connect
def test_a_scheduler_that_is_killed_and_comes_back_costs_nothing(running: DaskCluster, tmp_path: Path) -> None:
    one = running.start_worker()

    def kill() -> None:
        wait_for_work(tmp_path, one)
        running.end(running.scheduler)
        (tmp_path / "go").touch()
        running.start_scheduler()
        running.start_worker()

    assert asyncio.run(squares(running, Square(tmp_path), kill)) == SQUARES
    gc.collect()


class Road:
    """Passes on what goes to a scheduler, until it is to be `cut`: then all but the first connection ends, and the next
    one once TLS is there."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: list[asyncio.StreamWriter] = []
        self._cut = False
        self.ended = 0

    def cut(self) -> None:
        self._cut = True
        for each in self._open[1:]:
            each.close()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, further = await asyncio.open_connection("127.0.0.1", self._port)
        self._open.append(writer)
        back = asyncio.create_task(self._pass_on(there, writer))
        if self._cut:
            self._cut = False
            further.write(await reader.read(65_536))
            await reader.read(1)  # the client's part of the handshake is done
            self.ended += 1
        else:
            await self._pass_on(reader, further)
        back.cancel()
        for each in (writer, further):
            each.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while some := await reader.read(65_536):
                writer.write(some)
        writer.close()


def test_a_connection_that_ends_amid_the_answer_costs_nothing(running: DaskCluster, tmp_path: Path) -> None:
    one = running.start_worker()

    async def run() -> tuple[list[tuple[int, int]], int]:
        road = Road(running.port)
        server = await asyncio.start_server(road.meet, "127.0.0.1", 0)
        loop = asyncio.get_running_loop()

        def cut() -> None:
            wait_for_work(tmp_path, one)
            loop.call_soon_threadsafe(road.cut)
            (tmp_path / "go").touch()

        async with server:
            port = server.sockets[0].getsockname()[1]
            return await squares(running, Square(tmp_path), cut, address=f"tls://127.0.0.1:{port}"), road.ended

    assert asyncio.run(run()) == (SQUARES, 1)


def test_a_network_that_is_cut_costs_nothing(tmp_path: Path) -> None:
    with fence() as fenced:
        *network, last = fenced.address.split(".")
        here = ".".join((*network, str(int(last) - 1)))
        with dask_cluster(tmp_path, here) as running:
            far = running.start_worker(enter=fenced.enter)

            def cut() -> None:
                wait_for_work(tmp_path, far)
                subprocess.run(
                    [require("ip", "iproute2"), "link", "set", f"tlsaudit{int(last) // 2}", "down"], check=True
                )
                running.start_worker()
                (tmp_path / "go").touch()

            assert asyncio.run(squares(running, Square(tmp_path), cut, deadline_s=3)) == SQUARES


def test_a_subject_that_ends_its_workers_is_lost_alone(running: DaskCluster, tmp_path: Path) -> None:
    for _ in range(3):
        running.start_worker()
    (tmp_path / "go").touch()
    found = asyncio.run(squares(running, Square(tmp_path, poison=5), lambda: None))
    assert found == [(number, LOST if number == 5 else square) for number, square in SQUARES]


def test_no_more_batches_are_under_way_than_may_be(running: DaskCluster, tmp_path: Path) -> None:
    running.start_worker(threads=4)

    async def run() -> int:
        async with aclosing(over(running, Timed(tmp_path), most=1)) as results:
            return len([number async for _, number, _ in results])

    assert asyncio.run(run()) == len(NUMBERS)
    assert most_at_once(tmp_path) == 1


def test_a_defect_of_the_work_ends_the_run(running: DaskCluster) -> None:
    running.start_worker()

    async def run() -> None:
        async with aclosing(over(running, fails)) as results:
            async for _ in results:
                pass

    with pytest.raises(ValueError, match="a defect of the work"):
        asyncio.run(run())


def test_a_cluster_without_workers_is_refused(running: DaskCluster, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^--scheduler tls://.*: it has no worker: start some with dask worker$"):
        asyncio.run(squares(running, Square(tmp_path), lambda: None))
