"""The findings as CSV (RFC 4180), a row each, which no spreadsheet takes for formulas."""

import csv
import unicodedata
from functools import lru_cache
from typing import TextIO

from tlsaudit.report.document import AuditView, Words
from tlsaudit.report.renderer import Options
from tlsaudit.report.text import clean

COLUMNS = (
    "outcome", "severity", "endpoint", "service", "site", "owner", "check", "subject_kind", "subject", "address",
    "message", "waiver", "file", "line",
)  # fmt: skip
"""The first is a word of ours, so that no line of another's begins with what a runner of GitHub takes for a command."""

_BEGINS_FORMULA = {"=", "+", "-", "@", "\t", "\r", "\n"}


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    whose = {item.id: (item.service, item.site, item.owner) for item in view.endpoints()}
    for subject, endpoint, location, found in view.by_subject():
        service = subject.id if subject.kind == "service" else None
        where = (endpoint, *whose.get(endpoint or "", (service, None, None)))
        before = tuple(map(cell, where))
        about = tuple(map(cell, (subject.kind, subject.id)))
        line = (cell(location.file), location.line) if location else (None, None)
        for words, address, _, waiver, *_ in found:
            outcome, severity, check, message = _cells(words)
            writer.writerow((outcome, severity, *before, check, *about, cell(address), message, cell(waiver), *line))


@lru_cache(maxsize=4096)
def _cells(words: Words) -> tuple[str | int | None, ...]:
    return tuple(map(cell, (words.outcome, words.severity, words.check, words.message)))


@lru_cache(maxsize=4096)
def cell(value: str | int | None) -> str | int | None:
    """The value so that no spreadsheet takes it for a formula (OWASP, CSV Injection), and no terminal for a command."""
    if not isinstance(value, str):
        return value
    first = unicodedata.normalize("NFKC", value[:1])  # full-width signs count, too
    return clean(f"'{value}" if first in _BEGINS_FORMULA else value)
