"""Apache: its configuration read, run on loopback, and the line that decides."""

from tlsaudit.server.apache.named import named
from tlsaudit.server.apache.serve import served

__all__ = ["named", "served"]
