"""`tlsaudit notify`, and what `tlsaudit audit --notify` does at its end."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tlsaudit.app.notify.post import addresses
from tlsaudit.app.notify.tell import Sent, Teller
from tlsaudit.app.output import Output
from tlsaudit.app.settings import utc_now
from tlsaudit.errors import UserError
from tlsaudit.registry import Registry
from tlsaudit.target import Targets

_NOTHING = "nothing new to tell"


def ready(targets: Targets, registry: Registry, database: str, reports: Path) -> Teller:
    """All that is needed to tell somebody, before anything is done. Raises UserError: nobody is named, a variable is
    not set or holds no Apprise URL, or the extra is not installed.
    """
    teller = _teller(targets, registry, database, reports)
    return replace(teller, addresses=addresses(targets, teller.notify, os.environ))


def _teller(targets: Targets, registry: Registry, database: str, reports: Path) -> Teller:
    spec = targets.notify
    if spec is None:
        raise UserError(f"{targets.path}: nobody to tell: add notify: {{mail: $MAIL_URL}}, a variable with the address")
    return Teller(targets, registry, spec, database, spec.report or str((reports / "report.html").absolute()))


def told(teller: Teller) -> Iterator[tuple[bool, str]]:
    """Tell what is new, without making an audit fail: a line on each message, and whether that went well."""
    try:
        for sent in teller.tell(utc_now()):
            yield sent.why is None, _line(sent)
    except UserError as error:
        yield False, f"nobody is told what is new: {error}"


def after_audit(teller: Teller, output: Output) -> None:
    """The same for the command line: that something could not be told is said however quiet the output is."""
    for well, line in told(teller):
        if well:
            output.say(line)
        else:
            print(f"tlsaudit: {line}", file=sys.stderr)  # noqa: T201


def notify(targets: Targets, registry: Registry, database: str, reports: Path, *, dry_run: bool) -> int:
    """Tell what is new, or show it; the answer is the exit code. Raises UserError."""
    if dry_run:
        shown = list(_shown(_teller(targets, registry, database, reports)))
        print("\n".join(shown) or _NOTHING)  # noqa: T201
        return 0
    code, quiet = 0, True
    for sent in ready(targets, registry, database, reports).tell(utc_now()):
        quiet = False
        if sent.why is None:
            print(_line(sent))  # noqa: T201
        else:
            code = 1
            print(f"tlsaudit: {_line(sent)}", file=sys.stderr)  # noqa: T201
    if quiet:
        print(_NOTHING)  # noqa: T201
    return code


def _shown(teller: Teller) -> Iterator[str]:
    for sent in teller.preview(utc_now()):
        how = "page" if sent.page else "mail"
        yield f"To: ${sent.via} ({how})\nSubject: {sent.message.title}\n\n{sent.message.body}"


def _line(sent: Sent) -> str:
    if sent.why is None:
        return f"told ${sent.via}: {sent.message.title}"
    return f"${sent.via}: not delivered: {sent.why}; the next run tries again"
