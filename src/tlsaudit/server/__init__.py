"""A configuration file -> a running server on loopback, and which of its directives decides what."""

from tlsaudit.server.directive import Directive, Place
from tlsaudit.server.problem import ConfigurationError, MissingDaemonError

__all__ = ["ConfigurationError", "Directive", "MissingDaemonError", "Place"]
