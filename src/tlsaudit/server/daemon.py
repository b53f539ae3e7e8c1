"""A server that runs for a moment: on loopback, without privileges, with bounded time, memory and processes, and always
ended.
"""

import contextlib
import ctypes
import os
import re
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tlsaudit.server.problem import ConfigurationError

_MEMORY = 1 << 30
_TASKS = 256  # processes and threads; what is written for the servers here needs some dozens
_CPU_S = 120
_FILES = 4096
_LARGEST_FILE = 64 << 20
_START_S = 20.0
_POLL_S = 0.01

PATH = "/usr/sbin:/usr/local/sbin:/usr/bin:/bin:/usr/local/bin"
"""Where servers are looked for, whatever the user's own search path."""

# Without the last each thread sets an area of memory aside, which counts against the bound.
_ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C", "MALLOC_ARENA_MAX": "1"}

_ANYTHING = re.compile("")

_NOBODY = 65534
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Command:
    """What is run; `folder` is all that it may write to."""

    args: Sequence[str]
    folder: Path


class DaemonError(ConfigurationError):
    """The server ended at once, or never listened; the message is all that it said."""


@contextmanager
def running(command: Command, sockets: Iterable[tuple[str, int]], ready: re.Pattern[str] = _ANYTHING) -> Iterator[str]:
    """Run a server until leaving; on entry it listens on all sockets and has said what `ready` finds. Yields what it
    said by then. Raises DaemonError.
    """
    said = command.folder / "stderr"
    said.touch()
    privileged = os.geteuid() == 0
    if privileged:
        _give_away(command.folder)
    nobody = _NOBODY if privileged else None
    tasks = _tasks_of(_NOBODY if privileged else os.geteuid()) + _TASKS
    with said.open("wb") as errors:
        child = subprocess.Popen(  # noqa: S603 the program is the user's, its arguments are ours
            list(command.args),
            cwd=command.folder,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            start_new_session=True,
            preexec_fn=partial(_bound, tasks),  # noqa: PLW1509 no thread runs yet
            user=nobody,
            group=nobody,
            extra_groups=[] if privileged else None,
        )
    try:
        yield _await(child, sockets, said, ready)
    finally:
        _end(child)


def _tasks_of(user: int) -> int:
    """How many there are now; the kernel's limit counts all of a user's."""
    running = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            if process.stat().st_uid == user:
                running += len(os.listdir(process / "task"))  # noqa: PTH208 only their number counts
    return running


def _bound(tasks: int) -> None:
    """In the child: limits, and an end with its parent's, however that comes."""
    most_tasks = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    if most_tasks == resource.RLIM_INFINITY or tasks < most_tasks:
        resource.setrlimit(resource.RLIMIT_NPROC, (tasks, tasks))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    most = min(_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


_LIBC = ctypes.CDLL(None)


def _give_away(folder: Path) -> None:
    """To the user that the server runs as."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY)


def _await(
    child: "subprocess.Popen[bytes]", sockets: Iterable[tuple[str, int]], said: Path, ready: re.Pattern[str]
) -> str:
    deadline = time.monotonic() + _START_S
    waiting = list(sockets)
    while True:
        ended = child.poll() is not None
        text = said.read_text("utf-8", "replace")
        if ended:
            raise DaemonError(text)
        waiting = [address for address in waiting if not _listens(address)]
        if not waiting and ready.search(text):
            return text
        if time.monotonic() > deadline:
            raise DaemonError(f"is not ready within {_START_S:.0f} s\n{text}")
        time.sleep(_POLL_S)


def _listens(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


def _end(child: "subprocess.Popen[bytes]") -> None:
    """The whole session that it began: what it started ends with it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
