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


def after_audit(teller: Teller, output: Output) -> None:
    """Tell what is new. That something could not be told is said on standard error, and is no failure of the audit."""
    try:
        for sent in teller.tell(utc_now()):
            if sent.why is None:
                output.say(_done(sent))
            else:
                _complain(sent)
    except UserError as error:
        print(f"tlsaudit: nobody was told what is new: {error}", file=sys.stderr)  # noqa: T201


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
            print(_done(sent))  # noqa: T201
        else:
            code = 1
            _complain(sent)
    if quiet:
        print(_NOTHING)  # noqa: T201
    return code


def _shown(teller: Teller) -> Iterator[str]:
    for sent in teller.preview(utc_now()):
        how = "page" if sent.page else "mail"
        yield f"To: ${sent.via} ({how})\nSubject: {sent.message.title}\n\n{sent.message.body}"


def _done(sent: Sent) -> str:
    return f"told ${sent.via}: {sent.message.title}"


def _complain(sent: Sent) -> None:
    print(f"tlsaudit: ${sent.via}: not delivered: {sent.why}; the next run tries again", file=sys.stderr)  # noqa: T201
