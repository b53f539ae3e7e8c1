import datetime
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from tests.report import views
from tlsaudit.report import Options, ReportError, format_by_name, write
from tlsaudit.report.document import AuditDocument, FindingRecord, Header
from tlsaudit.report.json import audit_schema, encoded, encoded_findings, read_document
from tlsaudit.report.view import AuditView, DocumentView

EXAMPLES = [views.one_host, views.timetable, views.overdue, views.fleet, views.gated, views.hostile]


def rendered(view: AuditView) -> str:
    out = io.StringIO()
    format_by_name("json").render(view, out)
    return out.getvalue()


def whole(view: AuditView) -> AuditDocument:
    lists = {"endpoints": list(view.endpoints()), "findings": list(view.findings()), "objectives": view.objectives}
    return AuditDocument.model_validate({**dict(view.header), **lists, "schema": "tlsaudit/audit/1"})


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_document_keeps_its_published_schema(example: Any) -> None:
    schema = audit_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(rendered(example())), schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_is_written_is_the_whole_document(example: Any) -> None:
    assert json.loads(rendered(example())) == whole(example()).model_dump(mode="json", by_alias=True)


@pytest.mark.parametrize("example", EXAMPLES)
def test_findings_are_put_together_as_the_model_would_write_them(example: Any) -> None:
    assert [*encoded_findings(example())] == [*map(encoded, example().findings())]


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_was_written_can_be_read_back(example: Any, tmp_path: Path) -> None:
    write(example(), tmp_path / "audit.json")
    assert whole(read_document(tmp_path / "audit.json")) == whole(example())


def test_the_schema_tells_a_document_from_something_else() -> None:
    document = json.loads(rendered(views.one_host()))
    del document["findings"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, audit_schema())


def test_times_are_in_utc_with_z() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    local = datetime.datetime(2015, 3, 1, 7, 40, tzinfo=zone)
    text = rendered(views.view([views.endpoint("a.example")], [], started_at=local))
    assert json.loads(text)["started_at"] == "2015-03-01T02:10:00Z"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", json.loads(text)["finished_at"])


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        views.view([], [], started_at=datetime.datetime(2015, 3, 1))  # noqa: DTZ001


def test_no_byte_of_a_server_can_steer_a_terminal() -> None:
    text = rendered(views.hostile())
    assert text.isascii()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    assert json.loads(text)["endpoints"][0]["host"] == views.HOSTILE


def test_numbers_that_json_lacks_become_null() -> None:
    finding = views.finding("a", "b", "pass", "m", facts={"x": float("nan"), "y": [float("inf")]})
    assert json.loads(rendered(views.view([], [finding])))["findings"][0]["facts"] == {"x": None, "y": [None]}


def test_each_record_is_written_before_the_next_is_asked_for() -> None:
    out = io.StringIO()
    seen: list[int] = []

    class Lazy(DocumentView):
        def findings(self) -> Iterator[FindingRecord]:
            for number in range(100):
                seen.append(out.tell())
                yield views.finding("a", f"host{number}", "pass", "m")

    format_by_name("json").render(Lazy(whole(views.one_host())), out)
    assert seen == sorted(set(seen))
    assert len(json.loads(out.getvalue())["findings"]) == 100


def test_keys_of_a_later_version_are_no_error(tmp_path: Path) -> None:
    document = json.loads(rendered(views.one_host()))
    document["new_key"] = document["findings"][0]["new_key"] = 1
    (tmp_path / "audit.json").write_text(json.dumps(document))
    assert len(list(read_document(tmp_path / "audit.json").findings())) == 8


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "not JSON: line 1, column 1"),
        (b'{"schema": "tlsaudit/audit/1",\n  broken', "not JSON: line 2, column 3"),
        (b'{"a": "\xff"}', "not JSON: no UTF-8 text"),
        (b"[" * 200_000, "not JSON: nested too deeply"),
        (b"[1]", "it names no schema"),
        (b'{"schema": "tlsaudit/audit/2"}', "its schema is 'tlsaudit/audit/2', 'tlsaudit/audit/1' is expected"),
        (b'{"schema": "tlsaudit/audit/1"}', "tool: Field required"),
    ],
)
def test_what_is_no_audit_is_refused_in_one_line(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "audit.json"
    file.write_bytes(content)
    with pytest.raises(ReportError) as caught:
        read_document(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert complaint in message
    assert "\n" not in message


def test_a_wrong_value_is_named_by_its_place(tmp_path: Path) -> None:
    document = json.loads(rendered(views.one_host()))
    document["findings"][3]["outcome"] = "maybe"
    (tmp_path / "audit.json").write_text(json.dumps(document))
    with pytest.raises(ReportError, match=r"findings\.3\.outcome: Input should be 'pass'"):
        read_document(tmp_path / "audit.json")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("summary", "duration_s"), "NaN"),
        (("summary", "duration_s"), "1e308"),
        (("started_at",), '"9999-12-31T23:59:59-14:00"'),
        (("objectives", 0, "share"), "1e400"),
        (("objectives", 0, "coverage"), "1.01"),
        (("objectives", 0, "counts", "fail"), "-5"),
    ],
)
def test_a_number_that_cannot_be_is_named_by_its_place(tmp_path: Path, place: Sequence[str | int], value: str) -> None:
    document = json.loads(rendered(views.timetable()))
    holder: Any = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = "HERE"
    (tmp_path / "audit.json").write_text(json.dumps(document).replace('"HERE"', value))
    with pytest.raises(ReportError, match="json: " + r"\.".join(map(str, place)) + ": "):
        read_document(tmp_path / "audit.json")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read: No such file"):
        read_document(tmp_path / "none.json")


def test_the_terminal_shows_a_document_that_was_read_back_as_it_shows_the_original(tmp_path: Path) -> None:
    write(views.timetable(), tmp_path / "audit.json")
    texts = []
    for view in (views.timetable(), read_document(tmp_path / "audit.json")):
        out = io.StringIO()
        format_by_name("terminal").render(view, out, Options(width=100))
        texts.append(out.getvalue())
    assert texts[0] == texts[1]


def test_the_header_is_written_first() -> None:
    keys = list(json.loads(rendered(views.one_host())))
    assert keys[0] == "schema"
    assert keys[-4:] == ["endpoints", "findings", "objectives", "availability"]
    assert len(keys) == len(Header.model_fields) + 4
