"""HAProxy: its configuration read, run on loopback, and the line that decides."""

from tlsaudit.server.haproxy.named import named
from tlsaudit.server.haproxy.serve import served

__all__ = ["named", "served"]
