"""The leadership page: one self-contained HTML file without scripts and without outside requests.

Above BIG endpoints the single endpoints give way to their services and sites, and long lists are cut with the
number of what is left out.
"""

import base64
import datetime
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib import resources
from itertools import islice
from statistics import median, quantiles
from typing import Any, TextIO

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from tlsaudit.report import chart, goalposts, readiness, sentences, text, wording
from tlsaudit.report.document import AuditView, CheckRecord, Counts, EndpointRecord, FindingRecord, ObjectiveRecord
from tlsaudit.report.renderer import Options
from tlsaudit.report.rollup import Group, Place, Rollup, counts_of, standing

BIG = 200
"""Endpoints up to which each has a line of its own."""

NAMED = 20
"""Subjects that a group of like findings names; all of them up to BIG endpoints."""

MESSAGES = 25
"""Different messages that are shown of one check."""

LISTED = 10
"""Lines that say what blocks one goal."""

_STATUS = {
    "overdue": ("late", "late"), "excused": ("excused", "excused"), "at-risk": ("at risk", "risk"),
    "not-measured": ("not measured", "blind"), "undecided": ("decide", "decide"), "on-track": ("on track", "track"),
    "met": ("met", "met"),
}  # fmt: skip

_ORDER = list(_STATUS)

_EXPECTED = {
    "no change": "not at this pace", "moving away": "not at this pace", "over 10 years": "in over 10 years",
    "unsteady": "no steady pace",
}  # fmt: skip

_CODE = re.compile(r"`([^`\n]+)`")


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    folder = resources.files("tlsaudit.report")
    style = (folder / "page.css").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_harmless
    )
    environment.filters.update(
        percent=text.percent, ms=text.milliseconds, long_date=text.long_date, date=text.short_date,
        outcomes=text.outcomes, prose=_prose, link=text.web_link, plural=text.plural, json=_json,
    )  # fmt: skip
    template = environment.from_string((folder / "page.html.j2").read_text(encoding="utf-8"))
    # The hash in the policy is that of the style element's text, as it stands in the page.
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    ours = {"style": Markup(style), "style_hash": Markup(digest)}  # noqa: S704 no one else's text
    out.writelines(template.generate(ours, **_page(view)))


def _harmless(value: Any) -> Any:
    return text.clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _prose(source: str) -> Markup:
    """Paragraphs and lists of a check's documentation, with code in backticks; all else is text."""
    parts = []
    for block in source.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("- ") or ": `" not in line]
        paragraph = " ".join(" ".join(lines).split())
        if paragraph:
            coded = _CODE.sub(r"<code>\1</code>", str(escape(text.clean(paragraph))))
            parts.append(f"<p>{coded}</p>")
    return Markup("".join(parts))  # noqa: S704 escaped above


def _page(view: AuditView) -> dict[str, Any]:
    header = view.header
    finished = header.finished_at or header.started_at
    at = header.day
    big = header.summary.endpoints > BIG
    rollup = Rollup.of(view, keep=NAMED if big else BIG)
    goals = sorted(view.objectives, key=_urgency)
    checks = {item.id: item for item in header.checks}
    return {
        "header": header,
        "title": "Encryption timetable" if goals else "Encryption audit",
        "at": at,
        "audited": sentences.audited_at(finished),
        "judged": text.judged(header.summary.findings),
        "lead": sentences.goals_sentence(goals, at) if goals else sentences.findings_sentence(view, rollup),
        "changes": sentences.changes_sentence(view, at) if goals else None,
        "watched": goalposts.sentence(header.goalposts, at) if goals and header.goalposts else None,
        "changed": [_changed(item) for item in goals if item.changes and wording.why(item)],
        "moves": goalposts.moved(header.goalposts.moves) if header.goalposts else [],
        "goals": [_goal(item, at) for item in goals],
        "requests": sentences.requests(goals, at),
        "decisions": [_decision(item, at) for item in goals if item.decision],
        "charts": [chart.draw(goals, at, width) for width in (960, 330)],
        "checks": [
            _check(checks.get(item.id), item.id, rollup) for item in rollup.worst_first() if _faulty(rollup, item.id)
        ],
        "passing": [
            checks[item.id].title if item.id in checks else item.id
            for item in rollup.worst_first()
            if not _faulty(rollup, item.id) and item.counts["pass"]
        ],
        "silent": list(islice(rollup.silent.items(), NAMED if big else BIG)),
        "silent_count": len(rollup.silent),
        "places": [_place(item) for item in sorted(rollup.places.values(), key=_service_and_site)[:BIG]],
        "places_more": max(len(rollup.places) - BIG, 0),
        "endpoints": None if big else _endpoints(view),
        "big": BIG if big else None,
        "duration": text.duration(header.summary.duration_s),
    }


