"""An audit that is interrupted goes on where it was, and says in the end what an undisturbed one says."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import PROGRAM, Done, environment, tlsaudit
from tests.servers import CertificateAuthority, Server, serve
from tlsaudit.store import Store

HOSTS = ["example.org", "slow.example.org", *(f"h{number}.example.org" for number in range(8))]
CHECKS = ("tls-versions", "hsts-max-age", "redirect-https", "certificate-trust", "keys-shared")
OPTIONS = ("audit", "-q", "--timeout", "5", "--concurrency", "3", *(f"--select={check}" for check in CHECKS))


@pytest.fixture(scope="module")
def server(ca: CertificateAuthority) -> Iterator[Server]:
    with serve("nginx", ca=ca, names=HOSTS, headers={"Strict-Transport-Security": "max-age=63072000"}) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, server: Server, ca_file: Path) -> Iterator["Project"]:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(100)
        yield Project(tmp_path, server, silent.getsockname()[1], ca_file)


class Project:
    """Targets of which one never answers, so that an audit is caught in the middle."""

    def __init__(self, folder: Path, server: Server, silent: int, ca_file: Path) -> None:
        self._folder = folder
        self.command = (*OPTIONS, "--ca-file", ca_file)
        services = "".join(
            f"  {host.split('.')[0]}: {{hosts: [{host}], at: {{lab: {{address: 127.0.0.1, ports: "
            f"{{80: {port or server.http_port}, 443: {port or server.https_port}}}}}}}}}\n"
            for host, port in ((host, silent if host.startswith("slow") else None) for host in HOSTS)
        )
        goals = "objectives: {versions: {checks: [tls-versions], milestones: {2030-06-30: 100%}}}\n"
        (folder / "targets.yaml").write_text(f"version: 1\nsites: {{lab: {{}}}}\n{goals}services:\n{services}", "utf-8")

    def audit(self, name: str, *more: str) -> Done:
        """In the history and with the reports of this name."""
        (self._folder / name).mkdir(exist_ok=True)
        own = ("--db", f"sqlite:///{name}.db", "--reports", name, "--format", "json")
        return tlsaudit(*self.command, *own, *more, cwd=self._folder)

    def begin(self, name: str) -> "subprocess.Popen[bytes]":
        """Begin the same, until some of it is in the history."""
        (self._folder / name).mkdir(exist_ok=True)
        command = [str(PROGRAM), *map(str, self.command), "--db", f"sqlite:///{name}.db", "--reports", name]
        process = subprocess.Popen(command, cwd=self._folder, env=environment({}), stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self._seen(name):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return process

    def _seen(self, name: str) -> int:
        if not (self._folder / f"{name}.db").exists():
            return 0
        with Store.open(f"sqlite:///{self._folder / name}.db") as store:
            return sum(1 for audit in store.audits() for _ in store.endpoints(audit.id))


def said(document: dict[str, Any]) -> tuple[object, ...]:
    """What an audit found, without the times."""
    goals = [{**goal, "measured_at": None} for goal in document["objectives"]]
    endpoints = [{**each, "latency_ms": None} for each in document["endpoints"]]
    counts = {name: figure for name, figure in document["summary"].items() if name != "duration_s"}
    return document["findings"], goals, endpoints, counts


def test_a_killed_audit_goes_on_and_says_what_an_undisturbed_one_says(project: Project) -> None:
    with project.begin("killed") as process:
        process.send_signal(signal.SIGSTOP)
        second = project.audit("killed", "--resume")
        process.kill()
    assert (second.code, second.out, second.err.count("\n")) == (2, "", 1)
    assert "audit 1 still runs: wait for it, or stop it first" in second.err

    resumed = project.audit("killed", "--resume").document
    assert said(resumed) == said(project.audit("whole").document)
    (note,) = (note for note in resumed["notes"] if "resumed" in note)
    assert note.startswith("interrupted, and resumed at ")
    assert note.endswith(" had been looked at before")
    assert resumed["started_at"] < note.split()[4]
    again = project.audit("killed", "--resume").document
    assert again["started_at"] > resumed["started_at"]
    assert not [note for note in again["notes"] if "resumed" in note]
