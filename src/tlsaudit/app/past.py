"""Look back: the timetable or a report by an audit in the history, or an audit document in another format."""

from datetime import UTC, date, datetime
from pathlib import Path

from tlsaudit.app.goalposts import as_of
from tlsaudit.app.output import Output, report_folder
from tlsaudit.app.timetable import Timetable
from tlsaudit.app.view import StoreView, view_of
from tlsaudit.errors import UserError
from tlsaudit.registry import Registry
from tlsaudit.report import write
from tlsaudit.report.document import AuditView
from tlsaudit.report.json import read_document
from tlsaudit.store import Audit, Store
from tlsaudit.target import Targets


def show_goals(targets: Targets, registry: Registry, database: str, at: date | None, output: Output) -> None:
    """The timetable as of a day, today by default, by the last audit up to then. Raises UserError."""
    with Store.open(database, create=False) as store:
        output.emit(_as_of(store, targets, registry, at))


def show_report(targets: Targets, registry: Registry, database: str, at: date | None, output: Output) -> None:
    """The report of the same, to where the output says, else to reports/report.html beside the targets file."""
    with Store.open(database, create=False) as store:
        _deliver(_as_of(store, targets, registry, at), targets.path.parent / "reports" / "report.html", output)


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


def _as_of(store: Store, targets: Targets, registry: Registry, at: date | None) -> StoreView:
    today = datetime.now(UTC).date()
    day = at or today
    moved = as_of(store, targets, registry, day, today)
    return view_of(store, last_audit(store, day), Timetable(targets, registry, day), moved)


def last_audit(store: Store, day: date) -> Audit:
    """The last audit that was finished and begun on that day, UTC, or before. Raises UserError."""
    for audit in store.audits():
        if audit.finished_at and audit.started_at.date() <= day:
            return audit
    raise UserError(f"no audit was finished up to {day}: run tlsaudit audit")
