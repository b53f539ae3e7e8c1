"""What can be wrong with a configuration, or with starting a server from it."""

from tlsaudit.errors import UserError


class ConfigurationError(UserError):
    """A configuration that cannot be read, is refused, or is rejected by its server; it says `file:line: why`."""


class MissingDaemonError(UserError):
    """The server that the configuration is for is not installed: nothing can be judged."""

    code = 3


VARIABLES = "variables are not filled in here: render the file first, with --render, or write the port"
