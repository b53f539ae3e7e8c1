"""The findings as CSV (RFC 4180), a row each, which no spreadsheet takes for formulas."""

import csv
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import TextIO

from tlsaudit.report.document import AuditView, EndpointRecord, FindingRecord
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
    endpoints = {item.id: item for item in view.endpoints()}
    for finding in view.findings():
        writer.writerow(map(cell, _row(finding, endpoints.get(finding.endpoint or ""))))


def _row(finding: FindingRecord, endpoint: EndpointRecord | None) -> Iterator[str | int | None]:
    service = finding.subject.id if finding.subject.kind == "service" else None
    location = finding.location
    yield from (finding.outcome, finding.severity, finding.endpoint)
    yield from (endpoint.service, endpoint.site, endpoint.owner) if endpoint else (service, None, None)
    yield from (finding.check, finding.subject.kind, finding.subject.id, finding.address)
    yield from (finding.message, finding.waiver)
    yield from (location.file, location.line) if location else (None, None)


@lru_cache(maxsize=65_536)  # a host has many findings, and so has what is said of it
def cell(value: str | int | None) -> str | int | None:
    """The value so that no spreadsheet takes it for a formula (OWASP, CSV Injection), and no terminal for a command."""
    if not isinstance(value, str):
        return value
    first = unicodedata.normalize("NFKC", value[:1])  # full-width signs count, too
    return clean(f"'{value}" if first in _BEGINS_FORMULA else value)
