"""The audit document as JSON: written record by record, read back, and described by its JSON Schema."""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from tlsaudit.report.document import SCHEMA, AuditDocument, AuditView, DocumentView, Header, Words
from tlsaudit.report.renderer import Options, ReportError
from tlsaudit.report.text import clean


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    """Write the document, one record a line: a fleet's findings are never all in memory."""
    out.write("{\n")
    for name in Header.model_fields:
        key = Header.model_fields[name].alias or name
        out.write(f"{encoded(key)}: {encoded(getattr(view.header, name))},\n")
    _write_list(out, "endpoints", map(encoded, view.endpoints()), ",\n")
    _write_list(out, "findings", encoded_findings(view), ",\n")
    _write_list(out, "objectives", map(encoded, view.objectives), ",\n")
    _write_list(out, "availability", map(encoded, view.availability()), "\n")
    out.write("}\n")


def _write_list(out: TextIO, key: str, records: Iterable[str], end: str) -> None:
    out.write(f"{encoded(key)}: [")
    separator = "\n"
    for record in records:
        out.write(separator + record)
        separator = ",\n"
    out.write(f"]{end}")


def encoded_findings(view: AuditView) -> Iterator[str]:
    """What `encoded` makes of each of the findings: put together from parts, most of which many have alike."""
    for subject, endpoint, location, found in view.by_subject():
        whose = f"{encoded(subject)}, {_members(endpoint=endpoint)}, "
        where = f"{_members(location=location)}, "
        for words, address, facts, waiver, change, was in found:
            says, known, vantages = _of_words(words)
            told = known if facts is words.facts else encoded(facts)
            check, at, excuse = _plain("check", words.check), _plain("address", address), _plain("waiver", waiver)
            base = f"{_plain('change', change)}, {_plain('was', was)}{vantages}"
            yield f'{{{check}, "subject": {whose}{at}, {says}, "facts": {told}, {excuse}, {where}{base}}}'


@lru_cache(maxsize=1024)
def _of_words(words: Words) -> tuple[str, str, str]:
    """The members between the address and the facts, these, and the vantages."""
    says = _members(outcome=words.outcome, severity=words.severity, message=words.message, also=words.also)
    vantages = f", {_members(vantages=words.vantages)}" if words.vantages else ""
    return says, encoded(words.facts), vantages


@lru_cache(maxsize=1024)
def _plain(name: str, value: str | None) -> str:
    return _members(**{name: value})


def _members(**values: Any) -> str:
    return encoded(values)[1:-1]


def encoded(value: Any) -> str:
    """A record or plain value as JSON on one line."""
    (plain,) = to_jsonable_python([value], by_alias=True, inf_nan_mode="null")  # a lone surrogate may be in a list only
    # ASCII throughout: what a server sent cannot steer a terminal that shows the file. DEL is all that json leaves, and
    # ## may begin a command to what runs a build, wherever it stands in a log.
    return _ENCODER.encode(plain).replace("\x7f", "\\u007f").replace("##", "#\\u0023")


_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False)


def audit_schema() -> dict[str, Any]:
    """The JSON Schema of the audit document."""
    schema = AuditDocument.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def read_document(path: Path) -> AuditView:
    """An audit that was written as JSON. Raises ReportError, which says what is wrong where."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return DocumentView(AuditDocument.model_validate_json(content))
    except ValidationError as error:
        raise ReportError(f"{path}: {_complaint(content, error)}") from None


def _complaint(content: bytes, error: ValidationError) -> str:
    try:
        document = json.loads(content)
    except RecursionError:
        return "not JSON: nested too deeply"
    except UnicodeDecodeError:
        return "not JSON: no UTF-8 text"
    except json.JSONDecodeError as wrong:
        return f"not JSON: line {wrong.lineno}, column {wrong.colno}: {wrong.msg}"
    found = document.get("schema") if isinstance(document, dict) else None
    if found != SCHEMA:
        stands = f"its schema is {found!r:.60}" if found is not None else "it names no schema"
        return f"not an audit document of this version: {stands}, {SCHEMA!r} is expected"
    first = error.errors()[0]
    where = ".".join(str(part) for part in islice(first["loc"], 8))
    return clean(f"{where}: {first['msg']}")
