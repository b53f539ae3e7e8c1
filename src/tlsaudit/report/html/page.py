"""The page put together.

Above BIG endpoints the single endpoints give way to their services and sites, and long lists are cut with the
number of what is left out.
"""

from itertools import islice
from typing import Any, TextIO

from tlsaudit.report import chart, goalposts, sentences, text, wording
from tlsaudit.report.document import AuditView
from tlsaudit.report.html import findings, goals, places
from tlsaudit.report.html.environment import environment
from tlsaudit.report.renderer import Options
from tlsaudit.report.rollup import Rollup

BIG = 200
"""Endpoints up to which each has a line of its own."""

NAMED = 20
"""Subjects that a group of like findings names; all of them up to BIG endpoints."""


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    out.writelines(environment().get_template("page.html.j2").generate(_page(view)))


def _page(view: AuditView) -> dict[str, Any]:
    header = view.header
    finished = header.finished_at or header.started_at
    at = header.day
    big = header.summary.endpoints > BIG
    rollup = Rollup.of(view, keep=NAMED if big else BIG)
    objectives = sorted(view.objectives, key=goals.urgency)
    checks = {item.id: item for item in header.checks}
    return {
        "header": header,
        "title": sentences.title(header, "Encryption timetable" if objectives else "Encryption audit"),
        "at": at,
        "audited": sentences.audited_at(finished),
        "judged": text.judged(header.summary.findings),
        "lead": sentences.goals_sentence(objectives, at) if objectives else sentences.findings_sentence(view, rollup),
        "changes": sentences.changes_sentence(view, at) if objectives else None,
        "watched": goalposts.sentence(header.goalposts, at) if objectives and header.goalposts else None,
        "changed": [goals.changed(item) for item in objectives if item.changes and wording.why(item)],
        "moves": goalposts.moved(header.goalposts.moves) if header.goalposts else [],
        "goals": [goals.goal(item, at) for item in objectives],
        "requests": sentences.requests(objectives, at),
        "decisions": [goals.decision(item, at) for item in objectives if item.decision],
        "charts": [chart.draw(objectives, at, width) for width in (960, 330)],
        "checks": [
            findings.check(checks.get(item.id), item.id, rollup)
            for item in rollup.worst_first()
            if findings.faulty(rollup, item.id)
        ],
        "passing": [
            checks[item.id].title if item.id in checks else item.id
            for item in rollup.worst_first()
            if not findings.faulty(rollup, item.id) and item.counts["pass"]
        ],
        "silent": list(islice(rollup.silent.items(), NAMED if big else BIG)),
        "silent_count": len(rollup.silent),
        "places": [places.place(item) for item in sorted(rollup.places.values(), key=places.service_and_site)[:BIG]],
        "places_more": max(len(rollup.places) - BIG, 0),
        "endpoints": None if big else places.endpoints(view),
        "big": BIG if big else None,
        "duration": text.duration(header.summary.duration_s),
    }
