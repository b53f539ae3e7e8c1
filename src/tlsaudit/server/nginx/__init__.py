"""nginx: its configuration read, run on loopback, and the line that decides."""

from tlsaudit.server.nginx.named import named
from tlsaudit.server.nginx.serve import served

__all__ = ["named", "served"]
