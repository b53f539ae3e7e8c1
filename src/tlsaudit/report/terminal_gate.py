"""The gate screen: what a change makes worse, better or leaves, each at the line that decides or names the host; and
what a change of the targets file does to the goals."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from tlsaudit.report.compliance import gaps_of
from tlsaudit.report.document import CheckRecord, FindingRecord, GateRecord, ReviewRecord
from tlsaudit.report.fixes import fixes_for
from tlsaudit.report.layout import gap, line, words, wrapped
from tlsaudit.report.renderer import Options
from tlsaudit.report.review import written
from tlsaudit.report.rollup import SEVERITIES
from tlsaudit.report.terminal_scan import render_summary
from tlsaudit.report.text import joined, plural
from tlsaudit.report.view import AuditView, standing

_NAMED = 3

_STYLES = {"worse": "bold red", "fail": "bold red", "better": "green", "left": "yellow", "unknown": "yellow",
           "waived": "yellow"}  # fmt: skip
_ORDER = ("worse", "fail", "unknown", "waived", "left", "better")
_REVIEW = {
    "broken": ("BROKEN", "bold red"), "goal": ("GOAL", "yellow"), "goalpost": ("MOVED", "yellow"),
    "new": ("NEW", "yellow"), "dropped": ("DROPPED", "yellow"),
}  # fmt: skip

Alike = tuple[str, str, str]
"""The word that a row begins with, the check, and where it is decided."""


def render_gate(view: AuditView, gate: GateRecord, console: Console, options: Options) -> None:
    """A row for each line of the configuration that decides something to be told, the worst first."""
    against = f", compared with {gate.base}" if gate.base else ""
    what = joined([*gate.configs, *([gate.targets] if gate.targets else [])])
    wrapped(console, words(f"{what}{against} · judged with {gate.judged_with}", "bold"))
    gap(console)
    for item in gate.review:
        _reviewed(console, item)
    if gate.review:
        gap(console)
    silent = {each.id: each.reason or "no reason given" for each in view.endpoints() if not each.reachable}
    rows: dict[Alike, list[FindingRecord]] = {}
    for finding in view.findings():
        if finding.endpoint not in silent and (word := _word(finding, gate)):
            rows.setdefault((word, finding.check, _where(finding)), []).append(finding)
    checks = {item.id: item for item in view.header.checks}
    shown = [row for row in rows.items() if row[0][0] != "left" or _lists_left(gate, options)]
    for alike, findings in sorted(shown, key=_urgency):
        _row(console, alike, findings, checks.get(alike[1]), gate.judged_with.partition(" ")[0].lower())
    _silent(console, silent)
    if shown or silent:
        gap(console)
    _footnotes(console, view.header.notes, gate, Counter(word for word, _, _ in rows), options)
    example = next((check for (word, check, _) in sorted(rows, key=lambda each: _ORDER.index(each[0]))), None)
    render_summary(view.header, console, options, example=example)


def _lists_left(gate: GateRecord, options: Options) -> bool:
    """What servers have to mend is no matter of a change of the targets file."""
    return options.verbose or bool(gate.configs)


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
    return written(finding.location) if finding.location else ""


def _silent(console: Console, silent: Mapping[str, str]) -> None:
    """The endpoints of which nothing was seen, those with the same reason together."""
    by_reason: dict[str, list[str]] = {}
    for endpoint, reason in silent.items():
        by_reason.setdefault(reason, []).append(endpoint)
    for reason, endpoints in by_reason.items():
        line(console, Text(" ").append(f"{'UNKNOWN':<19}", "yellow"), words(f"{reason}: {_first(endpoints)}"))


def _first(names: list[str]) -> str:
    more = len(names) - _NAMED
    return joined([*names[:_NAMED], *([plural(more, "other")] if more > 0 else [])])


def _reviewed(console: Console, item: ReviewRecord) -> None:
    word, style = _REVIEW[item.kind]
    lead = Text(" ").append(f"{word:<9}", style)
    line(console, lead, Text.assemble(words(written(item.location), "cyan"), "  ", words(item.message)))


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
    line(console, Text(" " * 10 + "on        ", "dim"), words(_first(subjects), "dim"))
    fixes = fixes_for(check, first.subject.id) if check and word in ("worse", "fail", "left") else {}
    if chosen := [name for name in (server, "nginx", *fixes) if name in fixes][:1]:
        line(console, Text(" " * 10 + "fix       ", "cyan"), words(f"{chosen[0]}: {fixes[chosen[0]]}"))
    lines = [text for each in gaps_of(first) for text in each.lines.get(server, ())]
    for text in lines if word in ("worse", "fail", "left") else ():
        line(console, Text(" " * 10 + "fix       ", "cyan"), words(f"{server}: {text}"))


def _footnotes(
    console: Console, notes: Sequence[str], gate: GateRecord, counts: Mapping[str, int], options: Options
) -> None:
    for note in notes:
        wrapped(console, words(note, "yellow" if options.verbose else "dim"))
    if gate.unaffected:
        hosts = plural(len(gate.unaffected), "host")
        wrapped(console, words(f"{hosts} that the change cannot affect: not asked"))
    if gate.base:
        said = (f"{counts[word]} {word}" for word in ("worse", "better"))
        hint = "" if _lists_left(gate, options) or not counts["left"] else " (-v lists them)"
        wrapped(console, words(f"{', '.join(said)}, {counts['left']} still to be mended{hint}"))
