"""Write the files, all or none, and say what comes next."""

import shlex
from datetime import date
from functools import partial
from pathlib import Path
from typing import TextIO

from tlsaudit.app.init.first import first_targets
from tlsaudit.app.init.schedules import SCHEDULES
from tlsaudit.app.targets import Named
from tlsaudit.errors import UserError
from tlsaudit.report import ReportError
from tlsaudit.report.formats import write_whole


def init(hosts: Named | None, config: Path, schedule: str | None, today: date, *, force: bool) -> str:
    """Write a targets file for these hosts, and the files of a schedule beside the user. Without hosts, the targets
    file must be there. The answer says what was written, and what to do next.

    Raises UserError: nothing to do, a file that exists (unless `force`), or one that cannot be written.
    """
    if hosts is None and schedule is None:
        raise UserError("nothing to write: name a host, or a schedule with --for")
    if hosts is None and not config.is_file():
        raise UserError(f"{config}: there is no such file: name the hosts to audit, and it is written")
    texts = {config: first_targets(hosts.endpoints, today)} if hosts else {}
    chosen = SCHEDULES[schedule] if schedule else None
    if chosen:
        texts |= chosen.written(config)
    if not force and (there := [str(path) for path in texts if path.exists()]):
        raise UserError(f"{', '.join(there)}: exists already: --force overwrites, -c names another targets file")
    _write(texts)
    steps = chosen.next_steps(config) if chosen else [f"tlsaudit audit -c {shlex.quote(str(config))}"]
    notes = hosts.notes if hosts else ()
    return "\n".join((*notes, f"wrote {', '.join(map(str, texts))}", "next:", *(f"  {step}" for step in steps)))


def _write(texts: dict[Path, str]) -> None:
    """What was new is taken back where another cannot be written."""
    new: list[Path] = []
    try:
        for path, text in texts.items():
            there = path.exists()
            _make_folder(path)
            write_whole(path, partial(_fill, text))
            if not there:
                new.append(path)
    except BaseException:
        for path in new:
            path.unlink(missing_ok=True)
        raise


def _fill(text: str, out: TextIO) -> None:
    out.write(text)


def _make_folder(path: Path) -> None:
    if path.parts[0] != ".github":
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"{path.parent}: cannot be made: {error.strerror}") from error
