"""How many files this process may have open, and so how much it looks at side by side: a socket that could not be
opened says nothing about a server.
"""

import errno
import logging
import resource
from contextlib import suppress
from functools import cache

log = logging.getLogger(__name__)

OWN_TROUBLE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})
"""What is wrong on this side of the wire."""

_ENOUGH = 4096
_PER_ADDRESS = 10
"""Sockets: six of the enumeration, the others of HTTP and QUIC."""

_OTHERS = 40
"""The history, reports, and what Python has."""


@cache
def most_files() -> int:
    """The limit on open files, raised where it is low and may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= _ENOUGH:
        return _ENOUGH
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    with suppress(OSError, ValueError):  # a sandbox may forbid it
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], _ENOUGH)


def addresses_at_a_time(sharing: int = 1) -> int:
    """How many addresses can be looked at side by side where `sharing` runs do so in this process: half of all files
    are for them.
    """
    return max(1, (most_files() // 2 - _OTHERS) // _PER_ADDRESS // sharing)


def others_at_a_time() -> int:
    """How many names can be looked up, and how many light looks be taken, side by side."""
    return min(128, most_files() // 8)


@cache
def say_that_some_wait() -> None:
    """Once, and where something can be done about it."""
    if (most := most_files()) < _ENOUGH:
        log.warning(
            "%d addresses are looked at side by side, since no more than %d files may be open: raise ulimit -n",
            *(addresses_at_a_time(), most),
        )
