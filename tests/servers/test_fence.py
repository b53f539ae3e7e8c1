"""A fenced server is reachable from this host alone, and leaves nothing behind."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers import CertificateAuthority, require
from tests.servers.fence import fence
from tests.servers.stacks import gnutls

LINKS = Path("/sys/class/net")

HOLD = """
from tests.servers.fence import fence
with fence() as around:
    print(around.address, flush=True)
    input()
"""


def link(address: str) -> Path:
    """The interface here that leads to a fenced address."""
    return LINKS / f"tlsaudit{int(address.rpartition('.')[2]) // 2}"


def gone(path: Path) -> bool:
    deadline = time.monotonic() + 60  # the kernel takes a namespace down when it has time
    while path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not path.exists()


def test_a_server_that_listens_everywhere_is_seen_inside_only(ca: CertificateAuthority) -> None:
    with gnutls(ca) as listener:
        with socket.create_connection((listener.address, listener.port), timeout=20):
            pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", listener.port), timeout=20)
        assert link(listener.address).exists()
    assert gone(link(listener.address))


def test_there_is_no_way_out() -> None:
    with fence() as around:
        routes = subprocess.run(
            [*around.enter, require("ip", "iproute2"), "route"], capture_output=True, text=True, check=True, timeout=5
        ).stdout.splitlines()
    assert len(routes) == 1
    assert routes[0].startswith("192.0.2.")


def test_two_at_a_time_do_not_meet() -> None:
    with fence() as one, fence() as other:
        assert one.address != other.address


def test_nothing_is_left_when_the_process_is_killed() -> None:
    with fence():
        pass  # where it cannot be had, this test ends here
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdout
        address = held.stdout.readline().strip()
        assert link(address).exists()
        os.kill(held.pid, signal.SIGKILL)
    assert gone(link(address))


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_without_root_it_says_so(ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with contextlib.ExitStack() as stack, pytest.raises(outcome, match="network namespaces take root"):
        stack.enter_context(fence())
