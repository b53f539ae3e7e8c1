"""What workers elsewhere see is what is seen from here."""

import socketserver
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from tests.cli.command import Done, at, tlsaudit
from tests.servers import Server, Shape, free_port
from tests.servers.cluster import dask_cluster

_VARYING = ("observed_at", "started_at", "finished_at", "latency_ms", "duration_s", "connect_ms", "samples")


def _lasting(value: Any) -> Any:
    """A document without what differs from one look to the next."""
    if isinstance(value, dict):
        return {key: _lasting(each) for key, each in value.items() if key not in _VARYING and not key.endswith("_ms")}
    return [_lasting(each) for each in value] if isinstance(value, list) else value


def test_a_scan_by_workers_says_what_a_scan_from_here_says(
    tmp_path: Path, shared_server: Callable[[str, Shape], Server], ca_file: Path
) -> None:
    modern, legacy = shared_server("nginx", Shape.MODERN), shared_server("nginx", Shape.LEGACY)
    dead = f"127.0.0.1:{free_port('127.0.0.1')}"
    hosts = (modern.name, "example.org", dead, *at(modern), *at(legacy, "example.org"), "--ca-file", ca_file)

    def scan(*options: object) -> Done:
        return tlsaudit("scan", "-q", *hosts, "--format", "json", "--ignore", "https-latency", *options)

    with dask_cluster(tmp_path) as cluster:
        cluster.start_worker(threads=2)
        there = scan(*cluster.options)
    here = scan()
    assert (there.code, there.err) == (here.code, here.err)
    assert _lasting(there.document) == _lasting(here.document)


def test_workers_share_a_rate(tmp_path: Path) -> None:
    with counting(6) as (hosts, connected), dask_cluster(tmp_path) as cluster:
        cluster.start_worker(threads=2)
        cluster.start_worker(threads=2)
        options = ("--rate", "20", "--select", "tls-versions", "--fail-on", "never", "--format", "jsonl")
        assert tlsaudit("scan", "-q", *hosts, *options, *cluster.options).code == 3
    batches = 2  # of four endpoints at most, of which each begins at once
    assert len(connected) > 2 * len(hosts)
    assert connected[-1] - connected[0] >= (len(connected) - batches) / 20


@contextmanager
def counting(servers: int) -> Iterator[tuple[list[str], list[float]]]:
    """The names of servers that close each connection at once, and when each was opened."""
    connected: list[float] = []

    class Closing(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connected.append(time.monotonic())

    with ExitStack() as stack:
        running = [stack.enter_context(socketserver.TCPServer(("127.0.0.1", 0), Closing)) for _ in range(servers)]
        for server in running:
            Thread(target=server.serve_forever, args=(0.05,)).start()
            stack.callback(server.shutdown)
        yield [f"127.0.0.1:{server.server_address[1]}" for server in running], connected


def test_what_is_no_cluster_is_one_line(tmp_path: Path) -> None:
    nobody = f"tcp://127.0.0.1:{free_port('127.0.0.1')}"
    for options, said in (
        (["--engine", "dask"], "name its scheduler with --scheduler tls://host:port"),
        (["--scheduler", nobody], "--scheduler: only with --engine dask"),
    ):
        done = tlsaudit("scan", "127.0.0.1:1", *options)
        assert (done.code, done.out) == (2, "")
        assert said in done.err
        assert done.err.count("\n") == 1
