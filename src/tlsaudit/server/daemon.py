"""A server that runs for a moment: on loopback, without privileges, with bounded time and memory, and always ended."""

import contextlib
import ctypes
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tlsaudit.server.problem import ConfigurationError

_MEMORY = 1 << 30
_CPU_S = 120
_FILES = 4096
_START_S = 20.0
_POLL_S = 0.01

_NOBODY = 65534
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Command:
    """What is run. `environment` is all that it has, and `folder` all that it may write to."""

    args: Sequence[str]
    folder: Path
    environment: Mapping[str, str]


class DaemonError(ConfigurationError):
    """The server ended at once, or never listened; the message is all that it said."""


@contextmanager
def running(command: Command, sockets: Iterable[tuple[str, int]]) -> Iterator[None]:
    """Run a server until leaving; it listens on all sockets on entry. Raises DaemonError."""
    said = command.folder / "stderr"
    privileged = os.geteuid() == 0
    if privileged:
        _give_away(command.folder)
    nobody = _NOBODY if privileged else None
    with said.open("wb") as errors:
        child = subprocess.Popen(  # noqa: S603 the program is the user's, its arguments are ours
            list(command.args),
            cwd=command.folder,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            start_new_session=True,
            preexec_fn=_bound,  # noqa: PLW1509 no thread runs yet
            user=nobody,
            group=nobody,
            extra_groups=[] if privileged else None,
        )
    try:
        _await(child, sockets, said)
        yield
    finally:
        _end(child)


def _bound() -> None:
    """In the child: limits, and an end with its parent's, however that comes."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = min(_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


_LIBC = ctypes.CDLL(None)


def _give_away(folder: Path) -> None:
    """To the user that the server runs as."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY)


def _await(child: "subprocess.Popen[bytes]", sockets: Iterable[tuple[str, int]], said: Path) -> None:
    deadline = time.monotonic() + _START_S
    for address in sockets:
        while not _listens(address):
            if child.poll() is not None:
                raise DaemonError(said.read_text("utf-8", "replace"))
            if time.monotonic() > deadline:
                raise DaemonError(f"did not listen within {_START_S:.0f} s\n{said.read_text('utf-8', 'replace')}")
            time.sleep(_POLL_S)
    if child.poll() is not None:
        raise DaemonError(said.read_text("utf-8", "replace"))


def _listens(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


def _end(child: "subprocess.Popen[bytes]") -> None:
    """The whole session that it began: what it started ends with it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
