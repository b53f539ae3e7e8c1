"""A configuration that is being served, and who decides what in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tlsaudit.check import Setting
from tlsaudit.server.directive import Directive, Place
from tlsaudit.server.host import VirtualHost
from tlsaudit.server.sockets import Sockets


@dataclass(frozen=True, slots=True)
class Decision:
    """`directive` decides; None where nothing does, and the server's default holds for what `block` says.
    `application` is what hands the request on, where the answer is that of an application behind the server. `why` says
    what one would not guess.
    """

    directive: Directive | None
    block: Directive
    application: Directive | None = None
    why: str = ""

    @property
    def place(self) -> Place:
        return (self.directive or self.block).place


Decide = Callable[[Setting, VirtualHost, str | None, str], Decision | None]
"""Who decides a setting of a virtual host, at one of its loopback addresses or the first, for the path of a URL. None
where no directive of the server does."""


@dataclass(frozen=True, slots=True)
class Served:
    """`version` names the daemon and its OpenSSL, `ca_file` is what its certificates are to be trusted by. `files` are
    those that were read, by the names that places have. `prints` tell the virtual hosts of two configurations apart:
    where they are the same, so is all that decides how the host answers.
    """

    hosts: Sequence[VirtualHost]
    sockets: Sockets
    decide: Decide
    ca_file: Path
    version: str
    notes: Sequence[str]
    files: Mapping[str, Path]
    prints: Mapping[VirtualHost, str]
