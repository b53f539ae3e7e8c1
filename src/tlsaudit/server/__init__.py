"""A configuration file -> a running server on loopback, and which of its directives decides what."""

from tlsaudit.server.directive import Directive, Place
from tlsaudit.server.host import VirtualHost
from tlsaudit.server.problem import ConfigurationError, MissingDaemonError
from tlsaudit.server.served import Decision, Served

__all__ = ["ConfigurationError", "Decision", "Directive", "MissingDaemonError", "Place", "Served", "VirtualHost"]
