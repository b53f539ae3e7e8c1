"""The pages of a large fleet: one for each service, one for each owner, and the list of all services."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any
from urllib.parse import quote

from jinja2 import Environment, Template

from tlsaudit.report import sentences
from tlsaudit.report.document import CheckRecord, Header
from tlsaudit.report.html import findings, owners, places, services
from tlsaudit.report.html.fleet import Fleet, Part
from tlsaudit.report.html.names import file_names
from tlsaudit.report.pages import Pages

_ALL_SERVICES = "services.html"


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of the pages as links in the report name them; empty where there are none."""

    services: Mapping[str | None, str] = field(default_factory=dict)
    owners: Mapping[str | None, str] = field(default_factory=dict)
    all_services: str | None = None

    def within(self, folder: str) -> "Links":
        """As a page beside the folder names them."""
        lead = quote(folder)
        return Links(
            {name: f"{lead}/{file}" for name, file in self.services.items()},
            {name: f"{lead}/{file}" for name, file in self.owners.items()},
            f"{lead}/{self.all_services}",
        )


def write(header: Header, fleet: Fleet, made: Environment, pages: Pages) -> Links:
    """Returns the links of the report to them. Raises OSError, ReportError."""
    links = Links(file_names("service", fleet.services), file_names("owner", fleet.owners), _ALL_SERVICES)
    checks = {item.id: item for item in header.checks}
    todo = owners.Todo(checks)
    report = f"../{quote(pages.report)}"
    explained = {check: f"{report}#{anchor}" for check, anchor in findings.anchors(fleet.whole).items()}
    common = {"header": header, "at": header.day, "links": links, "report": report, "explained": explained}
    template = made.get_template("part.html.j2")
    for part in fleet.services.values():
        shown = {"kind": "service", **_part(part, checks, todo), **_of_service(part, fleet)}
        pages.add(links.services[part.name], partial(_fill, template, common | shown))
    for part in fleet.owners.values():
        theirs = [item for item in fleet.services.values() if item.owner == part.name]
        shown = {"kind": "owner", **_part(part, checks, todo), "services": services.table(theirs, links.services)}
        pages.add(links.owners[part.name], partial(_fill, template, common | shown))
    listed = {"services": services.table(fleet.services.values(), links.services)}
    pages.add(_ALL_SERVICES, partial(_fill, made.get_template("all.html.j2"), common | listed))
    return links.within(pages.name)


def _part(part: Part, checks: Mapping[str, CheckRecord], todo: owners.Todo) -> dict[str, Any]:
    return {
        "name": part.name,
        "owner": part.owner,
        "lead": sentences.part_sentence(len(part.endpoints), part.rollup),
        "todo": todo.all_open(part),
        "passing": findings.passing(part.rollup, checks),
    }


def _of_service(part: Part, fleet: Fleet) -> dict[str, Any]:
    worst_first = sorted(part.endpoints, key=lambda item: (item.reachable, -len(fleet.faults[item.id]), item.id))
    return {
        "places_more": 0,
        "places": [places.place(item) for item in sorted(part.rollup.places.values(), key=places.service_and_site)],
        "endpoints": places.endpoints(worst_first, fleet),
    }


def _fill(template: Template, shown: Mapping[str, Any], out: IO[str]) -> None:
    out.write(template.render(shown))
