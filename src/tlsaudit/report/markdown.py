"""GitHub-flavoured Markdown for a wiki or a pull request: the goals, what changed, what blocks, and the findings, those
that say the same together.

GitHub takes no more of a comment than LIMIT characters: what does not fit is cut, and that is said.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from tlsaudit.report import availability, sentences
from tlsaudit.report.compliance import Compliance, compliance
from tlsaudit.report.differences import Differences, differences
from tlsaudit.report.document import AvailabilityRecord, CheckRecord, ObjectiveRecord, ReviewRecord, WaiverRecord
from tlsaudit.report.fixes import fixes_for
from tlsaudit.report.goalposts import Moved, moved
from tlsaudit.report.markup import code, escape
from tlsaudit.report.readiness import decision_sentence
from tlsaudit.report.renderer import Options
from tlsaudit.report.review import TITLES, reviewed, written
from tlsaudit.report.rollup import CheckRollup, Group, Rollup, counts_of
from tlsaudit.report.text import joined, judged, outcomes, place, plural, short_date
from tlsaudit.report.view import Answers, AuditView
from tlsaudit.report.wording import STATUSES, blocker, by_vantage, days_late, forecast, now

LIMIT = 65_536
"""In bytes of UTF-8, of which there are never fewer than characters."""

_ROOM_TO_SAY_SO = 200
_NAMED = 5
_MESSAGES = 10
_LISTED = 10

_STATUS = {**STATUSES, "overdue": "**late**", "at-risk": "**at risk**"}
_WORDS = {"fail": "**fail**", "waived": "excused", "unknown": "unknown"}


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    room = LIMIT - _ROOM_TO_SAY_SO
    cut = 0
    for line in _lines(view):
        room -= len(line.encode()) + 1
        if room < 0 or cut:
            cut += bool(line)
        else:
            out.write(f"{line}\n")
    if cut:
        out.write(f"\n*{plural(cut, 'more line')} would not fit into a comment on GitHub, and are left out.*\n")


def _lines(view: AuditView) -> Iterator[str]:
    header, goals, at = view.header, view.objectives, view.header.day
    rollup = Rollup.of(view, keep=_NAMED)
    audited = sentences.audited_at(header.finished_at or header.started_at)
    lead = sentences.goals_sentence(goals, at) if goals else sentences.findings_sentence(view, rollup)
    yield f"# {escape(sentences.title(header, 'Encryption timetable' if goals else 'Encryption audit'))}"
    yield from ("", f"**{escape(lead)}**")
    yield from _section("What the change does", map(_reviewed, reviewed(header)))
    if goals:
        if not header.gate:
            yield from ("", f"*Changes:* {escape(sentences.changes_sentence(view, at))}")
        yield from _goals(goals, at)
        yield from _section("What blocks", (line for item in goals for line in _blocks(item, at)))
        moves = moved(header.goalposts.moves if header.goalposts and not header.gate else ())
        yield from _section("Goalposts moved", map(_move, moves))
    for item in compliance(view):
        yield from _compliance(item)
    yield from _findings(rollup, {check.id: check for check in header.checks})
    yield from _availability(view.answers())
    yield from _section("Waivers", (_waiver(item, at) for item in header.waivers))
    yield from _section("Notes", (f"*Note:* {escape(note)}" for note in header.notes))
    scope = f"{plural(header.summary.endpoints, 'endpoint')}, {header.summary.reachable:,} answered"
    yield from ("", f"*Audited {audited} from {escape(header.vantage)}: {scope}; {judged(header.summary.findings)}.*")


def _move(item: Moved) -> str:
    easier = " (easier)" if item.easier else ""
    return f"{item.seen or 'not audited yet'}, {code(item.whose)}: {escape(item.what)}{easier}"


def _section(title: str, items: Iterable[str]) -> Iterator[str]:
    for number, item in enumerate(items):
        if number == 0:
            yield from ("", f"## {title}", "")
        yield f"- {item}"


def _availability(found: Iterable[Answers]) -> Iterator[str]:
    told = availability.told(found, places=_LISTED, outages=_LISTED)
    if not told.places:
        return
    yield from ("", "## How services answered", "", "Times: half within / 95% within, in ms.", "")
    listed = (_answer(item, item.service or "-", availability.site(item)) for item in told.places)
    yield from _answers("Service | Site", listed)
    if told.more:
        yield from ("", f"and {told.more:,} more, which answered no less.")
    if told.regions:
        yield from ("", *_answers("Region", (_answer(item, item.region or "-") for item in told.regions)))
    lines = [escape(availability.outage_line(each)) for each in told.outages]
    if told.earlier:
        lines.append(f"and {told.earlier:,} more, earlier ones")
    yield from _section("Outages", lines)


def _answers(of: str, rows: Iterable[str]) -> Iterator[str]:
    yield f"| {of} | Answered | Of the time | Connect | Handshake | First byte | By |"
    yield "|" + "---|" * (of.count("|") + 7)
    yield from rows


def _answer(item: AvailabilityRecord, *of: str) -> str:
    cells = (
        *of,
        availability.answered(item),
        availability.of_the_time(item),
        availability.times(item.connect_median_ms, item.connect_p95_ms),
        availability.times(item.handshake_median_ms, item.handshake_p95_ms),
        availability.times(item.median_ms, item.p95_ms),
        availability.sampling(item),
    )
    return f"| {' | '.join(map(escape, cells))} |"


def _reviewed(item: ReviewRecord) -> str:
    title = f"**{TITLES[item.kind]}**" if item.kind == "broken" else TITLES[item.kind]
    return f"{title}, {code(written(item.location))}: {escape(item.message)}"


def _goals(goals: Iterable[ObjectiveRecord], at: datetime.date) -> Iterator[str]:
    yield from ("", "## Goals", "", "| Status | Goal | Now | Milestone | Expected | Who |", "|---|---|---|---|---|---|")
    for item in goals:
        status = _STATUS[item.status]
        if item.status == "overdue" and item.excused_until:
            status = f"excused until {short_date(item.excused_until, at)}"
        who = (item.owner or "nobody yet").partition("@")[0]
        cells = (item.title, now(item, "excused"), _milestone(item, at), forecast(item, at) or "-", who)
        yield f"| {status} | {' | '.join(map(escape, cells))} |"


def _milestone(item: ObjectiveRecord, at: datetime.date) -> str:
    if item.due is None:
        return "-"
    late = days_late(item, at)
    target = "decide" if item.kind == "decision" else item.target or ""
    return f"{target} by {short_date(item.due, at)}" + (f", {plural(late, 'day')} late" if late else "")


def _blocks(item: ObjectiveRecord, at: datetime.date) -> Iterator[str]:
    if item.decision and item.decision.outcome == "undecided":
        yield f"**{escape(item.title)}** {escape(decision_sentence(item, at))}"
    for each in item.blocking[:_LISTED]:
        yield f"**{escape(item.title)}:** {code(each.check)} {escape(blocker(each, at, 'excused', item.weighted))}"
    if item.blocking_count > _LISTED:
        yield f"**{escape(item.title)}:** and {item.blocking_count - _LISTED:,} more"


def _compliance(item: Compliance) -> Iterator[str]:
    yield from ("", f"## {escape(item.title)}", "")
    yield f"{code(item.check)} {escape(item.sentence())} ({escape(item.profile.url)})"
    yield ""
    for gap in (*item.gaps, *item.announced):
        whom = _first([place(name) for name in gap.subjects], gap.count)
        later = f"announced, from {gap.since} on: " if gap.since else ""
        yield f"- {later}{code(gap.rule)} {escape(gap.found)}: {escape(whom)}"
        yield f"  - to do: {escape(gap.fix)} (source: {escape(gap.source)})"
        yield from (f"  - {escape(server)}: {code(line)}" for server, lines in gap.lines.items() for line in lines)


def _findings(rollup: Rollup, checks: Mapping[str, CheckRecord]) -> Iterator[str]:
    faulty = [item for item in rollup.worst_first() if item.id in rollup.faults]
    if not faulty and not rollup.silent.count:
        return
    yield from ("", "## Findings")
    for item in faulty:
        yield from _check(item, checks.get(item.id))
    if rollup.silent.count:
        yield from ("", f"### No answer: {plural(rollup.silent.count, 'endpoint')}", "")
        for reason, said in rollup.silent.most_common(_MESSAGES):
            yield f"- unknown {escape(reason)}: {escape(_first([*map(place, said.names)], said.count))}"


def _check(item: CheckRollup, check: CheckRecord | None) -> Iterator[str]:
    title = f": {escape(check.title)}" if check else ""
    yield from ("", f"### {code(item.id)}{title}", "")
    yield f"{item.severity}, {outcomes(counts_of(item.counts), 'excused')}"
    yield ""
    groups = item.groups(*_WORDS)
    for group in groups[:_MESSAGES]:
        yield _group(group)
        if told := differences(group.first.facts):
            yield from _differences(told)
    rest = sum(group.count for group in groups[_MESSAGES:]) + item.beyond
    if rest:
        yield f"- and {plural(rest, 'more finding')} with other messages"
    failing = next((group.first for group in groups if group.standing == "fail"), None)
    if check and failing:
        fixes = fixes_for(check, failing.subject.id)
        yield from (f"- fix, {escape(server)}: {code(line)}" for server, line in fixes.items())


def _group(group: Group) -> str:
    first = group.first
    excuse = f" (excused: {escape(first.waiver)})" if first.waiver is not None else ""
    whom = _first([place(name) for name in group.subjects], group.count)
    where = "" if first.subject.kind == "fleet" else f": {escape(whom)}"
    seen = by_vantage(first) if group.count == 1 else ""
    return f"- {_WORDS[group.standing]} {escape(first.message)}{excuse}{where}{escape(f' ({seen})') if seen else ''}"


def _differences(told: Differences) -> Iterator[str]:
    """A table of its own, which ends the list that it stands in."""
    yield from (
        "",
        f"| Host | What | {' | '.join(map(escape, told.places))} |",
        f"|---|---|{'---|' * len(told.places)}",
    )
    yield from (f"| {' | '.join(map(escape, row))} |" for row in told.rows)
    yield ""
    if told.more:
        yield from (f"and {plural(told.more, 'more line')}.", "")


def _first(names: list[str], count: int) -> str:
    more = count - _NAMED
    return joined([*names[:_NAMED], *([plural(more, "other")] if more > 0 else [])])


def _waiver(item: WaiverRecord, at: datetime.date) -> str:
    ends = "until" if item.expires >= at else "expired"
    return (
        f"{code(item.check)} on {escape(joined(item.on))} {ends} {short_date(item.expires, at)}: {escape(item.reason)}"
    )
