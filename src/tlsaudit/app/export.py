"""The findings of audits in the history, or how endpoints answered, as CSV or JSON Lines, for other programs."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TextIO

from tlsaudit.app.history import moment
from tlsaudit.app.series import name_of
from tlsaudit.check import SubjectKind
from tlsaudit.errors import UserError
from tlsaudit.report.csv import cell
from tlsaudit.report.formats import write_whole
from tlsaudit.store import BUCKETS_MS, Audit, Store

Row = Sequence[str | int | None]
"""By columns."""

_COLUMNS = (
    "audit", "started_at", "endpoint", "service", "site", "owner",
    "check", "subject_kind", "subject", "outcome", "severity", "message", "waiver",
)  # fmt: skip


_AVAILABILITY = (
    "endpoint", "service", "site", "owner", "begins_at", "hours", "looks", "tls", "asked", "http",
    *(f"up_to_{bound}_ms" for bound in BUCKETS_MS), "slower", "vantage", "blind",
    *(f"{step}_{name}" for step in ("connect", "handshake")
      for name in (*(f"up_to_{bound}_ms" for bound in BUCKETS_MS), "slower")), "failures",
)  # fmt: skip


def export(
    database: str,
    config: Path,
    which: str | None,
    file: Path | None,
    *,
    everything: bool,
    availability: bool,
    format_name: str,
) -> None:
    """Write a row a finding: of one audit, the latest by default, or of all that were finished, oldest first; or how
    endpoints answered the light looks, a row for each hour or day. To a file, which appears whole or not at all, or to
    standard output. Of several audits that are so called, it is that of the targets file `config`.

    Rows are streamed; what is held in memory grows with the endpoints of one audit. Raises UserError.
    """
    if everything + availability + (which is not None) > 1:
        raise UserError("history export: name an audit, --all or --availability, not more than one")
    with Store.open(database, create=False) as store:
        if availability:
            columns, rows = _AVAILABILITY, _looks(store)
        else:
            columns = _COLUMNS
            one = store.audit(which or "latest", {name_of(config)})
            rows = _rows(store, _finished(store) if everything else [one])
        fill = partial(_WRITERS[format_name], columns, rows)
        if file is None or file == Path("-"):
            fill(sys.stdout)
        else:
            write_whole(file, fill)


def _looks(store: Store) -> Iterator[Row]:
    """By endpoint and time; service, site and owner are those by the last finished audit of each targets file."""
    last = {audit.targets: audit for audit in _finished(store)}
    known = sorted(last.values(), key=lambda audit: audit.started_at)
    places = {seen.id: (seen.service, seen.site, seen.owner) for audit in known for seen in store.endpoints(audit.id)}
    for each in store.availability(datetime.fromtimestamp(0, UTC), datetime.max.replace(tzinfo=UTC)):
        place = (each.endpoint, *places.get(each.endpoint, (None, None, None)))
        counted = (each.span // timedelta(hours=1), each.looks, each.tls, each.asked, each.http, *each.latencies)
        more: tuple[str | int, ...] = (
            each.vantage,
            each.blind,
            *each.connects,
            *each.handshakes,
            _reasons(each.failures),
        )
        yield *place, moment(each.begins_at), *counted, *more


def _reasons(failures: Mapping[str, int]) -> str:
    """`connection refused: 3, timed out: 1`."""
    return ", ".join(f"{reason}: {looks}" for reason, looks in sorted(failures.items()))


def _finished(store: Store) -> list[Audit]:
    return [audit for audit in reversed(store.audits()) if audit.finished_at]


def _rows(store: Store, audits: Iterable[Audit]) -> Iterator[Row]:
    for audit in audits:
        places = {seen.id: (seen.service, seen.site, seen.owner) for seen in store.endpoints(audit.id)}
        began = moment(audit.started_at)
        for spoken in store.spoken(audit.id):
            kind, name = spoken.subject.kind, spoken.subject.id
            endpoint = name if kind is SubjectKind.ENDPOINT else None
            service = name if kind is SubjectKind.SERVICE else None
            whose = places.get(endpoint or "", (service, None, None))
            for said, *_ in spoken.judged():
                told = said.outcome.value, said.severity.label, said.message, said.waiver
                yield audit.id, began, endpoint, *whose, said.check, kind.value, name, *told


def _csv(columns: Sequence[str], rows: Iterable[Row], out: TextIO) -> None:
    """As RFC 4180 has it."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(map(cell, row) for row in rows)


def _json_lines(columns: Sequence[str], rows: Iterable[Row], out: TextIO) -> None:
    named = (dict(zip(columns, row, strict=True)) for row in rows)
    out.writelines(json.dumps(row).replace("\x7f", "\\u007f") + "\n" for row in named)


_WRITERS: dict[str, Callable[[Sequence[str], Iterable[Row], TextIO], None]] = {"csv": _csv, "jsonl": _json_lines}
