"""Begin: a first targets.yaml, and a ready schedule."""

from tlsaudit.app.init.run import init

__all__ = ["init"]
