"""The scan screen: endpoint by endpoint for a few, check by check above ten."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from tlsaudit.report.compliance import Gap, announced_of, compliance, gaps_of, recommended_of
from tlsaudit.report.document import CheckRecord, EndpointRecord, FindingRecord, Header
from tlsaudit.report.fixes import fixes_for
from tlsaudit.report.layout import ROOM, below, gap, line, words, wrapped
from tlsaudit.report.renderer import Options
from tlsaudit.report.rollup import NO_REASON, SEVERITIES, CheckRollup, Group, Rollup, Silent
from tlsaudit.report.text import duration, joined, outcomes, plural
from tlsaudit.report.view import AuditView, standing

FEW = 10
"""Endpoints up to which each is shown by itself."""

ROWS = 5
"""Different messages of one check that are shown above FEW endpoints, unless verbose."""

NAMED = 3
"""Subjects up to which a group names them instead of their number."""

_LISTS_INDENT = 10

_STYLES = {"fail": "bold red", "waived": "yellow", "unknown": "yellow", "pass": "green", "not_applicable": "dim"}
_LABELS = {"not_applicable": "N/A"}
_ORDER = ("fail", "waived", "unknown", "pass", "not_applicable")
_BAD = ("fail", "waived", "unknown")


def render_scan(view: AuditView, console: Console, options: Options | None = None) -> None:
    """Every fault with its fix beneath, the passes in a line, the summary. `verbose` adds what passed and why, and
    above ten endpoints the names."""
    options = options or Options()
    show = _grouped if view.header.summary.endpoints > FEW else _each
    example = show(view, console, options)
    for note in view.header.notes:
        wrapped(console, words(note, "yellow"))
    profiles = [f"profile {item.name}: {item.sentence()}" for item in compliance(view)]
    render_summary(view.header, console, options, example=example, profiles=profiles)


def render_summary(
    header: Header,
    console: Console,
    options: Options | None = None,
    *,
    example: str | None = None,
    profiles: Sequence[str] = (),
) -> None:
    """The counts, what is said of `profiles`, the cost, and where `example` is a check how to read up on it."""
    options = options or Options()
    summary = header.summary
    counted = " · ".join((outcomes(summary.findings), *profiles[:1]))
    first = 1 if len(counted) <= console.width else 0
    for text in (counted if first else outcomes(summary.findings), *profiles[first:]):
        wrapped(console, words(text))
    last = [f"{plural(summary.connections, 'connection')}, {duration(summary.duration_s)}"]
    if options.exit_code is not None:
        threshold = f" (--fail-on {options.fail_on})" if options.fail_on else ""
        last.append(f"exit {options.exit_code}{threshold}")
    if example:
        last.append(f"why: tlsaudit explain {example}")
    fits = len(" · ".join(last)) <= console.width
    for text in [" · ".join(last)] if fits else last:
        wrapped(console, words(text, "dim"))


def _each(view: AuditView, console: Console, options: Options) -> str | None:
    checks = {item.id: item for item in view.header.checks}
    by_subject: dict[tuple[str, str], list[FindingRecord]] = defaultdict(list)
    for finding in view.findings():
        by_subject[finding.subject.kind, finding.subject.id].append(finding)
    worst: list[FindingRecord] = []
    for endpoint in view.endpoints():
        findings = by_subject.pop(("endpoint", endpoint.id), [])
        _heading(console, endpoint)
        gap(console)
        if endpoint.reachable:
            several = len(endpoint.addresses) > 1
            worst += _findings(console, findings, checks, options, several=several)
        else:
            judged = [item for item in findings if item.outcome != "unknown"]
            if unjudged := len(findings) - len(judged):
                row(console, "unknown", "-", f"{plural(unjudged, 'check')}: nothing to judge", Text())
                gap(console)
            worst += _findings(console, judged, checks, options, several=False)
    for (kind, name), findings in by_subject.items():
        wrapped(console, words(f"{kind} {name}" if kind != "fleet" else "the whole fleet", "bold"))
        gap(console)
        worst += _findings(console, findings, checks, options, several=False)
    return min(worst, key=_badness).check if worst else None


def _heading(console: Console, endpoint: EndpointRecord) -> None:
    lead = Text("  ").join([words(endpoint.id, "bold"), *(words(address, "dim") for address in endpoint.addresses)])
    if endpoint.reachable:
        body = words(" · ".join(endpoint.headline))
    else:
        body = words(f"no answer: {endpoint.reason}" if endpoint.reason else "nothing was asked of it", "yellow")
    fits = lead.cell_len + 3 + body.cell_len <= console.width
    (line if fits else below)(console, Text.assemble(lead, "   "), body)
    for skipped in endpoint.not_tried:
        address, _, why = skipped.partition(": ")
        text = f"{address}  not tried: {why}" if why else f"{address}  not tried"
        wrapped(console, words(text, "dim"), indent=len(endpoint.id) + 2 if fits else 3)


def _findings(
    console: Console,
    findings: Sequence[FindingRecord],
    checks: Mapping[str, CheckRecord],
    options: Options,
    *,
    several: bool,
) -> list[FindingRecord]:
    """Print one subject's findings; `several` says that it has more than one address. Returns the worst failure."""
    shown = _ORDER if options.verbose else _BAD
    column = max((len(item.check) for item in findings), default=0)
    ordered = sorted(findings, key=_badness)
    rows = [item for item in ordered if standing(item) in shown]
    told: set[object] = set()
    for item in rows:
        kind = standing(item)
        where = f" ({item.address})" if several and item.address else ""
        gaps = [*gaps_of(item)]
        # Where each gap has a line of its own, the message need not tell them.
        message = f"not reached: {plural(len(gaps), 'gap')}" if gaps else item.message
        body = words("; ".join([message + where, *item.also]))
        if kind == "waived":
            body.append_text(words(f" · excused: {item.waiver}", "dim"))
        row(console, kind, _severity(item, kind), item.check.ljust(column), body)
        if kind == "fail":
            _fix(console, checks.get(item.check), item, column, options)
        for each in gaps:
            _gap(console, "gap", each, column, options)
        for each in announced_of(item):
            _gap(console, "later", each, column, options)
        for each in recommended_of(item) if options.verbose else ():
            _gap(console, "advice", each, column, options)
        # What is served by tier is the same for all tiers of a guideline.
        guideline = item.facts.get("profile")
        if options.verbose and guideline not in told:
            _lists(console, item)
            told |= {guideline} if guideline else set()
    if rows:
        gap(console)
    passed = [item.check for item in findings if item.outcome == "pass"]
    if passed and not options.verbose:
        line(console, words(f" pass {len(passed)}   ", "green"), words(" ".join(passed)))
        gap(console)
    return [item for item in ordered[:1] if standing(item) == "fail"]


