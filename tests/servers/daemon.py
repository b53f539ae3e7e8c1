"""Start a daemon in the foreground on free loopback ports, wait until it answers, and always end it."""

import contextlib
import itertools
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.servers.programs import require

READINESS_PATH = "/is-the-server-ready"

_DEADLINE_S = 60.0
_END_S = 20.0

# Below the range from which Linux takes the ports of outgoing connections, so that none of those is in the way. Each
# worker of pytest-xdist has its own, each once before any is given again: nobody else takes one that was found free.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 11
_PORTS = range(10_000 + 2_000 * _WORKER, 12_000 + 2_000 * _WORKER)
_candidates = itertools.cycle(random.sample(_PORTS, len(_PORTS)))


class DaemonError(Exception):
    """The daemon ended, or did not answer in time; the message holds what it said."""


def free_port(address: str) -> int:
    """A port on which nothing listens."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in _candidates:
        with socket.socket(family) as probe, contextlib.suppress(OSError):
            probe.bind((address, port))
            return port
    raise AssertionError("the candidates do not end")


@contextlib.contextmanager
def daemon(command: Sequence[str], ready: Callable[[], bool], log: Path) -> Iterator[int]:
    """Run `command`, which must not go to the background, until the block ends. Yields its process id.

    Standard output and error go to `log`. `ready` is asked until it says yes. The daemon is also ended when this
    process dies. Raises DaemonError where it ends by itself or is not ready in time.
    """
    guarded = [require("setpriv", "util-linux"), "--pdeathsig", "TERM", *command]
    with log.open("wb") as output:
        process = subprocess.Popen(
            guarded,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            # The machine's openssl.cnf must not decide what a server serves.
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "OPENSSL_CONF": "/dev/null", "LC_ALL": "C.UTF-8"},
        )
    try:
        _wait(process, ready, log)
        yield process.pid
    finally:
        _end(process)


def answers_http(address: str, port: int) -> bool:
    """True where a request for READINESS_PATH is answered, or the connection closed in an orderly way."""
    request = f"GET {READINESS_PATH} HTTP/1.0\r\n\r\n".encode()
    with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1) as connection:
        connection.sendall(request)
        connection.recv(1)
        return True
    return False


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not ready():
        if process.poll() is not None:
            raise DaemonError(f"{process.args!r} ended with {process.returncode}: {_tail(log)}")
        if time.monotonic() > deadline:
            raise DaemonError(f"{process.args!r} is not ready: {_tail(log)}")
        time.sleep(0.01)


def _tail(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-2000:]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with contextlib.suppress(ProcessLookupError):  # workers that outlived it
        os.killpg(process.pid, signal.SIGKILL)
