"""The command line: what can be said, nothing of how it is done. Each command imports what it needs when it runs."""

from tlsaudit.cli import commands, gate, history, measure
from tlsaudit.cli.main import cli, main

__all__ = ["cli", "commands", "gate", "history", "main", "measure"]
