"""What can be wrong with a configuration, or with starting a server from it."""

from tlsaudit.errors import UserError


class ConfigurationError(UserError):
    """A configuration that cannot be read, is refused, or is rejected by its server: `file:line: what, and what to do`."""


class MissingDaemonError(UserError):
    """The server that the configuration is for is not installed."""
