"""Real servers on loopback for tests and benchmarks: nginx, Apache and HAProxy with private configurations.

with nginx(Shape.MODERN, ca=CertificateAuthority(), headers={"X-Test": "yes"}) as server:
    ...  # server.address, server.https_port, server.http_port, server.name, server.access_log()
"""

from tests.servers.ca import CertificateAuthority, Chain, KeyKind, self_signed
from tests.servers.daemon import DaemonError, daemon, free_port
from tests.servers.plan import Shape, VirtualHost
from tests.servers.programs import require
from tests.servers.server import PROGRAMS, Server, apache, haproxy, nginx, serve

__all__ = [
    "PROGRAMS",
    "CertificateAuthority",
    "Chain",
    "DaemonError",
    "KeyKind",
    "Server",
    "Shape",
    "VirtualHost",
    "apache",
    "daemon",
    "free_port",
    "haproxy",
    "nginx",
    "require",
    "self_signed",
    "serve",
]
