"""Real proxies on loopback: tinyproxy for HTTP CONNECT, microsocks for SOCKS5.

with tinyproxy(login=("user", "secret")) as proxy:
    ...  # proxy.url, proxy.connections()
"""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.servers.daemon import answers_http, daemon, free_port
from tests.servers.programs import require

ADDRESS = "127.0.0.1"


@dataclass
class Proxy:
    """`url` is for --proxy, without a user. `said` is what the proxy logs for each tunnel it opens."""

    url: str
    log: Path
    said: str

    def connections(self) -> int:
        """The number of tunnels opened so far. A line may follow its tunnel by a moment."""
        return self.log.read_text("utf-8", "replace").count(self.said)


@contextlib.contextmanager
def tinyproxy(login: tuple[str, str] | None = None) -> Iterator[Proxy]:
    with _folder() as folder:
        port = free_port(ADDRESS)
        lines = [f"Listen {ADDRESS}", f"Port {port}", "MaxClients 100", "Timeout 60", "LogLevel Connect"]
        if login:
            lines.append(f"BasicAuth {login[0]} {login[1]}")
        (folder / "tinyproxy.conf").write_text("\n".join(lines))
        command = [require("tinyproxy", "tinyproxy"), "-d", "-c", str(folder / "tinyproxy.conf")]
        with _running(command, "http", port, folder, "Established connection to host") as proxy:
            yield proxy


@contextlib.contextmanager
def microsocks(login: tuple[str, str] | None = None) -> Iterator[Proxy]:
    with _folder() as folder:
        port = free_port(ADDRESS)
        command = [require("microsocks", "microsocks"), "-i", ADDRESS, "-p", str(port)]
        if login:
            command += ["-u", login[0], "-P", login[1]]
        with _running(command, "socks5", port, folder, ": connected to ") as proxy:
            yield proxy


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tlsaudit-test-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def _running(command: list[str], scheme: str, port: int, folder: Path, said: str) -> Iterator[Proxy]:
    log = folder / "daemon.log"
    with daemon(command, partial(answers_http, ADDRESS, port), log):
        yield Proxy(f"{scheme}://{ADDRESS}:{port}", log, said)
