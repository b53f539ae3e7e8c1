import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.report import views
from tlsaudit.report import format_by_name
from tlsaudit.report.document import FindingRecord
from tlsaudit.report.view import AuditView, DocumentView


def rendered(view: AuditView, name: str = "jsonl") -> str:
    out = io.StringIO()
    format_by_name(name).render(view, out)
    return out.getvalue()


@pytest.mark.parametrize("example", [views.one_host, views.timetable, views.hostile])
def test_the_lines_are_the_document_taken_apart(example: Any) -> None:
    text = rendered(example())
    first, *lines = [json.loads(line) for line in text.splitlines()]
    assert first.pop("type") == "header"
    kinds = {"endpoint": "endpoints", "finding": "findings", "objective": "objectives", "availability": "availability"}
    lists: dict[str, list[dict[str, Any]]] = {name: [] for name in kinds.values()}
    for line in lines:
        lists[kinds[line.pop("type")]].append(line)
    assert {**first, **lists} == json.loads(rendered(example(), "json"))
    assert text.isascii()


def test_each_finding_is_written_before_the_next_is_asked_for() -> None:
    out = io.StringIO()
    seen: list[int] = []

    class Lazy(DocumentView):
        def __init__(self) -> None:
            self._whole = views.one_host()

        header = property(lambda self: self._whole.header)
        objectives = property(lambda self: self._whole.objectives)

        def endpoints(self) -> Any:
            return self._whole.endpoints()

        def findings(self) -> Iterator[FindingRecord]:
            for number in range(100):
                seen.append(out.tell())
                yield views.finding("a", f"host{number}", "pass", "m")

        def availability(self) -> Any:
            return self._whole.availability()

    format_by_name("jsonl").render(Lazy(), out)
    assert len(set(seen)) == 100
