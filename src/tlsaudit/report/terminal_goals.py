"""The goals screen: where each objective stands against its timetable, and what holds it back."""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from tlsaudit.report import availability
from tlsaudit.report.document import AvailabilityRecord, GoalpostsRecord, Header, ObjectiveRecord, WaiverRecord
from tlsaudit.report.goalposts import moved
from tlsaudit.report.layout import ROOM, gap, line, table, words, wrapped
from tlsaudit.report.readiness import NOT_KNOWN, State, decision_sentence, sheet
from tlsaudit.report.sentences import compared_with, findings_changed, late_decisions
from tlsaudit.report.text import joined, judged, plural, remaining
from tlsaudit.report.wording import blocker, days_late, forecast, measure, now, why

_STYLES = {
    "overdue": "bold red", "not-measured": "yellow", "at-risk": "yellow", "undecided": "magenta",
    "on-track": "green", "met": "green",
}  # fmt: skip
_STATES: Mapping[State, str] = {
    "ready": "green",
    "open": "yellow",
    "not measured": "magenta",
    "does not apply": "dim",
}
_HEAD = ("STATUS", "GOAL", "NOW", "MILESTONE", "FORECAST", "WHO")
BLOCKS = 5
"""Lines that say what blocks one goal; the rest is counted."""

MOVES = 5
"""Lines that say which goalposts moved, unless verbose."""


def render_goals(
    objectives: Sequence[ObjectiveRecord],
    header: Header,
    at: datetime.date,
    console: Console,
    *,
    verbose: bool = False,
) -> None:
    """The timetable as it stood at the end of `at`, from the audit that `header` describes. `verbose` says what each
    line beside a decision means.
    """
    wrapped(console, words(_headline(header, at), "bold"))
    gap(console)
    for item in late_decisions(objectives):
        line(
            console, Text(" NOT DECIDED ", "bold reverse red"), words(f" {item.title} · {_whose(item, at)}", "bold red")
        )
        gap(console)
    if not objectives:
        wrapped(console, words("There are no goals yet: list some under objectives: in targets.yaml."))
        return
    rows = [_row(item, at) for item in objectives]
    if not table(console, _HEAD, rows, flexible=(1, 2, 3)):
        for item, cells in zip(objectives, rows, strict=True):
            _stacked(console, item, cells)
    _decisions(console, objectives, at, verbose=verbose)
    _footnotes(console, objectives, header, at, verbose=verbose)


def render_reached(found: Iterable[AvailabilityRecord], console: Console) -> None:
    """How each service answered at each site in the last weeks."""
    if lines := list(map(availability.line, found)):
        gap(console)
        _list(console, "Reached", lines)


def _whose(item: ObjectiveRecord, at: datetime.date) -> str:
    return f"{decision_sentence(item, at)} It is for {item.owner or 'nobody yet'}."


def _decisions(console: Console, objectives: Sequence[ObjectiveRecord], at: datetime.date, *, verbose: bool) -> None:
    """Each decision, with its sheet while it is open."""
    indent = 9 if console.width >= 25 + ROOM else 3
    for item in objectives:
        if item.decision is None:
            continue
        undecided = item.decision.outcome == "undecided"
        record = f" {item.decision.record}" if item.decision.record else ""
        gap(console)
        _list(console, "Decide" if undecided else "Decided", [f"{item.title} · {decision_sentence(item, at)}{record}"])
        if undecided or verbose:
            for standing, text in _sheet(item, at, verbose=verbose):
                line(console, Text.assemble(" " * indent, (f"{standing:<16}", _STATES[standing])), words(text))


def _sheet(item: ObjectiveRecord, at: datetime.date, *, verbose: bool) -> Iterator[tuple[State, str]]:
    """What is known, each with what it means where there is room for it; then the questions that are left."""
    asked = sheet(item, at)
    for each in asked:
        if each.now != each.state:
            now = f"{each.question} {each.now}" if each.now.startswith(NOT_KNOWN) else each.now
            of = f" ({each.of})" if each.of else ""
            yield each.state, f"{now}{of}. {each.meaning}".rstrip() if verbose else now
    for left in ("not measured", "does not apply"):
        if questions := [each.question for each in asked if each.now == left]:
            yield left, " ".join(questions)