def _badness(finding: FindingRecord) -> tuple[int, int]:
    return _ORDER.index(standing(finding)), SEVERITIES.index(finding.severity)


def _lists(console: Console, finding: FindingRecord) -> None:
    """The facts that say who has what, such as the clients by what they get."""
    for fact in finding.facts.values():
        for what, who in fact.items() if isinstance(fact, dict) else ():
            if isinstance(who, list):
                wrapped(console, words(f"{what}: {', '.join(map(str, who))}", "dim"), indent=_LISTS_INDENT)


def row(console: Console, kind: str, severity: str, check: str, body: Text) -> None:
    """One finding: ` FAIL     high    tls-versions  TLS 1.0 is served`, stacked where that leaves no room."""
    label = Text(" ")
    name = _LABELS.get(kind, kind.upper())
    label.append(f"{name:<9}", _STYLES[kind])
    label.append(f"{severity:<10}")
    label.append_text(words(check, "bold" if kind == "fail" else ""))
    if console.width - label.cell_len - 2 < ROOM:
        label = Text(" ").append(name, _STYLES[kind])
        label.append_text(words(f" {severity} {check.strip()}" if severity != "-" else f" {check.strip()}"))
        wrapped(console, label)
        if body.plain:
            wrapped(console, body, indent=3)
    elif body.plain:
        line(console, Text.assemble(label, "  "), body)
    else:
        wrapped(console, label)


def _severity(finding: FindingRecord, kind: str) -> str:
    return finding.severity if kind in ("fail", "waived") else "-"


def _fix(console: Console, check: CheckRecord | None, finding: FindingRecord, column: int, options: Options) -> None:
    fixes = fixes_for(check, finding.subject.id) if check else {}
    if not fixes:
        return
    nginx_or_first = "nginx" if "nginx" in fixes else next(iter(fixes))
    servers = list(fixes) if options.verbose else [nginx_or_first]
    for server in servers:
        line(console, _lead(console, "fix", column), words(f"{server}: {fixes[server]}"))


