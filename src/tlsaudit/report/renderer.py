"""What every renderer is given, and how it says that something cannot be rendered."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

from tlsaudit.errors import UserError

if TYPE_CHECKING:
    from tlsaudit.report.document import AuditView


class ReportError(UserError):
    """A report that cannot be read, written or rendered; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may ask of a renderer.

    `width` is in columns, None for that of the terminal. `exit_code` and `fail_on` are told in the last line of the
    terminal's scan screen where given.
    """

    verbose: bool = False
    width: int | None = None
    exit_code: int | None = None
    fail_on: str | None = None


class Renderer(Protocol):
    """Writes the audit to a text stream."""

    def __call__(self, view: "AuditView", out: TextIO, options: Options) -> None: ...