def _headline(header: Header, at: datetime.date) -> str:
    scope = plural(header.summary.endpoints, "endpoint")
    if header.sites:
        scope += f" at {plural(len(header.sites), 'site')}"
    if header.links:
        scope += f", {plural(len(header.links), 'link')}"
    audited = header.finished_at or header.started_at
    day = "" if audited.date() == at else f"{audited:%Y-%m-%d} "
    asked = f" · compared with {compared_with(header)}" if header.since and header.previous_at else ""
    whose = f" of {joined(header.owners)}" if header.owners else ""
    return (
        f"Encryption goals{whose}, {at}{asked} · {scope} · audited {day}{audited:%H:%M} UTC · "
        f"{judged(header.summary.findings)}"
    )


def _row(item: ObjectiveRecord, at: datetime.date) -> list[Text]:
    status = item.status.replace("-", " ").upper()
    return [
        Text(status, _STYLES[item.status]),
        words(item.title),
        words(now(item)),
        words(_milestone(item, at)),
        words(forecast(item, at) or "-"),
        words((item.owner or "-").partition("@")[0]),
    ]


def _milestone(item: ObjectiveRecord, at: datetime.date) -> str:
    if item.due is None:
        return "-"
    target = "decide" if item.kind == "decision" else item.target or ""
    late = days_late(item, at)
    again = f", every {item.every}" if item.every else ""
    return f"{target} {item.due}" + (f" {late}d" if late else "") + again


def _stacked(console: Console, item: ObjectiveRecord, cells: Sequence[Text]) -> None:
    status, title, *rest = cells
    line(console, Text.assemble(" ", status, "  "), title)
    for name, cell in zip(_HEAD[2:], rest, strict=True):
        if cell.plain != "-":
            line(console, Text(f"   {name.lower():<10}", "dim"), cell)
    if item.status == "overdue" and item.excused_until:
        line(console, Text("   excused   ", "dim"), Text(f"until {item.excused_until}"))


def _footnotes(
    console: Console, objectives: Sequence[ObjectiveRecord], header: Header, at: datetime.date, *, verbose: bool
) -> None:
    blocks = dict.fromkeys(text for item in objectives for text in _blocks(item, at))
    waived = [_waived(item, at) for item in header.waivers]
    moves = list(_moved(header.goalposts, at, verbose=verbose)) if header.goalposts else []
    for name, texts in (
        ("Blocks", blocks),
        ("Changed", list(_changed(objectives, header))),
        ("Waived", waived),
        ("Moved", moves),
        ("Notes", header.notes),
    ):
        if texts:
            gap(console)
            _list(console, name, texts)


def _blocks(item: ObjectiveRecord, at: datetime.date) -> Iterator[str]:
    for each in item.blocking[:BLOCKS]:
        yield f"{each.check}: {blocker(each, at, of=item.weighted)}"
    if item.blocking_count > BLOCKS:
        yield f"{item.id}: and {item.blocking_count - BLOCKS:,} more"


def _changed(objectives: Sequence[ObjectiveRecord], header: Header) -> Iterator[str]:
    for item in objectives:
        if item.changes and (causes := why(item)):
            was = "" if item.previous is None else f", was {measure(item, item.previous)}"
            yield f"{item.title}: {causes} since {item.changes.since.date()}{was}"
    if header.previous_at and (findings := findings_changed(header.finding_changes)):
        yield f"single findings: {findings} since {header.previous_at.date()}"


def _moved(goalposts: GoalpostsRecord, at: datetime.date, *, verbose: bool) -> Iterator[str]:
    since, moves = goalposts.known_since, moved(goalposts.moves)
    if since is None:
        yield "not known: the next audit is the first to record the goalposts"
    elif not moves:
        yield (f"no goalpost since {since}" if since < at else "not known: goalposts are recorded from this day on")
    for move in moves if verbose else moves[:MOVES]:
        yield f"{move.seen or 'not audited yet,'} {move.whose}: {move.what}{' (easier)' if move.easier else ''}"
    if len(moves) > MOVES and not verbose:
        yield f"and {len(moves) - MOVES} more since {since}"
    if goalposts.later:
        yield f"{plural(goalposts.later, 'goalpost')} after that day: all is held against the targets file as it is now"


def _waived(waiver: WaiverRecord, at: datetime.date) -> str:
    days = (waiver.expires - at).days
    return f"{', '.join(waiver.on)} {waiver.check}: {'' if days < 0 else 'expires '}{remaining(days)}"


def _list(console: Console, name: str, texts: Iterable[str]) -> None:
    for text in texts:
        line(console, Text(f" {name:<8}", "bold"), words(text))
        name = ""
