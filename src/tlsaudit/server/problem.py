"""What can be wrong with a configuration, or with starting a server from it."""

from tlsaudit.errors import UserError


class ConfigurationError(UserError):
    """A configuration that cannot be read, is refused, or that the server rejects: `file:line: what, and what to do`."""


class MissingDaemonError(UserError):
    """The server that the configuration is for is not installed."""
