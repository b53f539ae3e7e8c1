"""Plain http that nobody answers: refused, forbidden by a firewall, or dropped without a word."""

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import serve_fault, server_context
from tests.probe.web import ADDRESS, HOST, Website, endpoint, look, missing, seen_http, seen_links
from tests.servers import CertificateAuthority, daemon, require
from tests.servers.fence import Fence, fence
from tlsaudit.evidence import HttpExchange, HttpsExchange, NotObserved, Reason
from tlsaudit.probe.http import HttpLook
from tlsaudit.probe.limits import Limits
from tlsaudit.target import Endpoint, Route

LIMITS = Limits(endpoint_s=60, connect_s=6, answer_s=20)

# Only what forwards packets says why it does not.
RULES = """
ip rule add pref 1 ipproto tcp dport 80 prohibit
ip rule add pref 2 ipproto tcp dport 81 blackhole
ip rule add pref 3 lookup local
ip rule del pref 0
echo 1 >/proc/sys/net/ipv4/ip_forward
"""


@contextlib.contextmanager
def dropping() -> Iterator[int]:
    """A port of loopback where nothing is answered: its queue is full, and Linux drops what does not fit."""
    with socket.create_server((ADDRESS, 0), backlog=0) as listener:
        port: int = listener.getsockname()[1]
        with socket.create_connection((ADDRESS, port)):
            yield port


def test_a_port_that_drops_counts_as_closed_where_https_answers(ca: CertificateAuthority, ca_file: Path) -> None:
    with dropping() as plain, serve_fault(Website().handler, server_context(ca.leaf())) as secure:
        seen = look(endpoint(secure, plain), ca_file, limits=LIMITS)
    http = seen_http(seen)
    assert (http.dropped, http.refused, http.visits) == (True, False, ())
    assert missing(seen_links(seen).pages[0].http) == NotObserved(Reason.REFUSED, "no answer of any kind")


def test_a_host_that_drops_everything_is_unknown() -> None:
    with dropping() as plain, dropping() as secure:
        seen = look(endpoint(secure, plain), limits=LIMITS)
    assert seen.found[HttpExchange] == NotObserved(Reason.TIMED_OUT, "and no https either (timed out)")
    assert missing(seen.found[HttpsExchange]).reason is Reason.TIMED_OUT


def test_a_server_that_takes_the_connection_and_is_silent_is_not_closed(
    ca: CertificateAuthority, ca_file: Path
) -> None:
    with (
        socket.create_server((ADDRESS, 0)) as listener,
        serve_fault(Website().handler, server_context(ca.leaf())) as secure,
    ):
        limits = Limits(endpoint_s=60, connect_s=20, answer_s=1)
        seen = look(endpoint(secure, listener.getsockname()[1]), ca_file, limits=limits)
    assert missing(seen.found[HttpExchange]) == NotObserved(Reason.TIMED_OUT, "no answer to the request")


@pytest.fixture(scope="module")
def firewalls(ca: CertificateAuthority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fence]:
    """Https on port 443; port 80 is forbidden by ICMP, 81 is dropped."""
    folder = tmp_path_factory.mktemp("fence")
    certificate, key = ca.leaf().write(folder, "leaf")
    with fence() as inside:
        subprocess.run([*inside.enter, "sh", "-ec", RULES], check=True, timeout=20)
        own = [require("openssl", "openssl"), "s_server", "-accept", f"{inside.address}:443", "-www"]
        command = [*inside.enter, *own, "-cert", str(certificate), "-key", str(key)]
        with daemon(command, lambda: _answers(inside.address), folder / "log"):
            yield inside


def _answers(address: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((address, 443), timeout=1):
        return True
    return False


def fenced(firewalls: Fence, http_port: int) -> HttpLook:
    target = Endpoint(HOST, http_port=http_port, route=Route(addresses={HOST: (firewalls.address,)}))
    return look(target, limits=LIMITS, addresses=(firewalls.address,))


def test_a_firewall_that_forbids_is_as_good_as_a_closed_port(firewalls: Fence) -> None:
    assert seen_http(fenced(firewalls, 80)).refused


def test_a_firewall_that_drops(firewalls: Fence) -> None:
    assert seen_http(fenced(firewalls, 81)).dropped
