"""A running `tlsaudit watch`, asked as Prometheus and an operator ask it."""

import contextlib
import json
import re
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from tests.cli.command import PROGRAM, environment

_DEADLINE_S = 120.0


class Watcher:
    """The process, until the block of `watching` ends."""

    def __init__(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        self.process = process
        self._log = log

    @property
    def said(self) -> str:
        """Standard error so far."""
        return Path(self._log.name).read_text("utf-8")

    def until(self, what: Callable[[], Any]) -> Any:
        """Wait for something to be true, and return it."""
        deadline = time.monotonic() + _DEADLINE_S
        while not (found := what()):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, f"{self.said}\n{self.metrics() if self._listens else ''}"
            time.sleep(0.05)
        return found

    def until_said(self, text: str, times: int = 1) -> None:
        self.until(lambda: self.said.count(text) >= times)

    def until_metric(self, name: str, wanted: Callable[[float], bool]) -> float:
        """Wait until a series has such a value. `name` is written as in the exposition, with its labels."""
        self.until(lambda: (value := self.metrics().get(name)) is not None and wanted(value))
        return self.metrics()[name]

    @property
    def _listens(self) -> re.Match[str] | None:
        return re.search(r"listening on (http://\S+)/metrics", self.said)

    def get(self, path: str) -> tuple[int, str]:
        """The status and the body."""
        self.until(lambda: self._listens)
        assert self._listens
        try:
            with urllib.request.urlopen(f"{self._listens[1]}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode("utf-8")

    def metrics(self) -> dict[str, float]:
        """The value of each series."""
        lines = (line for line in self.get("/metrics")[1].splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def health(self) -> tuple[int, dict[str, Any]]:
        status, body = self.get("/healthz")
        return status, json.loads(body)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; the answer is the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=_DEADLINE_S)


@contextlib.contextmanager
def watching(folder: Path, *arguments: object, **env: str) -> Iterator[Watcher]:
    """Run `tlsaudit watch` in a folder with a targets file, listening on a free port."""
    command: list[str | Path] = [PROGRAM, "watch", "--listen", "127.0.0.1:0", *map(str, arguments)]
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(env), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            yield Watcher(process, log)
        finally:
            process.kill()
            process.wait()
