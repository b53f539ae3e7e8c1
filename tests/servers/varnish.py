"""Varnish, which answers by itself and ends no TLS: that is what a proxy in front of it does."""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.servers.daemon import answers_http, daemon, free_port
from tests.servers.programs import require

ADDRESS = "127.0.0.1"

_VCL = """\
vcl 4.1;
backend default none;
sub vcl_recv { return (synth(200)); }
"""


@dataclass(frozen=True)
class Varnish:
    """A running Varnish."""

    port: int
    folder: Path

    def access_log(self, log_format: str | None = None) -> str:
        """The requests so far, as varnishncsa writes them, in a format or in its own. The last may take a moment."""
        command = [require("varnishncsa", "varnish"), "-n", str(self.folder / "work"), "-d"]
        chosen = ["-F", log_format] if log_format else []
        return subprocess.run([*command, *chosen], capture_output=True, text=True, timeout=60, check=True).stdout


@contextlib.contextmanager
def varnish(vcl: str = _VCL) -> Iterator[Varnish]:
    """Run Varnish until the block ends; `vcl` says how it answers."""
    with tempfile.TemporaryDirectory(prefix="tlsaudit-test-") as name:
        folder = Path(name)
        server = Varnish(free_port(ADDRESS), folder)
        (folder / "default.vcl").write_text(vcl, "utf-8")
        command = [
            *(require("varnishd", "varnish"), "-F", "-j", "none", "-n", str(folder / "work")),
            *("-f", str(folder / "default.vcl"), "-a", f"{ADDRESS}:{server.port}", "-s", "malloc,8m"),
            *("-p", "vsl_space=8m", "-p", "thread_pools=1"),
        ]
        with daemon(command, partial(answers_http, ADDRESS, server.port), folder / "daemon.log"):
            yield server
