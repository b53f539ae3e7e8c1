"""The page put together, and for a large fleet the pages beside it."""

from typing import Any, TextIO

from tlsaudit.report import charts, goalposts, sentences, text, wording
from tlsaudit.report.compliance import compliance
from tlsaudit.report.document import AuditView, Counts
from tlsaudit.report.html import availability, findings, goals, how, owners, parts, places, services
from tlsaudit.report.html.environment import environment
from tlsaudit.report.html.fleet import Fleet
from tlsaudit.report.html.glossary import GLOSSARY
from tlsaudit.report.renderer import Options

BIG = 200
"""Endpoints up to which each has a line of its own, and everything is in one file."""

NAMED = 20
"""Subjects that a group of like findings names in a large fleet."""


def render(view: AuditView, out: TextIO, options: Options) -> None:
    """Above BIG endpoints, the page leads to one for each service and each owner. Where there is nowhere to put them,
    and in what a page lists beyond its bounds, it says how many are left out."""
    big = view.header.summary.endpoints > BIG
    fleet = Fleet.of(view, keep=NAMED if big else BIG, keep_of_part=BIG)
    made = environment()
    links = parts.Links()
    if big and options.pages:
        links = parts.write(view.header, fleet, made, options.pages)
    out.writelines(made.get_template("page.html.j2").generate(_page(view, fleet, links, big=big)))


def _page(view: AuditView, fleet: Fleet, links: parts.Links, *, big: bool) -> dict[str, Any]:
    header = view.header
    finished = header.finished_at or header.started_at
    at = header.day
    rollup = fleet.whole
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
        "moves": goals.moves(header.goalposts),
        "goals": [goals.goal(item, at) for item in objectives],
        "requests": sentences.requests(objectives, at),
        "decisions": [goals.decision(item, at) for item in objectives if item.decision],
        "charts": charts.draw(objectives, at),
        "links": {check: f"#{anchor}" for check, anchor in findings.anchors(rollup).items()},
        "owners": owners.owners(fleet, checks, links.owners),
        "services": services.table(fleet.services.values(), links.services, most=services.CELLS if big else None),
        "guidelines": compliance(view),
        "all_services": links.all_services,
        "glossary": GLOSSARY,
        "met": set(),
        "intro": _intro(header.summary.findings, big=big),
        "expanded": not objectives and not big,
        **findings.found(rollup, checks, NAMED if big else BIG),
        "places": [places.place(item) for item in sorted(rollup.places.values(), key=places.service_and_site)[:BIG]],
        "began": sentences.audited_at(header.started_at),
        "numbers": how.numbers(header, objectives),
        "policies": how.policies(header.policy),
        "availability": availability.places(view.availability(), BIG),
        "places_more": max(len(rollup.places) - BIG, 0),
        "endpoints": None if big else places.endpoints(sorted(view.endpoints(), key=places.service_and_site), fleet),
        "big": BIG if big else None,
        "duration": text.duration(header.summary.duration_s),
    }


def _intro(counts: Counts, *, big: bool) -> list[str]:
    said = [f"{text.outcomes(counts, 'excused')}."]
    if big:
        said.append("What says the same is grouped, and long lists are cut, with the number of what is left out.")
    return said
