"""The earlier audits, on the terminal or as JSON."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from tlsaudit.report.text import clean, percent, plural
from tlsaudit.store import Audit, Store, StoreError


def list_audits(database: str, *, as_json: bool) -> str:
    """The audits, newest first. Raises StoreError."""
    with Store.open(database, create=False) as store:
        audits = store.audits()
    if as_json:
        return json.dumps([audit_json(audit) for audit in audits], indent=2)
    return "\n".join(_lines(audits)) or "no audit was recorded yet: run tlsaudit audit"


def prune(database: str, days: int, now: datetime, *, rehearsed: bool) -> Iterator[str]:
    """Forget the audits that began more than so many days ago, and say so. Raises StoreError."""
    before = now - timedelta(days=days)
    with Store.open(database, create=False) as store:
        gone = store.prune(before, rehearsed=rehearsed)
        what = f"{plural(gone.audits, 'audit')} from before {before:%Y-%m-%d %H:%M} UTC"
        if rehearsed:
            yield f"would forget {what}, with {plural(gone.contents, 'row')} that no other needs; nothing was changed"
            return
        yield f"forgot {what}, with {plural(gone.contents, 'row')} that no other needs"
        try:
            given_back = store.compact()
        except StoreError as error:
            yield f"the space is not given back, but used by what comes: {error}"
        else:
            yield f"gave back {given_back / 1e6:.1f} MB"


def audit_json(audit: Audit) -> dict[str, Any]:
    """An audit in the history, its times as RFC 3339."""
    return {
        "id": audit.id,
        "started_at": moment(audit.started_at),
        "finished_at": moment(audit.finished_at) if audit.finished_at else None,
        "vantage": audit.vantage,
        "version": audit.version,
        "targets": audit.targets,
        "summary": audit.summary,
        "notes": list(audit.notes),
    }


def _lines(audits: Sequence[Audit]) -> Iterator[str]:
    """From where each was, and of which targets file, is said where they differ in it."""
    vantages, files = {audit.vantage for audit in audits}, {audit.targets for audit in audits}
    for audit in audits:
        place = f", from {audit.vantage}" if len(vantages) > 1 else ""
        file = f", {audit.targets}" if len(files) > 1 and audit.targets else ""
        yield clean(f"{_line(audit)}{place}{file}")


def _line(audit: Audit) -> str:
    started = audit.started_at.strftime("%Y-%m-%d %H:%M UTC")
    if not audit.finished_at or not audit.summary:
        return f"{audit.id:5}  {started}  not finished"
    summary = audit.summary
    counts = summary["findings"]
    coverage = summary["coverage"]
    judged = "nothing judged" if coverage is None else f"{percent(coverage)} judged"
    reached = f"{summary['reachable']} of {plural(summary['endpoints'], 'endpoint')} reached"
    return f"{audit.id:5}  {started}  {reached}, {counts['fail']} fail, {counts['unknown']} unknown, {judged}"


def moment(at: datetime) -> str:
    """RFC 3339, in UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
