"""The pages of a large fleet: one for each service, one for each owner, and the list of all services."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from tlsaudit.report import sentences
from tlsaudit.report.document import Header
from tlsaudit.report.html import findings, owners, rows, services
from tlsaudit.report.html.environment import environment
from tlsaudit.report.html.fleet import Part, Service
from tlsaudit.report.html.fragment import HOLE, Frame, joined
from tlsaudit.report.html.names import file_name
from tlsaudit.report.html.places import service_and_site
from tlsaudit.report.pages import Pages


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of the pages, as a page beside their `folder` names them; empty where it is in there."""

    folder: str = ""

    def service(self, name: str | None) -> str:
        return self._within(file_name("service", name))

    def owner(self, name: str | None) -> str:
        return self._within(file_name("owner", name))

    @property
    def all_services(self) -> str:
        return self._within("services.html")

    def _within(self, file: str) -> str:
        return f"{quote(self.folder)}/{file}" if self.folder else file


class Parts:
    """Writes the pages. Each method raises OSError, ReportError."""

    def __init__(self, header: Header, todo: owners.Todo, pages: Pages) -> None:
        self._todo = todo
        self._pages = pages
        self._links = Links()
        self._report = f"../{quote(pages.report)}"
        self._common: dict[str, Any] = {
            "header": header,
            "at": header.day,
            "links": self._links,
            "report": self._report,
        }
        holes = dict.fromkeys(("title", "lead", "belongs", "todo", "passing", "places", "endpoints", "left_out"), HOLE)
        frame = environment().get_template("service.html.j2")
        self._service = Frame(frame.render(self._common | holes | {"places_more": 0}))
        self._services = services.Kept(pages.scratch())

    def service(self, service: Service, row: services.Row) -> None:
        """`row` is the service's in the tables of its owner and of all services."""
        self._services.add(row)
        name, owner, ordered = service.name, service.owner, service.worst_first()
        page = self._service(
            *(["No service" if name is None else name] * 2),
            self._lead(service),
            "" if owner is None else rows.belongs(self._links.owner(owner), owner),
            self._to_do(service),
            findings.passing(service.rollup, self._todo.checks),
            joined(map(rows.place_row, sorted(service.places.values(), key=service_and_site))),
            joined(map(rows.endpoint_row, ordered)),
            rows.left_out(service.endpoints - len(ordered)),
        )
        self._pages.put(self._links.service(name), page)

    def owner(self, owner: Part) -> None:
        """After all services."""
        shown = {
            "title": "No owner" if owner.name is None else owner.name,
            "lead": self._lead(owner),
            "belongs": "",
            "todo": self._to_do(owner),
            "passing": findings.passing(owner.rollup, self._todo.checks),
            "services": self._services.of(owner.name, self._links.service),
        }
        self._add(self._links.owner(owner.name), "owner.html.j2", shown)

    def all_services(self) -> None:
        """After all services."""
        self._add(self._links.all_services, "all.html.j2", {"services": self._services.all(self._links.service)})

    def _add(self, name: str, template: str, shown: Mapping[str, Any]) -> None:
        page = environment().get_template(template)
        self._pages.add(name, lambda out: out.writelines(page.generate(shown, **self._common)))

    def _lead(self, part: Part) -> str:
        return sentences.part_sentence(part.endpoints, part.rollup)

    def _to_do(self, part: Part) -> Markup:
        return rows.to_do([rows.todo_row(line, self._report, evidence=True) for line in self._todo.all_open(part)])
