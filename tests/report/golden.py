"""What the text formats are held against: `python -m tests.report.golden` writes it anew, for `git diff` to show."""

import io
from pathlib import Path

from tests.report import views
from tlsaudit.report import Options, format_by_name
from tlsaudit.report.document import AuditDocument, LocationRecord
from tlsaudit.report.view import DocumentView

FOLDER = Path(__file__).with_suffix("")

LINES = {"www.example.org": 9, "m.example.org": 10, "login.example.org": 14}
"""Of the hosts of `views.timetable` in a targets file."""


def located() -> DocumentView:
    """The timetable's audit, with every finding where its subject is written."""
    whole = views.timetable()
    findings = [
        item.model_copy(
            update={
                "location": LocationRecord(
                    file="ops/targets.yaml", line=LINES.get(item.subject.id.partition(":")[0], 20), column=7
                )
            }
        )
        for item in whole.findings()
    ]
    lists = {"endpoints": list(whole.endpoints()), "findings": findings, "objectives": whole.objectives}
    return DocumentView(AuditDocument.model_validate({**dict(whole.header), **lists, "schema": "tlsaudit/audit/1"}))


FILES = {
    "scan.csv": ("csv", views.one_host),
    "audit.csv": ("csv", located),
    "scan.md": ("markdown", views.one_host),
    "audit.md": ("markdown", located),
    "scan.github": ("github", views.one_host),
    "audit.sarif": ("sarif", located),
    "audit.xml": ("junit", located),
    "gate.md": ("markdown", views.gated),
    "gate.github": ("github", views.gated),
    "gate.sarif": ("sarif", views.gated),
    "gate.xml": ("junit", views.gated),
    "audit.prom": ("prometheus", located),
}


def rendered(name: str) -> str:
    """What a golden file should hold."""
    format_name, example = FILES[name]
    out = io.StringIO()
    format_by_name(format_name).render(example(), out, Options())
    return out.getvalue()


if __name__ == "__main__":
    for name in FILES:
        (FOLDER / name).write_text(rendered(name), encoding="utf-8", newline="")
