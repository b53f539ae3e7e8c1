"""The findings as CSV (RFC 4180), a row each, which no spreadsheet takes for formulas."""

import csv
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TextIO

from tlsaudit.report.renderer import Options
from tlsaudit.report.text import clean
from tlsaudit.report.view import AuditView, Words

COLUMNS = (
    "outcome", "severity", "endpoint", "service", "site", "owner", "check", "subject_kind", "subject", "address",
    "message", "waiver", "file", "line",
)  # fmt: skip
"""The first is a word of ours, so that no line of another's begins with what a runner of GitHub takes for a command."""

_BEGINS_FORMULA = {"=", "+", "-", "@", "\t", "\r", "\n"}


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    out.write(_row(COLUMNS) + _END)
    whose = {item.id: (item.service, item.site, item.owner) for item in view.endpoints()}
    for subject, endpoint, location, words, address, own, host in view.by_subject():
        service = subject.id if subject.kind == "service" else None
        before = _row((endpoint, *whose.get(endpoint or "", (service, None, None))))
        about = _row((subject.kind, subject.id))
        line = _row((location.file, location.line) if location else (None, None)) + _END
        at, of = f",{before},", f",{about},{_field(address)},"
        rows = []
        for place, each in enumerate(words):
            rank, check, message = _of_words(each)
            if each.hole:
                message = message.replace(each.hole, host)
            if place in own:
                its = own[place]
                rows.append(f"{rank}{at}{check},{about},{_field(its.address)},{message},{_field(its.waiver)},{line}")
            else:
                rows.append(f"{rank}{at}{check}{of}{message},,{line}")
        out.write("".join(rows))  # to write each by itself takes as long as to make it


@lru_cache(maxsize=1024)
def _of_words(words: Words) -> tuple[str, str, str]:
    return _row((words.outcome, words.severity)), _field(words.check), _field(words.message)


@lru_cache(maxsize=1024)
def _field(value: str | None) -> str:
    return _row((value, None))[:-1]


def _row(values: Iterable[str | int | None]) -> str:
    """Several fields, as the library writes them, without the end of the line."""
    row: str = _WRITER.writerow(map(cell, values))
    return row


class _Returned:
    """Gives back what is written to it, and the library that again."""

    def write(self, text: str) -> str:
        return text


_END = "\r\n"
_WRITER = csv.writer(_Returned(), lineterminator="")


@lru_cache(maxsize=1024)
def cell(value: str | int | None) -> str | int | None:
    """The value so that no spreadsheet takes it for a formula (OWASP, CSV Injection), and no terminal for a command."""
    if not isinstance(value, str):
        return value
    first = unicodedata.normalize("NFKC", value[:1])  # full-width signs count, too
    return clean(f"'{value}" if first in _BEGINS_FORMULA else value)
