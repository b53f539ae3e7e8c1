"""A fleet in which most servers misbehave: each ends within its deadline with a reason, and costs no other anything."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import PROGRAM, at
from tests.faults import FAULTS, flooding, serve_fault, server_context
from tests.servers import CertificateAuthority, Server, Shape

TIMEOUT_S = 8.0
MOST_MIB = 200

# Said instead of a ServerHello, or behind TLS instead of an answer to a request.
RAW = {**FAULTS, "endless alerts": flooding(b"", b"\x15\x03\x03\x00\x02\x01\x5a" * 1000)}

MUTE_BEHIND_TLS = {"never answers", "garbage", "one byte a second", "resets", "closes", "endless headers"}


@dataclass(frozen=True)
class Ended:
    """How the scan of the whole fleet ended."""

    code: int
    seconds: float
    peak_mib: float
    document: dict[str, Any]

    def findings(self, host: str) -> dict[str, dict[str, Any]]:
        return {item["check"]: item for item in self.document["findings"] if item["endpoint"] == f"{host}:443"}


def _host(kind: str, fault: str) -> str:
    return f"{fault.replace(' ', '-').lower()}.{kind}.example.org"


@pytest.fixture(scope="module")
def ended(
    shared_server: Callable[[str, Shape], Server],
    ca: CertificateAuthority,
    ca_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ended]:
    """One scan of a healthy host between two dozen hostile ones."""
    healthy = shared_server("nginx", Shape.MODERN)
    arguments = [*at(healthy), "--ca-file", str(ca_file), "--timeout", str(TIMEOUT_S)]
    hosts = [healthy.name]
    with ExitStack() as running:
        for kind, faults in (("raw", RAW), ("tls", FAULTS)):
            for name, handler in faults.items():
                host = _host(kind, name)
                tls = server_context(ca.leaf([host])) if kind == "tls" else None
                server = running.enter_context(serve_fault(handler, tls))
                arguments += ["--connect-to", f"{host}:443:127.0.0.1:{server.port}"]
                arguments += ["--connect-to", f"{host}:80:127.0.0.1:{server.port}"]
                hosts.append(host)
        output = tmp_path_factory.mktemp("faults") / "scan.json"
        yield _run([*arguments, "-o", str(output), *hosts], output)


def _run(arguments: list[str], output: Path) -> Ended:
    begun = time.monotonic()
    with subprocess.Popen([PROGRAM, "scan", "-q", *arguments], stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begun
    document = json.loads(output.read_text("utf-8"))
    return Ended(process.returncode, seconds, usage.ru_maxrss / 1024, document)


def test_the_whole_fleet_ends_by_the_deadline_of_one(ended: Ended) -> None:
    # Beside the deadline: starting Python, judging, and two cores shared with the hostile servers themselves.
    assert ended.seconds < 3 * TIMEOUT_S
    assert ended.document["summary"]["endpoints"] == 1 + len(RAW) + len(FAULTS)


def test_memory_stays_bounded(ended: Ended) -> None:
    assert ended.peak_mib < MOST_MIB


def test_the_healthy_host_is_fully_reported(ended: Ended) -> None:
    outcomes = {check: finding["outcome"] for check, finding in ended.findings("www.example.org").items()}
    assert outcomes == {
        "canonical-https": "fail",
        "certificate-name": "pass",
        "certificate-trust": "pass",
        "certificate-validity": "pass",
        "hsts-max-age": "fail",
        "pfs-clients": "pass",
        "pfs-suites": "pass",
        "redirect-https": "fail",
        "tls-versions": "pass",
    }


@pytest.mark.parametrize("fault", RAW)
def test_a_fault_in_place_of_tls_is_unknown_with_a_reason(ended: Ended, fault: str) -> None:
    found = ended.findings(_host("raw", fault))
    for check in ("tls-versions", "pfs-suites", "pfs-clients", "certificate-trust", "hsts-max-age"):
        assert (found[check]["outcome"], bool(found[check]["message"])) == ("unknown", True), (check, found[check])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_behind_tls_leaves_the_tls_facts_whole(ended: Ended, fault: str) -> None:
    found = ended.findings(_host("tls", fault))
    assert found["tls-versions"]["outcome"] == "pass", found["tls-versions"]
    assert found["certificate-trust"]["outcome"] == "pass", found["certificate-trust"]
    if fault in MUTE_BEHIND_TLS:
        assert found["hsts-max-age"]["outcome"] == "unknown", found["hsts-max-age"]
        assert found["hsts-max-age"]["message"]


def test_what_could_not_be_judged_is_counted(ended: Ended) -> None:
    assert ended.code == 1  # the healthy host has no HSTS
    assert ended.document["summary"]["findings"]["unknown"] >= 5 * len(RAW)
