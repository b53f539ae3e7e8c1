"""What the columns of a log mean, whatever notation they are written in."""

from dataclasses import dataclass
from enum import Enum, auto

from tlsaudit.errors import UserError


class LogFormatError(UserError):
    """A log format that cannot be read, or does not tell what is to be measured."""


class Column(Enum):
    """What is read from a log. Everything else is skipped."""

    TIME_CLF = auto()  # 25/Nov/2026:00:33:07 +0000
    TIME_CLF_BRACKETS = auto()  # the same in brackets, as Apache writes %t
    TIME_ISO = auto()  # 2026-11-25T00:33:07+00:00
    TIME_EPOCH = auto()  # seconds, or a thousandth or millionth of them
    DATE = auto()  # 2026-11-25, UTC: W3C extended
    CLOCK = auto()  # 00:33:07, UTC: W3C extended
    SCHEME = auto()  # http or https
    TLS = auto()  # on, or a version or suite, where the connection is over TLS
    PORT = auto()  # of the server
    FORWARDED_PROTO = auto()  # what the request says of itself: X-Forwarded-Proto
    ADDRESS = auto()
    FORWARDED_FOR = auto()
    REFERER = auto()
    AGENT = auto()
    REQUEST = auto()  # method, target and version
    LIST = auto()  # skipped; several values with a comma and a space between them
    SKIPPED = auto()


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of a line; `name` as it is written in the notation."""

    column: Column
    name: str


Parts = tuple[str | Variable, ...]
"""A line: literal texts and columns."""
