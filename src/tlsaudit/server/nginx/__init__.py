"""nginx: its configuration read, run on loopback, and the line that decides."""

from tlsaudit.server.nginx.serve import served

__all__ = ["served"]
