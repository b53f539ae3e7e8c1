"""What the other tests rely on: real servers in the shape asked for, and gone afterwards."""

import contextlib
import os
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import PROGRAMS, CertificateAuthority, Server, Shape, VirtualHost, require, self_signed, serve

SERVED = {
    Shape.MODERN: {"TLSv1.2", "TLSv1.3"},
    Shape.LEGACY: {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"},
    Shape.STATIC_RSA: {"TLSv1.2"},
    Shape.TLS13_ONLY: {"TLSv1.3"},
}

VERSIONS = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("program", PROGRAMS)
def test_serves_the_versions_of_its_shape(
    program: str, shape: Shape, shared_server: Callable[[str, Shape], Server], ca_file: Path
) -> None:
    server = shared_server(program, shape)
    served = set()
    for version in VERSIONS:
        context = ssl.create_default_context(cafile=str(ca_file))
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        try:
            with (
                socket.create_connection((server.address, server.https_port), timeout=20) as connection,
                context.wrap_socket(connection, server_hostname=server.name) as tls,
            ):
                served.add(tls.version())
        except (ssl.SSLError, ConnectionResetError):
            continue
    assert served == SERVED[shape]


@pytest.mark.parametrize("program", PROGRAMS)
def test_answers_as_configured(program: str, ca: CertificateAuthority) -> None:
    with serve(
        program,
        ca=ca,
        address="::1",
        pages={"/": "front", "/deep/page": "port @HTTPS_PORT@"},
        headers={"Strict-Transport-Security": 'max-age="31536000"'},
        redirect="https://www.example.org",
        others=[VirtualHost(names=("other.example.org",), chains=[self_signed()], pages={"/": "other"})],
    ) as server:
        page = _get(server, "https", "/deep/page")
        redirect = _get(server, "http", "/deep/page?a=b")
        other = _get(server, "https", "/", name="other.example.org")
        missing = _get(server, "https", "/none")
        deadline = time.monotonic() + 20
        while server.access_count() < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        log = server.access_log()
    assert page.startswith("HTTP/1.1 200")
    assert 'max-age="31536000"' in page
    assert page.endswith(f"port {server.https_port}")
    assert redirect.startswith("HTTP/1.1 301")
    assert "location: https://www.example.org/deep/page?a=b\r\n" in redirect.replace("Location", "location")
    assert other.endswith("other")
    assert missing.startswith("HTTP/1.1 404")
    # Daemons with several threads write their log in any order.
    assert sorted(log) == [
        "http www.example.org /deep/page?a=b 301",
        "https other.example.org / 200",
        "https www.example.org /deep/page 200",
        "https www.example.org /none 404",
    ]


@pytest.mark.parametrize("program", PROGRAMS)
def test_is_gone_when_the_block_ends_in_an_error(program: str, ca: CertificateAuthority) -> None:
    with contextlib.suppress(ZeroDivisionError), serve(program, ca=ca) as server:
        os.kill(server.pid, 0)
        raise ZeroDivisionError
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.address, server.https_port), timeout=20)
    assert not server.folder.exists()


def test_connections_are_counted(ca: CertificateAuthority) -> None:
    with serve("nginx", ca=ca) as server:
        before = server.connection_count()
        for _ in range(3):
            _get(server, "https", "/")
        assert server.connection_count() - before == 3


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_program_is_named(ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no-such-daemon is not installed: apt-get install daemon-light"):
        require("no-such-daemon", "daemon-light")


def _get(server: Server, scheme: str, path: str, name: str = "www.example.org") -> str:
    port = server.https_port if scheme == "https" else server.http_port
    connection = socket.create_connection((server.address, port), timeout=20)
    if scheme == "https":
        context = ssl._create_unverified_context()
        connection = context.wrap_socket(connection, server_hostname=name)
    with connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
