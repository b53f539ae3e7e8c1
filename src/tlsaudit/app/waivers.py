"""The waivers of a targets file, held against the last audit."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from tlsaudit.app.output import Output
from tlsaudit.app.past import Asked, last_audit
from tlsaudit.app.records import waiver_record
from tlsaudit.app.series import comparable, files_of, last_that_ran
from tlsaudit.check import Finding
from tlsaudit.errors import UserError
from tlsaudit.goal import Standing, Subjects, standings
from tlsaudit.report.terminal import make_console
from tlsaudit.report.terminal_waivers import render_waivers
from tlsaudit.store import Audit, Store
from tlsaudit.target import Targets

_MOST = 30
"""Audits before the last that are asked whether they ran a check."""


def show_waivers(targets: Targets, database: str, asked: Asked, output: Output) -> None:
    """The waivers as of a day, today by default, and what each excuses of the last audit up to then that ran its check,
    on standard output. Raises UserError.
    """
    if output.files or output.format_name not in {None, "terminal", "json"}:
        raise UserError("goals --waivers: the waivers go to standard output alone, as --format terminal or json")
    day = asked.at or datetime.now(UTC).date()
    with Store.open(database, create=False) as store:
        files = files_of(store, targets)
        audit = last_audit(store, files, day, asked.vantages)
        before = (other for other in comparable(store, audit, targets, files) if other.started_at < audit.started_at)
        findings = _findings(store, [audit, *islice(before, _MOST)], targets)
        found = standings(targets.waivers, Subjects(targets), findings, day)
    if output.format_name == "json":
        document = {"as_of": day.isoformat(), "audit": audit.id, "waivers": [_json(item) for item in found]}
        print(json.dumps(document, indent=2))  # noqa: T201
        return
    headline = f"Waivers as of {day}, by audit {audit.id} of {audit.started_at.date()}"
    render_waivers(found, headline, make_console(sys.stdout))


def _findings(store: Store, audits: Sequence[Audit], targets: Targets) -> Iterator[Finding]:
    """Of each check that is excused by the last audit that ran it, about hosts as they are called today."""
    for check in dict.fromkeys(waiver.check for waiver in targets.waivers):
        last = last_that_ran(store, audits, {check}) or audits[0]
        for finding in store.findings(last.id, {check}):
            subject = finding.subject
            yield replace(finding, subject=replace(subject, id=targets.renamed.get(subject.id, subject.id)))


def _json(item: Standing) -> dict[str, Any]:
    return {
        **waiver_record(item.waiver).model_dump(mode="json"),
        "days_left": item.days_left,
        "expired": item.expired,
        "failing": item.failing,
        "excuses": 0 if item.expired else item.failing,
        "matches_nothing": list(item.unmatched),
    }
