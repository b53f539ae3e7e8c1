"""`tlsaudit measure leak` at a gateway: with the tunnel up, down with a trap, and down without."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import PROGRAM, environment
from tests.servers.ipsec import GOOD, OPEN, TRAPPED, Lab, Tunnel, ipsec_lab

TUNNELS = (GOOD, TRAPPED, OPEN)

SEND = """
import socket, sys, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind((sys.argv[1], 0))
while True:
    sender.sendto(b"x" * 100, (sys.argv[2], 9))
    time.sleep(0.02)
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with ipsec_lab(TUNNELS) as running:
        yield running


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = ["version: 1", "sites: {east: {}, west: {}}", "links:"]
    for tunnel in TUNNELS:
        (east, west), (here, there) = tunnel.gateways, tunnel.networks
        lines += [
            f"  {tunnel.name}:",
            "    sites: [east, west]",
            f"    gateways: {{east: {east}, west: {west}}}",
            f"    prefixes: {{east: [{here}], west: [{there}]}}",
        ]
    file = tmp_path_factory.mktemp("leak") / "targets.yaml"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


@contextlib.contextmanager
def traffic(lab: Lab, tunnel: Tunnel) -> Iterator[None]:
    """Packets from the east to the west, again and again."""
    source, target = tunnel.hosts
    with subprocess.Popen([*lab.east.enter, sys.executable, "-S", "-c", SEND, source, target]) as sender:
        try:
            yield
        finally:
            sender.terminate()


def leak(lab: Lab, targets: Path, tunnel: Tunnel, *more: str) -> tuple[int, dict[str, Any]]:
    """The exit status, and what it says of the way from the east to the west, with what came back and the message."""
    command = [str(PROGRAM), "measure", "leak", tunnel.name, "-c", str(targets), "--interface", "wan"]
    with traffic(lab, tunnel):
        done = subprocess.run(
            [*lab.east.enter, *command, "--format", "json", *more],
            capture_output=True, text=True, timeout=100, check=False, env=environment({}),
        )  # fmt: skip
    assert done.stderr == ""
    document = json.loads(done.stdout)
    there, back = document["ways"]
    return done.returncode, {**there, "back": back["clear"], "message": document["message"]}


def test_what_passes_the_tunnel_is_no_leak(lab: Lab, targets: Path) -> None:
    code, there = leak(lab, targets, GOOD, "--seconds", "1")
    assert (code, there["clear"]) == (0, 0)
    assert there["esp"] > 0


def test_without_a_trap_what_was_meant_for_the_tunnel_leaks(lab: Lab, targets: Path) -> None:
    code, there = leak(lab, targets, OPEN, "--seconds", "60", "--packets", "3")
    # A host in the west may answer that nobody listens there, and that leaks, too.
    assert (code, there["clear"] + there["back"], there["esp"]) == (1, 3, 0)
    assert there["clear"] > 0
    assert there["message"] == "3 packets passed wan in clear"


def test_a_trap_lets_nothing_out_before_the_tunnel_is_up(lab: Lab, targets: Path) -> None:
    code, there = leak(lab, targets, TRAPPED, "--seconds", "1")
    assert code in (0, 3)
    assert there["clear"] == 0
