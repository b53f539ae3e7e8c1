"""The audit document as JSON Lines: an object a line, so that a fleet can be read line by line.

First the header, then the endpoints, the findings, the objectives and how services answered, each with its `type`
beside the keys that it has in the document.
"""

from typing import Any, TextIO

from tlsaudit.report.document import AuditView, Header, Record
from tlsaudit.report.json import encoded
from tlsaudit.report.renderer import Options


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    out.write(
        _line(
            "header", {(field.alias or name): getattr(view.header, name) for name, field in Header.model_fields.items()}
        )
    )
    out.writelines(_line("endpoint", item) for item in view.endpoints())
    out.writelines(_line("finding", item) for item in view.findings())
    out.writelines(_line("objective", item) for item in view.objectives)
    out.writelines(_line("availability", item) for item in view.availability())


def _line(kind: str, record: Record | dict[str, Any]) -> str:
    return f'{{"type": "{kind}", {encoded(record)[1:]}\n'