def _lead(console: Console, word: str, column: int) -> Text:
    return Text(" " * 10 + f"{word:<10}" if _body_indent(console, column) > 3 else f"   {word}  ", "cyan")


def _gap(console: Console, word: str, gap: Gap, column: int, options: Options) -> None:
    """What keeps an endpoint from a tier of a guideline, or will, or is only recommended; and what to do: in words
    where no line of nginx's helps.
    """
    source = f" [{gap.source}]" if options.verbose else ""
    since = f" (counts from {gap.since} on)" if gap.since else ""
    line(console, _lead(console, word, column), words(f"{gap.rule}: {gap.found}{since}{source}"))
    servers = list(gap.lines) if options.verbose else ["nginx"]
    fixes = [f"{server}: {text}" for server in servers for text in gap.lines.get(server, ())]
    for fix in fixes or [gap.fix]:
        line(console, _lead(console, "fix", column), words(fix))


def _grouped(view: AuditView, console: Console, options: Options) -> str | None:
    checks = {item.id: item for item in view.header.checks}
    summary = view.header.summary
    rollup = Rollup.of(view, keep=summary.endpoints if options.verbose else NAMED)
    wrapped(console, words(f"{plural(summary.endpoints, 'endpoint')}, {summary.reachable:,} answered", "bold"))
    gap(console)
    worst_first = rollup.worst_first()
    column = max((len(item.id) for item in worst_first), default=0)
    for item in worst_first:
        _check_rows(console, item, checks.get(item.id), column, options)
    if rollup.silent.count:
        _silent(console, view, rollup.silent, options)
    gap(console)
    clean = [item.id for item in worst_first if not any(item.counts[kind] for kind in _BAD) and item.counts["pass"]]
    if clean:
        line(console, words(f" pass {len(clean)}   ", "green"), words(" ".join(clean)))
        gap(console)
    return worst_first[0].id if worst_first and worst_first[0].counts["fail"] else None


def _check_rows(console: Console, item: CheckRollup, check: CheckRecord | None, column: int, options: Options) -> None:
    groups = item.groups(*_BAD)
    shown = groups if options.verbose else groups[:ROWS]
    fix_after = sum(group.standing == "fail" for group in shown)
    for number, group in enumerate(shown, 1):
        body = words(group.first.message)
        body.append_text(words(f": {_who(group)}", "bold"))
        row(console, group.standing, _severity(group.first, group.standing), item.id.ljust(column), body)
        if options.verbose and group.count > NAMED:
            wrapped(console, words(" ".join(group.subjects), "dim"), indent=_body_indent(console, column))
        if number == fix_after:
            _fix(console, check, group.first, column, options)
    rest = sum(group.count for group in groups[len(shown) :]) + item.beyond
    if rest:
        more = f"and {plural(rest, 'more finding')} with other messages" + (
            "" if options.verbose else " (-v lists them)"
        )
        wrapped(console, words(more, "dim"), indent=_body_indent(console, column))


def _body_indent(console: Console, column: int) -> int:
    """Where the messages of rows whose check ids are `column` wide begin."""
    return 22 + column if console.width - 22 - column >= ROOM else 3


def _who(group: Group) -> str:
    if group.count <= NAMED:
        return joined(group.subjects)
    kind = group.first.subject.kind
    return plural(group.count, "host" if kind == "endpoint" else kind)


def _silent(console: Console, view: AuditView, silent: Silent, options: Options) -> None:
    reasons = silent.most_common(ROWS)
    shown = [f"{reason}: {said.count:,}" for reason, said in reasons]
    if rest := silent.count - sum(said.count for _, said in reasons):
        shown.append(f"other reasons: {rest:,}")
    hint = "" if options.verbose else " · -v lists them"
    row(console, "unknown", "-", f"no answer from {plural(silent.count, 'host')}", words(", ".join(shown) + hint))
    if options.verbose:
        _names(console, (f"{name} ({reason or NO_REASON})" for name, reason in view.silent()))


def _names(console: Console, names: Iterable[str]) -> None:
    for name in names:
        wrapped(console, words(name, "dim"), indent=_body_indent(console, 0))
