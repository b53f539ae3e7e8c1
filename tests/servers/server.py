"""Start one of the servers and look into it."""

import contextlib
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.servers import apache as _apache
from tests.servers import haproxy as _haproxy
from tests.servers import nginx as _nginx
from tests.servers.ca import CertificateAuthority, Chain
from tests.servers.daemon import READINESS_PATH, DaemonError, answers_http, daemon, free_port
from tests.servers.plan import Plan, Shape, VirtualHost

_COMMANDS = {"nginx": _nginx.command, "apache": _apache.command, "haproxy": _haproxy.command}
_LOGS = {"nginx": "access.log", "apache": "access.log", "haproxy": "daemon.log"}

PROGRAMS = tuple(_COMMANDS)


@dataclass
class Server:
    """A running server. `name` is the first name of its first virtual host."""

    program: str
    name: str
    address: str
    https_port: int
    http_port: int
    pid: int
    folder: Path
    _looks: int = 0

    def access_log(self) -> list[str]:
        """The requests answered so far, as `https www.example.org / 200`. A line may follow its answer by a moment."""
        lines = (self.folder / _LOGS[self.program]).read_text("utf-8", "replace").splitlines()
        return [line for line in lines if line.startswith(("http ", "https ")) and READINESS_PATH not in line]

    def access_count(self) -> int:
        """The number of requests answered so far."""
        return len(self.access_log())

    def connection_count(self) -> int:
        """The number of connections accepted so far on both ports (nginx only)."""
        with socket.socket(socket.AF_UNIX) as status:
            status.connect(str(self.folder / "status.sock"))
            status.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = status.makefile("rb").read().decode()
        self._looks += 1
        # "server accepts handled requests", then the three figures; each look is a connection of its own.
        return int(answer.partition("requests")[2].split()[0]) - self._looks


@contextlib.contextmanager
def serve(
    program: str,
    shape: Shape = Shape.MODERN,
    *,
    ca: CertificateAuthority,
    names: Sequence[str] = ("www.example.org",),
    address: str = "127.0.0.1",
    chains: Sequence[Chain] = (),
    pages: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    redirect: str | None = None,
    https_config: str = "",
    http_config: str = "",
    listen_options: str = "",
    global_config: str = "",
    others: Sequence[VirtualHost] = (),
    https_port: int | None = None,
) -> Iterator[Server]:
    """Run `program`, one of PROGRAMS, until the block ends. Everything else is explained at VirtualHost;
    `others` are further virtual hosts, told apart by name; an `https_port` that somebody has at another address is
    taken at this one.
    """
    first = VirtualHost(
        names,
        chains,
        pages or VirtualHost().pages,
        headers or {},
        redirect,
        https_config,
        http_config,
        listen_options,
        global_config,
    )
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tlsaudit-test-")))
        folder.chmod(0o755)  # Apache's workers give up root
        (folder / "empty").mkdir()
        for last in (False, False, True):
            port = https_port or free_port(address)
            plan = Plan(shape, ca, (first, *others), folder, address, port, free_port(address))
            command = _COMMANDS[program](plan)
            ready = partial(answers_http, address, plan.http_port)
            try:
                pid = stack.enter_context(daemon(command, ready, folder / "daemon.log"))
                break
            except DaemonError as error:
                # Another process took the port after it was found free.
                if last or "in use" not in str(error):
                    raise
        yield Server(program, names[0], address, plan.https_port, plan.http_port, pid, folder)


nginx = partial(serve, "nginx")
apache = partial(serve, "apache")
haproxy = partial(serve, "haproxy")
