"""The audit document as JSON Lines: an object a line, so that a fleet can be read line by line.

First the header, then the endpoints, the findings, the objectives and how services answered, each with its `type`
beside the keys that it has in the document.
"""

from typing import TextIO

from tlsaudit.report.document import Header
from tlsaudit.report.json import encoded, encoded_findings
from tlsaudit.report.renderer import Options
from tlsaudit.report.view import AuditView


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    header = {(field.alias or name): getattr(view.header, name) for name, field in Header.model_fields.items()}
    out.write(_line("header", encoded(header)))
    out.writelines(_line("endpoint", encoded(item)) for item in view.endpoints())
    out.writelines(f"{found}\n" for found in encoded_findings(view, _begins("finding"), "\n"))
    out.writelines(_line("objective", encoded(item)) for item in view.objectives)
    out.writelines(_line("availability", encoded(item)) for item in view.availability())


def _line(kind: str, record: str) -> str:
    return f"{_begins(kind)}{record[1:]}\n"


def _begins(kind: str) -> str:
    return f'{{"type": "{kind}", '
