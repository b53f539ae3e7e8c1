"""Look back: the timetable or a report by an audit in the history, or an audit document in another format."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from tlsaudit.app.goalposts import as_of
from tlsaudit.app.output import Output, report_folder
from tlsaudit.app.owned import Owned, OwnedView
from tlsaudit.app.series import comparable, files_of, finished
from tlsaudit.app.since import since
from tlsaudit.app.timetable import Timetable
from tlsaudit.app.vantages import names_in, several
from tlsaudit.app.view import view_of
from tlsaudit.check import listed
from tlsaudit.errors import UserError
from tlsaudit.registry import Registry
from tlsaudit.report import write
from tlsaudit.report.json import read_document
from tlsaudit.report.text import clean
from tlsaudit.report.view import AuditView
from tlsaudit.store import Audit, Store
from tlsaudit.target import Targets

_PLAIN = re.compile(r"[\w-]{1,60}|[\w.]{1,60}@\w{1,60}\.[\w.-]{1,60}")
_LISTED = 10
"""Vantages that an error names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the history is looked at: the last audit up to the day `at`, today by default, from these `vantages` or
    from anywhere, compared with the one in force on the day `since`, by default the one before; of all `owners`, or of
    those by these names."""

    at: date | None = None
    since: date | None = None
    owners: tuple[str, ...] = ()
    vantages: tuple[str, ...] = ()


def show_goals(targets: Targets, registry: Registry, database: str, asked: Asked, output: Output) -> None:
    """The timetable. Raises UserError."""
    with Store.open(database, create=False) as store:
        output.emit(look_back(store, targets, registry, asked))


def show_report(targets: Targets, registry: Registry, database: str, asked: Asked, output: Output) -> None:
    """The report, to where the output says, else to reports/report.html beside the targets file; that of some owners
    has their names in its own."""
    with Store.open(database, create=False) as store:
        view = look_back(store, targets, registry, asked)
        name = "-".join(["report", *(_in_a_file_name(owner) for owner in view.header.owners)])
        _deliver(view, targets.path.parent / "reports" / f"{name}.html", output)


def _in_a_file_name(owner: str) -> str:
    """`web-example.org` for `web@example.org`: what is no plain address or word must not be taken for another."""
    if _PLAIN.fullmatch(owner):
        return owner.casefold().replace("@", "-")  # owners are called by their names in any case
    from tlsaudit.report.html.names import written

    return written(owner)


def convert(document: Path, output: Output) -> None:
    """An audit document in another format, an HTML file beside it by default. Raises UserError."""
    _deliver(read_document(document), document.with_suffix(".html"), output)


def _deliver(view: AuditView, default: Path, output: Output) -> None:
    if output.asked:
        output.emit(view)
        return
    report_folder(default.parent)
    write(view, default)
    output.say(f"report: {default}")


def look_back(store: Store, targets: Targets, registry: Registry, asked: Asked) -> AuditView:
    """The audit that was asked for, held against the timetable of that day. Raises UserError."""
    today = datetime.now(UTC).date()
    day = asked.at or today
    files = files_of(store, targets)
    audit = last_audit(store, files, day, asked.vantages)
    base = since(asked.since, audit, comparable(store, audit, targets, files)) if asked.since else None
    moved = as_of(store, targets, registry, day, files, today=today, since=base)
    timetable = Timetable(targets, registry, day)
    if not asked.owners:
        return view_of(store, audit, timetable, moved, since=base, files=files)
    owned = Owned(asked.owners, targets, registry, store.endpoints(audit.id))
    return OwnedView(view_of(store, audit, timetable, moved, since=base, files=files, counted=owned.has), owned)


def last_audit(store: Store, files: Collection[str | None], day: date, vantages: Collection[str] = ()) -> Audit:
    """The last audit of targets files by these names that was finished by the end of that day, UTC; from these vantages
    together, or from anywhere. Raises UserError."""
    known = [audit for audit in finished(store, files) if audit.finished_at and audit.finished_at.date() <= day]
    for audit in known:
        if not vantages or names_in(audit.vantage) == set(vantages):
            return audit
    if not known:
        raise UserError(f"no audit was finished up to {day}: run tlsaudit audit")
    places = listed(sorted({audit.vantage for audit in known}), _LISTED)
    wanted = f"--vantage {several(vantages)}: no audit from there was finished up to {day}"
    raise UserError(clean(f"{wanted}: there are audits from {places}"))
