"""The page put together, and for a large fleet the pages beside it."""

from collections.abc import Callable
from typing import Any, TextIO

from tlsaudit.report import charts, goalposts, sentences, text, wording
from tlsaudit.report.charts import Charts
from tlsaudit.report.compliance import compliance
from tlsaudit.report.document import Counts
from tlsaudit.report.html import availability, findings, goals, how, owners, parts, places, rows, services
from tlsaudit.report.html.environment import environment
from tlsaudit.report.html.fleet import Fleet, Line, Service
from tlsaudit.report.html.fragment import joined
from tlsaudit.report.html.glossary import GLOSSARY
from tlsaudit.report.html.names import Anchors
from tlsaudit.report.html.places import Place
from tlsaudit.report.renderer import Options
from tlsaudit.report.view import AuditView

BIG = 200
"""Endpoints up to which each has a line of its own, and everything is in one file."""

NAMED = 20
"""Subjects that a group of like findings names in a large fleet."""


def render(view: AuditView, out: TextIO, options: Options) -> None:
    """Above BIG endpoints, the page leads to one for each service and each owner. Where there is nowhere to put them,
    and in what a page lists beyond its bounds, it says how many are left out."""
    big = view.header.summary.endpoints > BIG
    drawn = charts.begin(sorted(view.objectives, key=goals.urgency), view.header.day)
    todo = owners.Todo({item.id: item for item in view.header.checks}, Anchors())
    pages = parts.Parts(view.header, todo, options.pages) if big and options.pages else None
    links = parts.Links(options.pages.name) if big and options.pages else None
    found = _Found()

    def take(service: Service) -> None:
        row = services.row(service)
        found.add(service, row)
        if pages:
            pages.service(service, row)

    fleet = Fleet.of(view, keep=NAMED if big else BIG, keep_of_part=BIG, take=take)
    if pages:
        for owner in fleet.owners.values():
            pages.owner(owner)
        pages.all_services()
    page = _page(view, fleet, found, todo, links, drawn=drawn, big=big)
    out.writelines(environment().get_template("page.html.j2").generate(page))


class _Found:
    """What the page shows of single services: the worst of them, and the first BIG of the places and the endpoints."""

    def __init__(self) -> None:
        self.worst = services.Worst()
        self._places: list[Place] = []
        self.places_count = 0
        self.lines: list[Line] = []

    def add(self, service: Service, row: services.Row) -> None:
        self.worst.add(row)
        self.lines += service.lines[: BIG - len(self.lines)]
        self.places_count += len(service.places)
        self._places += service.places.values()
        if len(self._places) > 2 * BIG:
            self._places = self.places

    @property
    def places(self) -> list[Place]:
        return sorted(self._places, key=places.service_and_site)[:BIG]


def _page(
    view: AuditView,
    fleet: Fleet,
    found: _Found,
    todo: owners.Todo,
    links: parts.Links | None,
    *,
    drawn: Callable[[], Charts],
    big: bool,
) -> dict[str, Any]:
    header = view.header
    finished = header.finished_at or header.started_at
    at = header.day
    rollup = fleet.whole
    objectives = sorted(view.objectives, key=goals.urgency)
    shown = found.places
    lines = [] if big else sorted(found.lines, key=lambda line: places.service_and_site(line.endpoint))
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
        "charts": drawn(),
        "owners": owners.owners(fleet, todo, links.owner if links else None),
        "services": found.worst.table(links.service if links else None, most=services.CELLS if big else None),
        "guidelines": compliance(view),
        "all_services": links.all_services if links else None,
        "glossary": GLOSSARY,
        "met": set(),
        "intro": _intro(header.summary.findings, big=big),
        "expanded": not objectives and not big,
        **findings.found(rollup, todo.checks, todo.anchors, NAMED if big else BIG),
        "places": joined(map(rows.place_row, shown)),
        "began": sentences.audited_at(header.started_at),
        "numbers": how.numbers(header, objectives),
        "policies": how.policies(header.policy),
        "availability": availability.places(view.answers(), BIG),
        "places_more": found.places_count - len(shown),
        "endpoints": joined(map(rows.endpoint_row, lines)),
        "listed": len(lines),
        "big": BIG if big else None,
        "duration": text.duration(header.summary.duration_s),
    }


def _intro(counts: Counts, *, big: bool) -> list[str]:
    said = [f"{text.outcomes(counts, 'excused')}."]
    if big:
        said.append("What says the same is grouped, and long lists are cut, with the number of what is left out.")
    return said
