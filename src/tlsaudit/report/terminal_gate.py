"""The gate screen: what a change makes worse, better or leaves, each at the line that decides."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from tlsaudit.report.document import AuditView, CheckRecord, FindingRecord, GateRecord
from tlsaudit.report.layout import gap, line, words, wrapped
from tlsaudit.report.renderer import Options
from tlsaudit.report.rollup import SEVERITIES, standing
from tlsaudit.report.terminal_scan import render_summary
from tlsaudit.report.text import joined, plural

_NAMED = 3

_STYLES = {"worse": "bold red", "fail": "bold red", "better": "green", "left": "yellow", "unknown": "yellow",
           "waived": "yellow"}  # fmt: skip
_ORDER = ("worse", "fail", "unknown", "waived", "left", "better")

Alike = tuple[str, str, str]
"""The word that a row begins with, the check, and where it is decided."""


def render_gate(view: AuditView, gate: GateRecord, console: Console, options: Options) -> None:
    """A row for each line of the configuration that decides something to be told, the worst first."""
    against = f", compared with {gate.base}" if gate.base else ""
    wrapped(console, words(f"{joined(gate.configs)}{against} · judged with {gate.judged_with}", "bold"))
    gap(console)
    rows: dict[Alike, list[FindingRecord]] = {}
    for finding in view.findings():
        if word := _word(finding, gate):
            rows.setdefault((word, finding.check, _where(finding)), []).append(finding)
    checks = {item.id: item for item in view.header.checks}
    for alike, findings in sorted(rows.items(), key=_urgency):
        _row(console, alike, findings, checks.get(alike[1]), gate.judged_with.partition(" ")[0].lower())
    if rows:
        gap(console)
    for note in view.header.notes:
        wrapped(console, words(note, "yellow" if options.verbose else "dim"))
    if gate.unaffected:
        hosts = plural(len(gate.unaffected), "host")
        wrapped(console, words(f"{hosts} that the change cannot affect: not asked"))
    if gate.base:
        counts = Counter(word for word, _, _ in rows)
        said = (f"{counts[word]} {word}" for word in ("worse", "better"))
        wrapped(console, words(f"{', '.join(said)}, {counts['left']} still to be mended"))
    example = next((check for (word, check, _) in sorted(rows, key=lambda each: _ORDER.index(each[0]))), None)
    render_summary(view.header, console, options, example=example)


def _word(finding: FindingRecord, gate: GateRecord) -> str | None:
    """What a row of the finding begins with; None where there is nothing to tell."""
    kind = standing(finding)
    if finding.change == "better":
        return "better"
    if kind == "fail":
        return "worse" if finding.change == "worse" else "left" if gate.base else "fail"
    if kind == "unknown":
        return None if gate.base and finding.change == "same" else "unknown"
    return kind if kind == "waived" else None


def _where(finding: FindingRecord) -> str:
    return f"{finding.location.file}:{finding.location.line}" if finding.location else ""


def _urgency(row: tuple[Alike, Sequence[FindingRecord]]) -> tuple[int, int, str]:
    (word, _, where), findings = row
    return _ORDER.index(word), min(SEVERITIES.index(item.severity) for item in findings), where


def _row(
    console: Console, alike: Alike, findings: Sequence[FindingRecord], check: CheckRecord | None, server: str
) -> None:
    word, name, where = alike
    first = findings[0]
    lead = Text(" ").append(f"{word.upper():<9}", _STYLES[word]).append(f"{first.severity:<10}")
    message = words(first.message)
    if word == "waived":
        message.append_text(words(f" · excused: {first.waiver}", "dim"))
    if word == "left" and first.was:
        message.append_text(words(f" · was: {first.was}", "dim"))
    line(console, lead, Text.assemble(words(name, "bold"), "  ", words(where, "cyan"), "  ", message))
    subjects = list(dict.fromkeys(item.subject.id for item in findings))
    more = len(subjects) - _NAMED
    told = joined([*subjects[:_NAMED], *([plural(more, "other")] if more > 0 else [])])
    line(console, Text(" " * 10 + "on        ", "dim"), words(told, "dim"))
    if word in ("worse", "fail", "left") and check and server in check.fixes:
        line(console, Text(" " * 10 + "fix       ", "cyan"), words(f"{server}: {check.fixes[server]}"))
