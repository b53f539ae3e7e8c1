"""The waivers of a targets file, held against the last audit."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from tlsaudit.app.output import Output
from tlsaudit.app.past import Asked, last_audit
from tlsaudit.app.records import waiver_record
from tlsaudit.app.series import files_of
from tlsaudit.errors import UserError
from tlsaudit.goal import Standing, Subjects, standings
from tlsaudit.report.terminal import make_console
from tlsaudit.report.terminal_waivers import render_waivers
from tlsaudit.store import Store
from tlsaudit.target import Targets


def show_waivers(targets: Targets, database: str, asked: Asked, output: Output) -> None:
    """The waivers as of a day, today by default, and what each excuses of the last audit up to then, on standard
    output. Raises UserError.
    """
    if output.files or output.format_name not in {None, "terminal", "json"}:
        raise UserError("goals --waivers: the waivers go to standard output alone, as --format terminal or json")
    day = asked.at or datetime.now(UTC).date()
    with Store.open(database, create=False) as store:
        audit = last_audit(store, files_of(store, targets), day, asked.vantages)
        found = standings(targets.waivers, Subjects(targets), store.findings(audit.id), day)
    if output.format_name == "json":
        document = {"as_of": day.isoformat(), "audit": audit.id, "waivers": [_json(item) for item in found]}
        print(json.dumps(document, indent=2))  # noqa: T201
        return
    headline = f"Waivers as of {day}, by audit {audit.id} of {audit.started_at.date()}"
    render_waivers(found, headline, make_console(sys.stdout))


def _json(item: Standing) -> dict[str, Any]:
    return {
        **waiver_record(item.waiver).model_dump(mode="json"),
        "days_left": item.days_left,
        "expired": item.expired,
        "failing": item.failing,
        "excuses": 0 if item.expired else item.failing,
        "matches_nothing": list(item.unmatched),
    }
