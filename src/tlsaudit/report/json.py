"""The audit document as JSON: written record by record, read back, and described by its JSON Schema."""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from tlsaudit.report.document import SCHEMA, AuditDocument, Header, LocationRecord
from tlsaudit.report.renderer import Options, ReportError
from tlsaudit.report.text import clean
from tlsaudit.report.view import AuditView, DocumentView, Own, Words


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
    rest = iter(records)
    for first in rest:
        out.write(f"\n{first}")
        out.writelines(map(",\n".__add__, rest))
    out.write(f"]{end}")


def encoded_findings(view: AuditView, begins: str = "{", between: str = ",\n") -> Iterator[str]:
    """What `encoded` makes of the findings, which may begin otherwise, put together from parts, most of which many have
    alike. Those of a subject come at once: to write each by itself takes as long as to make it."""
    for subject, endpoint, location, words, address, own, host in view.by_subject():
        whose = f'"subject": {{"kind": "{subject.kind}", "id": {encoded(subject.id)}}}, "endpoint": {encoded(endpoint)}'
        where, usual = f', "location": {_place(location)}, ', (_address(address), "null", _NO_BASE)
        parts: list[str] = []
        for place, each in enumerate(words):
            check, says, facts, vantages = _of_words(each)
            if each.hole:
                says, facts = says.replace(each.hole, host), facts.replace(each.hole, host)
            if its := own.get(place):
                at, waiver, base = _of_its_own(its)
                facts = facts if its.facts is each.facts else encoded(its.facts)
            else:
                at, waiver, base = usual
            parts += (between, begins, check, whose, _AT, at, says, facts, _WAIVER, waiver, where, base, vantages)
        yield "".join(parts[1:])


_AT, _WAIVER, _NO_BASE = ', "address": ', ', "waiver": ', '"change": null, "was": null'


def _of_its_own(own: Own) -> tuple[str, str, str]:
    """The address, the waiver, and how it compares."""
    waiver = "null" if own.waiver is None else encoded(own.waiver)
    compared = own.change is not None or own.was is not None
    base = f'"change": {encoded(own.change)}, "was": {encoded(own.was)}' if compared else _NO_BASE
    return _address(own.address), waiver, base


@lru_cache(maxsize=1024)
def _of_words(words: Words) -> tuple[str, str, str, str]:
    """The check, the members between the address and the facts, these, and the vantages with the end."""
    rank = f', "outcome": "{words.outcome}", "severity": "{words.severity}", "message": '
    says = f'{rank}{encoded(words.message)}, "also": {encoded(words.also) if words.also else "[]"}, "facts": '
    vantages = f', "vantages": {encoded(words.vantages)}}}' if words.vantages else "}"
    return f'"check": {encoded(words.check)}, ', says, encoded(words.facts), vantages


def _place(location: LocationRecord | None) -> str:
    if location is None:
        return "null"
    return f'{{"file": {encoded(location.file)}, "line": {location.line}, "column": {location.column}}}'


def encoded(value: Any) -> str:
    """A record or plain value as JSON on one line."""
    try:
        text = _ENCODER.encode(value)
    except (TypeError, ValueError):  # a key or a number that JSON lacks
        text = _ENCODER.encode(_jsonable(value))
    # ASCII throughout: what a server sent cannot steer a terminal that shows the file. DEL is all that json leaves, and
    # ## may begin a command to what runs a build, wherever it stands in a log.
    return text.replace("\x7f", "\\u007f").replace("##", "#\\u0023")


_address = lru_cache(maxsize=1024)(encoded)
"""Of what is said of a subject, most is said of the same."""


def _jsonable(value: Any) -> Any:
    (plain,) = to_jsonable_python([value], by_alias=True, inf_nan_mode="null")  # a lone surrogate may be in a list only
    return plain


_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, default=_jsonable)


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
