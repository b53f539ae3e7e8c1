"""Two network namespaces with a long way between them: a TUN device in each, and a pump that holds every packet.

with apart(0.025) as way:
    subprocess.run([*way.there, "nginx"])  # listens on SERVER_ADDRESS
    subprocess.run([*way.here, "curl", f"http://{SERVER_ADDRESS}/"])

Needs root, `ip` and /dev/net/tun.
"""

import contextlib
import fcntl
import os
import select
import shutil
import struct
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CLIENT_ADDRESS, SERVER_ADDRESS = "192.0.2.1", "192.0.2.2"  # RFC 5737: nobody's

_TUN = Path("/dev/net/tun")
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_PACKET_BYTES = 1 << 16


@dataclass
class Pump:
    """Carries packets both ways, each `hold_s` after it came; `late_s` is how much later, packet by packet."""

    ends: tuple[int, int]
    hold_s: float
    late_s: list[float] = field(default_factory=list)

    def run(self, stop: int) -> None:
        """Until something can be read from `stop`."""
        first, second = self.ends
        other = {first: second, second: first}
        # The same time for each, so the first to come is the first to leave, whatever its direction.
        held: deque[tuple[float, int, bytes]] = deque()
        while True:
            patience_s = max(0.0, held[0][0] - time.monotonic()) if held else None
            ready, _, _ = select.select([first, second, stop], [], [], patience_s)
            if stop in ready:
                return
            for end in ready:
                held.append((time.monotonic() + self.hold_s, other[end], os.read(end, _PACKET_BYTES)))
            while held and held[0][0] <= time.monotonic():
                due, end, packet = held.popleft()
                os.write(end, packet)
                self.late_s.append(time.monotonic() - due)


@dataclass(frozen=True)
class Way:
    """`here` and `there` are what to put before a command that shall run at the client's or the server's end."""

    here: tuple[str, ...]
    there: tuple[str, ...]
    pump: Pump


def missing() -> str | None:
    """What this machine lacks for it."""
    if os.geteuid() != 0:
        return "root"
    if shutil.which("ip") is None:
        return "the program ip: apt-get install iproute2"
    return None if os.access(_TUN, os.R_OK | os.W_OK) else str(_TUN)


@contextlib.contextmanager
def apart(hold_s: float) -> Iterator[Way]:
    """The two namespaces, until the block ends."""
    mark = f"ta{os.getpid()}"
    with contextlib.ExitStack() as stack:
        commands, ends = [], []
        for letter, address, peer in (("a", CLIENT_ADDRESS, SERVER_ADDRESS), ("b", SERVER_ADDRESS, CLIENT_ADDRESS)):
            name = f"{mark}{letter}"
            _ip("netns", "add", name)
            stack.callback(_ip, "netns", "delete", name)
            ends.append(_tun(stack, name))
            _ip("link", "set", name, "netns", name)
            _ip("-n", name, "address", "add", address, "peer", peer, "dev", name)
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "link", "set", name, "up")
            commands.append(("ip", "netns", "exec", name))
        pump = Pump((ends[0], ends[1]), hold_s)
        stop, stopper = os.pipe()
        thread = threading.Thread(target=_run_first, args=(pump, stop))
        thread.start()
        try:
            yield Way(commands[0], commands[1], pump)
        finally:
            os.close(stopper)
            thread.join()
            os.close(stop)


def _run_first(pump: Pump, stop: int) -> None:
    # Of this thread alone, and before all others: a link does not wait for what its ends do.
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    pump.run(stop)


def _tun(stack: contextlib.ExitStack, name: str) -> int:
    """A TUN device; it lasts as long as its descriptor is open, in whatever namespace."""
    end = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK)
    stack.callback(os.close, end)
    fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return end


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
