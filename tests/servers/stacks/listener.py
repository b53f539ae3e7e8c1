"""One server of one TLS stack: where it listens, and how it is started."""

import contextlib
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.servers.daemon import DaemonError, daemon, free_port
from tests.servers.fence import Fence, fence

NAME = "www.example.org"
"""What all their certificates are for."""

_FENCED_PORT = 4433


@dataclass(frozen=True)
class Listener:
    """`folder` is the server's own; `enter` goes before a command that shall run where the server does."""

    address: str
    port: int
    folder: Path
    enter: tuple[str, ...] = ()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def log(self) -> str:
        """What the server has said so far."""
        return (self.folder / "daemon.log").read_text("utf-8", "replace")


@contextlib.contextmanager
def listen(
    command: Callable[[Listener], Sequence[str]], *, fenced: bool = False, address: str = "127.0.0.1"
) -> Iterator[Listener]:
    """Run what `command` says, which writes its files into the folder, until the block ends.

    It is to listen on a free port of a loopback address; `fenced`: on every one of a network namespace of its own.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tlsaudit-test-")))
        folder.chmod(0o755)  # some give up root
        around = stack.enter_context(fence()) if fenced else None
        for last in (False, False, True):
            listener = _place(folder, around, address)
            line = [*listener.enter, *command(listener)]
            try:
                stack.enter_context(daemon(line, partial(_accepts, listener), folder / "daemon.log"))
                break
            except DaemonError as error:
                # Another process took the port after it was found free.
                if last or "in use" not in str(error).lower():
                    raise
        yield listener


def _place(folder: Path, around: Fence | None, address: str) -> Listener:
    if around:
        return Listener(around.address, _FENCED_PORT, folder, around.enter)
    return Listener(address, free_port(address), folder)


def _accepts(listener: Listener) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((listener.address, listener.port), timeout=1):
        return True
    return False
