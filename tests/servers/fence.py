"""A network namespace of its own for a server that listens on every address: nothing but this host can reach it.

A pair of virtual interfaces joins it to this host, with two addresses of TEST-NET-1 (RFC 5737) that no network
routes. It has no name: it is gone when the last process in it is, so that nothing is left behind, even after a crash.
"""

import contextlib
import os
import random
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers.programs import missing, require

_DEADLINE_S = 60.0
_PAIRS = 127  # of two addresses, in 192.0.2.0/24 without 192.0.2.255, which the kernel takes for a broadcast


class FenceError(Exception):
    """The kernel did not make the namespace or the interfaces; the message holds what it said."""


@dataclass(frozen=True)
class Fence:
    """`address` is the one inside, reachable from here; `enter` goes before a command that shall run inside."""

    address: str
    enter: tuple[str, ...]


@contextlib.contextmanager
def fence() -> Iterator[Fence]:
    """A namespace until the block ends. Where this process may not make one, the test fails if CI=true, else is
    skipped.
    """
    if os.geteuid() != 0:
        missing("network namespaces take root")
    enter, unshare = require("nsenter", "util-linux"), require("unshare", "util-linux")
    # It ends when its input does, and so with this process.
    keeper = subprocess.Popen([unshare, "--net", "cat"], stdin=subprocess.PIPE)
    try:
        inside = (enter, f"--net=/proc/{keeper.pid}/ns/net")
        _wait_for_namespace(keeper)
        address = _join(keeper.pid, inside)
        yield Fence(address, inside)
    finally:
        keeper.terminate()
        keeper.communicate(timeout=_DEADLINE_S)


def _wait_for_namespace(keeper: subprocess.Popen[bytes]) -> None:
    outside = Path("/proc/self/ns/net").readlink()
    deadline = time.monotonic() + _DEADLINE_S
    while Path(f"/proc/{keeper.pid}/ns/net").readlink() == outside:
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise FenceError("no network namespace could be made")
        time.sleep(0.002)


def _join(pid: int, inside: tuple[str, ...]) -> str:
    """Join the namespace of a process to this one; return the address inside."""
    ip = require("ip", "iproute2")
    for number in random.sample(range(_PAIRS), _PAIRS):
        # The name of the interface says which pair of addresses is taken: the kernel gives it once.
        link, here, there = f"tlsaudit{number}", f"192.0.2.{2 * number}", f"192.0.2.{2 * number + 1}"
        made = _run(ip, "link", "add", link, "type", "veth", "peer", "name", "fenced", "netns", str(pid))
        if "exists" in made:
            continue
        said = made + "".join(
            (
                _run(ip, "address", "add", f"{here}/31", "dev", link),
                _run(ip, "link", "set", link, "up"),
                _run(*inside, ip, "address", "add", f"{there}/31", "dev", "fenced"),
                _run(*inside, ip, "link", "set", "fenced", "up"),
                _run(*inside, ip, "link", "set", "lo", "up"),
            )
        )
        if said:
            raise FenceError(said)
        return there
    raise FenceError(f"all {_PAIRS} pairs of addresses are taken")


def _run(*command: str) -> str:
    """What a command has to complain about, in English."""
    english = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False, env=english)
    return done.stderr
