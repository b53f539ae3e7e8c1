"""Run the installed `tlsaudit` as its users do."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli import warm
from tests.servers import Server

PROGRAM = Path(sys.executable).with_name("tlsaudit")


@dataclass(frozen=True)
class Done:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as an audit document."""
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded

    def outcomes(self) -> dict[str, str]:
        """The outcome of each check of a scan of one host."""
        return {finding["check"]: finding["outcome"] for finding in self.document["findings"]}


def tlsaudit(
    *arguments: object,
    cwd: Path | None = None,
    stdin: str = "",
    timeout: float = 180,
    stop: tuple[float, signal.Signals] | None = None,
    **env: str,
) -> Done:
    """Run the program without a terminal, with these variables beside the environment's own.

    It is started anew where one of them is for Python itself; else a process that has it loaded runs it, and is sent
    a signal after some seconds where it is to `stop`.
    """
    command, folder, whole = [str(PROGRAM), *map(str, arguments)], cwd or Path.cwd(), environment(env)
    if any(name.startswith("PYTHON") for name in env):
        done = subprocess.run(
            command, cwd=folder, input=stdin, env=whole, capture_output=True, text=True, timeout=timeout, check=False
        )
    else:
        done = warm.run(command, cwd=folder, stdin=stdin, env=whole, timeout=timeout, stop=stop)
    return Done(done.returncode, done.stdout, done.stderr)


def environment(extra: dict[str, str]) -> dict[str, str]:
    """The environment's own variables but for tlsaudit's, of which charts are left out as ever, and these."""
    known = ("TLSAUDIT_CHARTS",)
    own = {name: value for name, value in os.environ.items() if name in known or not name.startswith("TLSAUDIT_")}
    return {**own, "COLUMNS": "100", **extra}


def at(server: Server, name: str | None = None) -> Sequence[str]:
    """The options that lead a public name and its public ports to a server of the tests."""
    host = name or server.name
    address = f"[{server.address}]" if ":" in server.address else server.address
    return (
        "--connect-to",
        f"{host}:443:{address}:{server.https_port}",
        "--connect-to",
        f"{host}:80:{address}:{server.http_port}",
    )
