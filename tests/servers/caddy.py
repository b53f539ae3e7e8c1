"""caddy, a web server of HTTP/1.1, HTTP/2 and HTTP/3, and gtlsserver, whose QUIC is another implementation."""

import contextlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.servers.ca import CertificateAuthority, Chain
from tests.servers.daemon import answers_http, daemon, free_port
from tests.servers.programs import require

NAME = "www.example.org"
ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Caddy:
    """A running caddy: https, and HTTP/3 where it is on, at `port` of both loopback addresses, http at `http_port`.

    Its certificate is for NAME, and for localhost: gtlsclient names the host that it connects to.
    """

    port: int
    http_port: int
    folder: Path
    address: str = ADDRESS

    def protocols(self) -> list[str]:
        """The protocol of each request over TLS so far, such as `HTTP/3.0`, by its access log."""
        lines = (self.folder / "access.log").read_text("utf-8").splitlines()
        requests: list[dict[str, Any]] = [json.loads(line)["request"] for line in lines]
        return [request["proto"] for request in requests if "tls" in request]


@contextlib.contextmanager
def caddy(
    ca: CertificateAuthority, *, protocols: Sequence[str] = ("h1", "h2", "h3"), alt_svc: str | None = None
) -> Iterator[Caddy]:
    """Run caddy until the block ends; `alt_svc` is said instead of what it would say itself."""
    with tempfile.TemporaryDirectory(prefix="tlsaudit-test-") as name:
        folder = Path(name)
        server = Caddy(free_port(ADDRESS), free_port(ADDRESS), folder)
        certificate, key = ca.leaf((NAME, "localhost")).write(folder, "leaf")
        own = {"handler": "headers", "response": {"deferred": True, "set": {"Alt-Svc": [alt_svc]}}}
        page = {"handler": "static_response", "body": "<!doctype html><title>Test</title>"}
        common: dict[str, object] = {
            "automatic_https": {"disable": True},
            "routes": [{"handle": [page] if alt_svc is None else [own, page]}],
            "logs": {"default_logger_name": "access"},
        }
        servers = {
            "https": {
                **common,
                "listen": [f"{ADDRESS}:{server.port}", f"[::1]:{server.port}"],
                "protocols": list(protocols),
                "tls_connection_policies": [{}],
            },
            "http": {**common, "listen": [f"{ADDRESS}:{server.http_port}"]},
        }
        log = {
            "writer": {"output": "file", "filename": str(folder / "access.log")},
            "include": ["http.log.access.access"],
        }
        config = {
            "admin": {"disabled": True, "config": {"persist": False}},
            "storage": {"module": "file_system", "root": str(folder)},
            "logging": {"logs": {"access": log}},
            "apps": {
                "http": {"servers": servers},
                "tls": {"certificates": {"load_files": [{"certificate": str(certificate), "key": str(key)}]}},
            },
        }
        (folder / "caddy.json").write_text(json.dumps(config), "utf-8")
        command = [
            "env",
            *(f"{variable}={folder}" for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")),
            *(require("caddy", "caddy"), "run", "--config", str(folder / "caddy.json")),
        ]
        ready = partial(answers_http, ADDRESS, server.http_port)
        with daemon(command, ready, folder / "daemon.log"):
            yield server


@contextlib.contextmanager
def gtlsserver(chain: Chain, port: int) -> Iterator[None]:
    """Run ngtcp2's server of HTTP/3 on a UDP port until the block ends."""
    with tempfile.TemporaryDirectory(prefix="tlsaudit-test-") as name:
        folder = Path(name)
        certificate, key = chain.write(folder, "leaf")
        program = require("gtlsserver", "ngtcp2-server")
        command = [program, "--quiet", ADDRESS, str(port), str(key), str(certificate)]
        with daemon(command, partial(_listens, port), folder / "daemon.log"):
            yield


def _listens(port: int) -> bool:
    """Whether somebody holds this UDP port (proc(5): /proc/net/udp, in hexadecimal)."""
    lines = Path("/proc/net/udp").read_text("ascii").splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") for line in lines)
