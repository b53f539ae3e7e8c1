"""A Dask cluster on this machine, whose parts talk over TLS and can be ended one by one."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.servers.ca import CertificateAuthority
from tests.servers.daemon import free_port

_DASK = Path(sys.executable).with_name("dask")
_ROOT = Path(__file__).parents[2]
_DEADLINE_S = 60.0


class DaskCluster:
    """A scheduler and workers with `threads` each. Workers are not replaced when they end."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        authority = CertificateAuthority("Cluster")
        self.ca = authority.write(folder)
        # Each is a client and a server: without an extension that says otherwise, a certificate is for both.
        self.certificate, self.key = authority.leaf(["cluster.example.org"], extensions=[]).write(folder, "node")
        self.port = free_port(host)
        self._host = host
        self.scheduler = self.start_scheduler()

    @property
    def address(self) -> str:
        return f"tls://{self._host}:{self.port}"

    @property
    def options(self) -> Sequence[str]:
        """Of tlsaudit."""
        files = ("--scheduler-ca", self.ca, "--scheduler-cert", self.certificate, "--scheduler-key", self.key)
        return ("--engine", "dask", "--scheduler", self.address, *map(str, files))

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        """At the same address as ever."""
        where = ("--protocol", "tls", "--host", self._host, "--port", str(self.port), "--no-dashboard")
        return self._start("scheduler", *where, said="Scheduler at:")

    def start_worker(
        self, threads: int = 1, enter: Sequence[str] = (), vantage: str | None = None
    ) -> subprocess.Popen[bytes]:
        options = (self.address, "--nthreads", str(threads), "--no-nanny", "--no-dashboard")
        folder = ("--local-directory", str(self._folder))
        there = ("--resources", f"vantage:{vantage}=1") if vantage else ()
        return self._start("worker", *options, *folder, *there, said="Registered to:", enter=enter)

    def end(self, process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGKILL) -> None:
        process.send_signal(how)
        process.wait(_DEADLINE_S)

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                self.end(process)

    def _start(self, what: str, *options: str, said: str, enter: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        log = self._folder / f"{what}-{len(self._processes)}.log"
        env = {
            **os.environ,
            "PYTHONPATH": str(_ROOT),  # for what the tests have workers do
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
            "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True",
            "DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(self.ca),
            "DASK_DISTRIBUTED__COMM__TLS__SCHEDULER__CERT": str(self.certificate),
            "DASK_DISTRIBUTED__COMM__TLS__SCHEDULER__KEY": str(self.key),
            "DASK_DISTRIBUTED__COMM__TLS__WORKER__CERT": str(self.certificate),
            "DASK_DISTRIBUTED__COMM__TLS__WORKER__KEY": str(self.key),
        }
        with log.open("wb") as out:
            command = [*enter, str(_DASK), what, *options]
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=env)
        self._processes.append(process)
        deadline = time.monotonic() + _DEADLINE_S
        while said not in log.read_text("utf-8", "replace"):
            assert process.poll() is None, log.read_text("utf-8", "replace")
            assert time.monotonic() < deadline, log.read_text("utf-8", "replace")
            time.sleep(0.05)
        return process


@contextlib.contextmanager
def dask_cluster(folder: Path, host: str = "127.0.0.1") -> Iterator[DaskCluster]:
    """A scheduler without workers, until the block ends."""
    cluster = DaskCluster(folder, host)
    try:
        yield cluster
    finally:
        cluster.close()
