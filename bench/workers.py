"""What a second worker of a cluster adds, and what each of its parts costs: audits of one fleet by one Dask worker of
one thread, then by two.

Where every answer is held back, a worker waits, and what bounds it is how many endpoints it has under way. Where all
answer at once, it is the CPU, which servers, scheduler, workers and coordinator share where there are few cores: that
tells what each of them takes for a host, not what a second worker adds. Hosts a second are those from the first look to
the end of the audit, without the start of the program and the reports. Prints a Markdown table.

BENCH_WORKERS_FLEET is the number of hosts (320), best an even number of batches, of 32 each.
"""

import contextlib
import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.tls import cpu_seconds, measure
from bench.whole import targets
from tests.servers import CertificateAuthority, Server, Shape, nginx
from tests.servers.cluster import dask_cluster
from tests.servers.daemon import daemon, free_port
from tests.servers.programs import require

FLEET = int(os.environ.get("BENCH_WORKERS_FLEET", "320"))
HELD_BACK_MS = 3000


def main() -> None:
    addresses = [f"127.0.{number // 250 + 1}.{number % 250 + 1}" for number in range(FLEET)]
    print("\n| answers | workers | hosts a second | CPU ms a host: coordinator | scheduler | workers |")
    print("|---|---:|---:|---:|---:|---:|")
    ca = CertificateAuthority()
    with nginx(Shape.MODERN, ca=ca, names=["*.example.org"]) as server, tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        ca_file = ca.write(folder)
        for title, hold_ms in ((f"after {HELD_BACK_MS} ms", HELD_BACK_MS), ("at once", 0)):
            with relay(server, addresses, hold_ms, folder) as held:
                config = folder / "targets.yaml"
                config.write_text(targets(held, addresses), "utf-8")
                audit = ["audit", "-q", "-c", str(config), "--ca-file", str(ca_file), "--timeout", "120"]
                audit += ["--db", f"sqlite:///{made}/h.db"]
                for workers in (1, 2):
                    row(title, server, folder, audit, workers)


@contextlib.contextmanager
def relay(server: Server, addresses: Sequence[str], hold_ms: int, folder: Path) -> Iterator[Server]:
    """The server at each of the addresses; what a connection says first is passed on so much later."""
    held = replace(server, https_port=free_port(addresses[0]), http_port=free_port(addresses[0]))
    config = folder / "haproxy.cfg"
    config.write_text(
        "defaults\n mode tcp\n timeout client 60s\n timeout connect 5s\n timeout server 60s\n"
        + _listen("https", addresses, held.https_port, server.https_port, hold_ms)
        + _listen("http", addresses, held.http_port, server.http_port, hold_ms),
        "ascii",
    )
    command = [require("haproxy", "haproxy"), "-db", "-f", str(config)]
    with daemon(command, partial(_listens, addresses[0], held.http_port), folder / "haproxy.log"):
        yield held


def _listens(address: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
        return True
    return False


def _listen(name: str, addresses: Sequence[str], port: int, to: int, hold_ms: int) -> str:
    wait = f" tcp-request inspect-delay {hold_ms}ms\n tcp-request content accept if WAIT_END\n" if hold_ms else ""
    binds = "".join(f" bind {address}:{port}\n" for address in addresses)
    return f"listen {name}\n{binds}{wait} server real 127.0.0.1:{to}\n"


def row(title: str, server: Server, folder: Path, audit: Sequence[str], workers: int) -> None:
    with dask_cluster(folder) as cluster:
        parts = [cluster.scheduler.pid, *(cluster.start_worker().pid for _ in range(workers))]
        before = [cpu_seconds(pid) for pid in parts]
        cost = measure(server, [str(Path(sys.executable).with_name("tlsaudit")), *audit, *cluster.options])
        scheduler, *used = (cpu_seconds(pid) - earlier for pid, earlier in zip(parts, before, strict=True))
    summary = json.loads((folder / "reports" / "audit.json").read_text("utf-8"))["summary"]
    shares = (f"{seconds / FLEET * 1000:.1f}" for seconds in (cost.cpu_s, scheduler, sum(used)))
    print(f"| {title} | {workers} | {FLEET / summary['duration_s']:.2f} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main()
