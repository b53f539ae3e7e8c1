"""Audits on a schedule, and light looks in between, in one process that Prometheus can ask."""

from tlsaudit.app.watch.run import Watch

__all__ = ["Watch"]
