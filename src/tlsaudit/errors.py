"""The one kind of error that is shown to the user as it stands."""

from pathlib import Path


class UserError(Exception):
    """Something that the user can mend: each line of the message says what is wrong, where, and what to do.

    The command line prints it on standard error and exits with its code; no other exception is expected there.
    """

    code = 2


def check_path(path: Path) -> None:
    """Raises UserError where no history or document could hold its name."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        name = str(path).encode(errors="surrogateescape").decode(errors="replace")
        raise UserError(f"{name}: this path is not UTF-8: rename it, or set LC_ALL=C.UTF-8") from None