def _goal(item: ObjectiveRecord, at: datetime.date) -> dict[str, Any]:
    excused = item.status == "overdue" and item.excused_until is not None
    word, kind = _STATUS["excused" if excused else item.status]
    late = wording.days_late(item, at)
    owner = (item.owner or "nobody yet").partition("@")[0]
    blocking = [(each.check, wording.blocker(each, at, "excused", item.weighted)) for each in item.blocking[:LISTED]]
    return {
        "record": item,
        "word": word,
        "kind": kind,
        "now": wording.now(item, "excused"),
        "target": text.clean(item.target or ""),
        "due": text.short_date(item.due, at) if item.due else "-",
        "late": f"{text.plural(late, 'day')} late" if late else "",
        "expected": _expected(item, at),
        "owner": owner,
        "next": blocking[0][1] if blocking else "",
        "blocking": blocking,
        "blocking_more": max(item.blocking_count - LISTED, 0),
        "figures": [(item.title, point.date, wording.measure(item, point.figure)) for point in item.figures],
        "milestones": [(item.title, one, chart.state(one, at)) for one in item.milestones],
        "total": text.denominator(item.counts),
    }


def _changed(item: ObjectiveRecord) -> dict[str, Any]:
    figures = [
        "-" if number is None else wording.measure(item, number) for number in (item.previous, wording.figure(item))
    ]
    return {
        "title": item.title,
        "since": item.changes and item.changes.since.date(),
        "was": figures[0],
        "now": figures[1],
        "why": wording.why(item),
    }


def _decision(item: ObjectiveRecord, at: datetime.date) -> dict[str, Any]:
    late = item.status == "overdue"
    kinds = {"ready": "met", "open": "risk", "not measured": "blind", "does not apply": "blind"}
    return {
        "title": item.title,
        "kind": "late" if late else _STATUS[item.status][1],
        "late": late,
        "sentence": readiness.decision_sentence(item, at),
        "owner": item.owner or "nobody yet",
        "record": item.decision.record if item.decision else None,
        "sheet": [(kinds[asked.state], asked) for asked in readiness.sheet(item, at)],
    }


def _urgency(item: ObjectiveRecord) -> int:
    """The place among the goals: what is late first, what is met last."""
    if item.status == "overdue" and item.excused_until:
        return _ORDER.index("excused")
    return _ORDER.index(item.status)


def _expected(item: ObjectiveRecord, at: datetime.date) -> str:
    if item.status == "met":
        return "reached"
    if item.kind == "decision":
        return "-"
    foreseen = wording.forecast(item, at)
    return _EXPECTED.get(foreseen, foreseen) if foreseen else "not known yet"


def _faulty(rollup: Rollup, check: str) -> bool:
    counts = rollup.checks[check].counts
    return any(counts[kind] for kind in ("fail", "waived", "unknown"))


def _check(record: CheckRecord | None, name: str, rollup: Rollup) -> dict[str, Any]:
    item = rollup.checks[name]
    groups = item.groups("fail", "waived", "unknown")
    return {
        "id": name,
        "record": record,
        "severity": item.severity,
        "counts": counts_of(item.counts),
        "groups": [_group(group) for group in groups[:MESSAGES]],
        "more": sum(group.count for group in groups[MESSAGES:]) + item.beyond,
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "standing": group.standing,
        "finding": group.first,
        "count": group.count,
        "subjects": group.subjects,
        "more": group.count - len(group.subjects),
        "facts": list(_facts(group.first)),
    }


def _facts(finding: FindingRecord) -> Iterator[tuple[str, str]]:
    for name, value in finding.facts.items():
        if isinstance(value, dict):
            shown = "; ".join(f"{what}: {_shown(who)}" for what, who in value.items())
        else:
            shown = _shown(value)
        yield name.replace("_", " "), shown


def _shown(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else _json(value)


def _service_and_site(item: Place | EndpointRecord) -> tuple[str, str]:
    return item.service or "", item.site or ""


def _place(item: Place) -> dict[str, Any]:
    return {
        "record": item,
        "counts": counts_of(item.counts),
        "connect": _latency(item.connect),
        "first_byte": _latency(item.first_byte),
    }


def _latency(values: list[float]) -> tuple[float, float] | None:
    """The median and the 95th percentile, in milliseconds."""
    if not values:
        return None
    slow = quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
    return median(values), slow


def _endpoints(view: AuditView) -> list[tuple[EndpointRecord, Counts]]:
    tallies: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in view.findings():
        tallies[finding.endpoint or ""][standing(finding)] += 1
    ordered = sorted(view.endpoints(), key=_service_and_site)
    return [(item, counts_of(tallies[item.id])) for item in ordered]
