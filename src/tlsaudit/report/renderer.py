"""What every renderer is given, and how it says that something cannot be rendered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol

from tlsaudit.errors import UserError

if TYPE_CHECKING:
    from tlsaudit.report.pages import Pages
    from tlsaudit.report.view import AuditView


class ReportError(UserError):
    """A report that cannot be read, written or rendered; the message is one line that says what to do."""


Fill = Callable[[IO[Any]], None]
"""Writes the content of a file."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may ask of a renderer.

    `width` is in columns, None for that of the terminal. `exit_code` and `fail_on` are told in the last line of the
    terminal's scan screen where given. `pages` are where a report puts what its one file has no room for; None where
    it goes to a stream.
    """

    verbose: bool = False
    width: int | None = None
    exit_code: int | None = None
    fail_on: str | None = None
    pages: "Pages | None" = None


class Renderer(Protocol):
    """Writes the audit to a stream: a TextIO, or for a binary format a BinaryIO."""

    def __call__(self, view: "AuditView", out: Any, options: Options) -> None: ...
