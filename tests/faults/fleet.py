"""Some tens of endpoints, and what their audit says, whatever went wrong meanwhile."""

import contextlib
import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.command import PROGRAM, Done, environment, tlsaudit
from tests.servers import Server, free_port
from tlsaudit.store import Store, StoreError

HOSTS = ["example.org", *(f"h{number}.example.org" for number in range(6))]
CHECKS = ("tls-versions", "hsts-max-age", "redirect-https", "certificate-trust", "keys-shared", "site-parity")
_GOALS = """\
objectives:
  versions: {checks: [tls-versions], milestones: {2030-06-30: 100%}}
  redirects: {checks: [redirect-https], milestones: {2030-06-30: 100%}}
"""


@dataclass(frozen=True)
class Fleet:
    """All hosts below example.org are at one server, but for the last one's second site, where nobody answers."""

    server: Server
    ca_file: Path

    def targets(self, hosts: Sequence[str]) -> str:
        closed = free_port("127.0.0.1")
        there = self._ports(self.server.http_port, self.server.https_port)
        services = [f"  s{number}: {{hosts: [{host}], at: {{lab: {there}}}}}" for number, host in enumerate(hosts[:-1])]
        away = f"{{lab: {there}, away: {self._ports(closed, closed)}}}"
        services.append(f"  last: {{hosts: [{hosts[-1]}], at: {away}}}")
        return "\n".join(["version: 1", "sites: {lab: {}, away: {}}", f"{_GOALS}services:", *services, ""])

    def _ports(self, http: int, https: int) -> str:
        return f"{{address: {self.server.address}, ports: {{80: {http}, 443: {https}}}}}"


class Project:
    """A folder with a targets file."""

    def __init__(
        self, fleet: Fleet, folder: Path, hosts: Sequence[str] = HOSTS, checks: Sequence[str] = CHECKS
    ) -> None:
        self.folder = folder
        self.reports = folder / "reports"
        selected = (f"--select={check}" for check in checks)
        self.command = ("audit", "--concurrency", "4", *selected, "--ca-file", str(fleet.ca_file))
        (folder / "targets.yaml").write_text(fleet.targets(hosts), "utf-8")

    def audit(self, *options: object, stop: tuple[float, signal.Signals] | None = None) -> Done:
        return tlsaudit(*self.command, *options, cwd=self.folder, stop=stop)

    def start(self, *options: object) -> "subprocess.Popen[str]":
        command = [str(PROGRAM), *map(str, (*self.command, *options))]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.folder, env=environment({}), stdout=pipe, stderr=pipe, text=True)

    def begin(self, *options: object, where: str = "sqlite:///history.db") -> "subprocess.Popen[str]":
        """Start one, and wait until some of it is in the history."""
        process = self.start(*options)
        deadline = time.monotonic() + 60
        while not self._seen(where.replace("///", f"///{self.folder}/")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return process

    def _seen(self, where: str) -> bool:
        with contextlib.suppress(StoreError), Store.open(where, create=False) as store:
            own = [audit for audit in store.audits() if audit.targets == str(self.folder.resolve() / "targets.yaml")]
            return any(not audit.finished_at and [*store.endpoints(audit.id)] for audit in own)
        return False

    def written(self) -> dict[str, int]:
        """The files of the history, and when each was written last."""
        return {path.name: path.stat().st_mtime_ns for path in self.folder.glob("history.db*")}

    def last_is_finished(self) -> bool:
        """Whether the last audit in the history is."""
        with Store.open(f"sqlite:///{self.folder}/history.db", create=False) as store:
            return store.audits()[0].finished_at is not None

    def document(self) -> dict[str, Any]:
        """The last report."""
        found: dict[str, Any] = json.loads((self.reports / "audit.json").read_text("utf-8"))
        return found

    def check_nothing_is_left(self) -> None:
        """Neither half a report nor a broken history."""
        assert {path.name for path in self.reports.iterdir()} == {"audit.json", "report.html"}
        self.check_history()

    def check_history(self) -> None:
        """Nothing of it is broken."""
        with contextlib.closing(sqlite3.connect(self.folder / "history.db")) as history:
            assert history.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert history.execute("PRAGMA foreign_key_check").fetchall() == []


def said(document: dict[str, Any]) -> dict[str, Any]:
    """What an audit found, without times: endpoints, findings, objectives and counts.

    Where it was the second, since the first was ended after it was finished, nothing has changed.
    """
    timed = {"measured_at": None, "previous": None, "changes": None}
    for goal in document["objectives"]:
        assert not goal["changes"] or (goal["changes"]["direction"], goal["changes"]["causes"]) == ("same", [])
    return {
        "endpoints": [{**each, "latency_ms": None} for each in document["endpoints"]],
        "findings": document["findings"],
        "objectives": [{**goal, **timed} for goal in document["objectives"]],
        "summary": {name: figure for name, figure in document["summary"].items() if name != "duration_s"},
    }
