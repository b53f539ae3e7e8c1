"""One real server of each TLS stack, on loopback or fenced in a network namespace, in the shape that a test asks for.

with gnutls(ca, priority="NORMAL:+ARCFOUR-128") as listener:
    ...  # listener.address, listener.port; the certificates are for www.example.org
"""

from tests.servers.caddy import Caddy, caddy
from tests.servers.stacks.ech import ech_program, ech_server, told_go
from tests.servers.stacks.gnutls import gnutls
from tests.servers.stacks.jsse import jsse
from tests.servers.stacks.lighttpd import lighttpd
from tests.servers.stacks.listener import NAME, Listener, listen
from tests.servers.stacks.node import NODES, node, node_program
from tests.servers.stacks.nss import selfserv

__all__ = [
    "NAME",
    "NODES",
    "Caddy",
    "Listener",
    "caddy",
    "ech_program",
    "ech_server",
    "gnutls",
    "jsse",
    "lighttpd",
    "listen",
    "node",
    "node_program",
    "selfserv",
    "told_go",
]
