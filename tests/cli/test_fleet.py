"""What workers elsewhere see is what is seen from here."""

from collections.abc import Callable
from pathlib import Path
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
