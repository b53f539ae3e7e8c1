"""Network namespaces for the lab: one in which whoever scans is run, and one for each server, which answers there for a
whole network of addresses without any being configured. Nothing in them reaches any other network; they are gone when
the last process in them is. Needs root.
"""

import contextlib
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers import require

_DEADLINE_S = 60.0


class NetworkError(Exception):
    """The kernel did not make a namespace or an interface; the message holds what it said."""


@dataclass(frozen=True)
class Namespace:
    pid: int

    @property
    def enter(self) -> tuple[str, ...]:
        """What goes before a command that shall run inside."""
        return (require("nsenter", "util-linux"), f"--net=/proc/{self.pid}/ns/net")

    def configure(self, *lines: str) -> None:
        """Have `ip` do what the lines say."""
        command = [*self.enter, require("ip", "iproute2"), "-batch", "-"]
        done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=False)
        if done.returncode:
            raise NetworkError(done.stderr)


@contextlib.contextmanager
def namespace() -> Iterator[Namespace]:
    """A namespace with a loopback of its own, until the block ends."""
    # It ends when its input does, and so with this process.
    keeper = subprocess.Popen([require("unshare", "util-linux"), "--net", "cat"], stdin=subprocess.PIPE)
    try:
        outside, deadline = Path("/proc/self/ns/net").readlink(), time.monotonic() + _DEADLINE_S
        while Path(f"/proc/{keeper.pid}/ns/net").readlink() == outside:
            if keeper.poll() is not None or time.monotonic() > deadline:
                raise NetworkError("no network namespace could be made")
            time.sleep(0.002)
        made = Namespace(keeper.pid)
        made.configure("link set lo up")
        yield made
    finally:
        keeper.terminate()
        keeper.communicate(timeout=_DEADLINE_S)


def join(client: Namespace, server: Namespace, number: int, networks: Sequence[str]) -> str:
    """Lead the way from one to the other, which takes every address of the networks for its own. Returns the address
    that the way leads over."""
    here, there = f"192.0.2.{2 * number}", f"192.0.2.{2 * number + 1}"  # RFC 5737
    client.configure(f"link add server{number} type veth peer name client netns {server.pid}")
    server.configure(f"address add {there}/31 dev client", "link set client up")
    server.configure(*(f"route add local {network} dev lo" for network in networks))
    client.configure(f"address add {here}/31 dev server{number}", f"link set server{number} up")
    client.configure(*(f"route add {network} via {there}" for network in networks))
    return there
