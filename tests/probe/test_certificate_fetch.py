"""Fetching the chain of a server whose certificates are encrypted, and servers that do not play along."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.servers import CertificateAuthority, Server, Shape, VirtualHost, free_port, nginx
from tlsaudit.evidence import NotObserved, Reason
from tlsaudit.probe.certificate import fetch_chain
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road

SHORT = Limits(connect_s=0.3, answer_s=0.3)


def fetch(
    address: str, port: int, name: str | None = "www.example.org", limits: Limits | None = None
) -> tuple[bytes, ...] | NotObserved:
    async def run() -> tuple[bytes, ...] | NotObserved:
        chosen = limits or Limits()
        return await fetch_chain(Road((address, port), chosen), name, chosen)

    return asyncio.run(run())


@pytest.mark.parametrize("program", ["nginx", "apache", "haproxy"])
def test_the_chain_of_a_tls13_server(program: str, shared_server: Callable[[str, Shape], Server]) -> None:
    server = shared_server(program, Shape.TLS13_ONLY)
    chain = fetch(server.address, server.https_port)
    served = (server.folder / "host0-0.crt").read_text()
    assert chain == (ssl.PEM_cert_to_DER_cert(served),)


def test_the_name_decides_and_an_address_is_no_name(ca: CertificateAuthority) -> None:
    first, other = ca.leaf(["www.example.org"]), ca.intermediate().leaf(["other.example.org"])
    hosts = [VirtualHost(names=["other.example.org"], chains=[other])]
    with nginx(Shape.TLS13_ONLY, ca=ca, address="::1", chains=[first], others=hosts) as server:
        for name, chain in {
            "www.example.org": first,
            "other.example.org": other,
            "other.example.org.": other,
            "unknown.example.org": first,
            "::1": first,
            None: first,
        }.items():
            assert fetch(server.address, server.https_port, name) == chain.der


def test_nobody_listens() -> None:
    seen = fetch("127.0.0.1", free_port("127.0.0.1"))
    assert isinstance(seen, NotObserved)
    assert seen.reason is Reason.REFUSED


def test_a_name_that_fits_in_no_hello() -> None:
    seen = fetch("127.0.0.1", free_port("127.0.0.1"), "x" * 64 + ".example.org")
    assert isinstance(seen, NotObserved)
    assert seen.reason is Reason.PROBE_FAILED
    assert "label" in seen.detail


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.0 400 Bad Request\r\n\r\n", Reason.REJECTED),
        (b"\x15\x03\x03\x00\x02\x02\x28", Reason.REJECTED),
        (b"\x16\x03\x03\x00\x05", Reason.TIMED_OUT),
        (b"", Reason.TIMED_OUT),
        (None, Reason.RESET),
    ],
    ids=["http", "handshake failure", "half a record", "silence", "closed"],
)
def test_servers_that_do_not_play_along(answer: bytes | None, reason: Reason) -> None:
    started = time.monotonic()
    with _server(answer) as port:
        seen = fetch("127.0.0.1", port, limits=SHORT)
    assert isinstance(seen, NotObserved)
    assert seen.reason is reason
    assert time.monotonic() - started < 2


@contextlib.contextmanager
def _server(answer: bytes | None) -> Iterator[int]:
    """Reads the hello, sends the answer and then nothing more; closes at once where the answer is None."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                if answer is not None:
                    connection.sendall(answer)
                    connection.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)
