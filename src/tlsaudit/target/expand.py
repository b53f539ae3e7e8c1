"""The services of targets.yaml, and what their inventories hold -> endpoints, and the road to each."""

import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from tlsaudit.target.defaults import http_companion, with_root
from tlsaudit.target.endpoint import BY_DNS, NO_WEIGHTS, Drill, Endpoint, Location, Route
from tlsaudit.target.model import DefaultsSection, HostSection, PlaceSection, ServiceSection
from tlsaudit.target.roster import Roster
from tlsaudit.target.routes import At, routes_of
from tlsaudit.target.services import Services
from tlsaudit.target.source import KEY
from tlsaudit.target.targets import Place

Locate = Callable[[Place], Location]
"""Where the value at a place in the file is written."""

_Routes = Mapping[str | None, Route]
_NO_ID = re.compile(r"[^A-Za-z0-9._-]+")


class Expanded(NamedTuple):
    """`endpoints` are those of all services, service by service."""

    services: Services
    endpoints: Roster


@dataclass(slots=True)
class _Said:
    """What is said of a service, also of one that only rows of an inventory name."""

    section: ServiceSection
    owner: str | None
    sample: int


def expand_services(
    sections: Mapping[str, ServiceSection], defaults: DefaultsSection, locate: Locate, listed: Mapping[str, Roster]
) -> Expanded:
    """Every service with its endpoints: each host at each of its sites. `listed` is what inventories hold, by the
    service that names them. A row that names another service is of that one; where it has no section, what the naming
    one says holds for it.

    An endpoint counts once: as it stands under `hosts`, else where an inventory has it first. The endpoints at a site
    share one route that knows all hosts there, so that a redirect to a sibling is followed at the same site.
    """
    said = _said(sections, defaults, listed)
    routes = _routes(sections, said, listed)
    numbers = {name: number for number, name in enumerate(said)}
    services = array("I")

    def everything() -> Iterator[Endpoint]:
        for endpoint in chain(_written(sections, said, routes, locate), _rows(said, listed, routes)):
            services.append(numbers[str(endpoint.service)])
            yield endpoint if endpoint.speaks_http or not endpoint.sample else replace(endpoint, sample=0)

    endpoints = Roster(everything())
    if listed:
        again = {number for _, *further in endpoints.repeated() for number in further}
        order = [number for number in range(len(endpoints)) if number not in again]
        order.sort(key=services.__getitem__)
        services = array("I", (services[number] for number in order))
        endpoints = endpoints.picked(order)
    return Expanded(_parts(endpoints, services, said, sections, locate), endpoints)


def _said(
    sections: Mapping[str, ServiceSection], defaults: DefaultsSection, listed: Mapping[str, Roster]
) -> dict[str, _Said]:
    """By service; the owner of one without a section is the first that a row names."""

    def of(section: ServiceSection, owner: str | None) -> _Said:
        sample = defaults.sample if section.sample is None else section.sample
        return _Said(section, owner or section.owner or defaults.owner, sample)

    said = {name: of(section, None) for name, section in sections.items()}
    owners: dict[str, str] = {}
    for rows in listed.values():
        for called, owner in rows.owned():
            if owner:
                owners.setdefault(_id(called), owner)
    alike: dict[tuple[str, str | None], _Said] = {}
    for naming, rows in listed.items():
        for called, _ in rows.owned():
            if (name := _id(called)) not in said:
                owner = owners.get(name)
                said[name] = alike.setdefault((naming, owner), of(sections[naming], owner))
    return said


def _parts(
    endpoints: Roster,
    services: "array[int]",
    said: Mapping[str, _Said],
    sections: Mapping[str, ServiceSection],
    locate: Locate,
) -> Services:
    """Each service with its part of the endpoints, which are in the order of the services."""
    parts = Services(endpoints)
    start = 0
    for number, (name, of) in enumerate(said.items()):
        count = 0
        while start + count < len(services) and services[start + count] == number:
            count += 1
        start += count
        if name in sections:
            drills = (
                Drill(item.day, item.origin, item.to, item.result == "ok", item.record) for item in of.section.drills
            )
            parts.add_written(name, of.owner, count, locate(("services", name, KEY)), tuple(drills))
        elif count:
            parts.add(name, of.owner, count)
    return parts


def _written(
    sections: Mapping[str, ServiceSection], said: Mapping[str, _Said], routes: _Routes, locate: Locate
) -> Iterator[Endpoint]:
    """What stands under `hosts`."""
    for service, section in sections.items():
        of = said[service]
        pages = with_root(section.pages)
        sites = tuple(section.at or (None,))
        for index, entry in enumerate(section.hosts):
            host, port, starttls = entry.host
            location = locate(("services", service, "hosts", index))
            weights = {name: weight / len(sites) for name, weight in entry.weights.items()} or NO_WEIGHTS
            http_port = None if starttls else http_companion(port)
            for site in sites:
                route = routes[site] if site else BY_DNS
                was = former_ids(entry, site)
                yield Endpoint(
                    host,
                    port,
                    http_port,
                    service,
                    site,
                    of.owner,
                    pages,
                    route,
                    starttls,
                    of.sample,
                    weights,
                    was,
                    location,
                )


def _rows(said: Mapping[str, _Said], listed: Mapping[str, Roster], routes: _Routes) -> Iterator[Endpoint]:
    """What inventories hold."""
    for naming, rows in listed.items():
        for row in rows:
            service = _service(row.service, naming)
            of = said[service]
            owner = row.owner or of.owner
            pages = with_root((*of.section.pages, *row.pages))
            for site in _sites(row.site, of.section.at or {}):
                yield Endpoint(
                    row.host,
                    row.port,
                    row.http_port,
                    service,
                    site,
                    owner,
                    pages,
                    routes.get(site, BY_DNS),
                    row.starttls,
                    of.sample,
                    location=row.location,
                    web=row.web,
                )


def _service(called: str | None, naming: str) -> str:
    return _id(called) if called else naming


def _id(called: str) -> str:
    """What an inventory calls a service, as an id."""
    return _NO_ID.sub("-", called).strip("-._")[:100] or "service"


def _sites(site: str | None, at: Mapping[str, PlaceSection]) -> tuple[str | None, ...]:
    return (site,) if site else tuple(at) or (None,)


def former_ids(entry: HostSection, site: str | None) -> tuple[str, ...]:
    """The ids that the endpoint of a host at a site had before the host was renamed."""
    return tuple(Endpoint(host, port, site=site, starttls=starttls).id for host, port, starttls in entry.was)


def _routes(sections: Mapping[str, ServiceSection], said: Mapping[str, _Said], listed: Mapping[str, Roster]) -> _Routes:
    """By site."""
    return routes_of(lambda: chain(_hosts_at(sections), _rows_at(said, listed)))


def _hosts_at(sections: Mapping[str, ServiceSection]) -> Iterator[At]:
    for section in sections.values():
        for site, place in (section.at or {}).items():
            here = tuple(dict.fromkeys(place.address))
            for host, port, _ in (entry.host for entry in section.hosts):
                yield At(site, host, port, here, place.ports)


def _rows_at(said: Mapping[str, _Said], listed: Mapping[str, Roster]) -> Iterator[At]:
    """The address of a row counts before that of its service."""
    for naming, rows in listed.items():
        for called, where, host, port, addresses in rows.places():
            at = said[_service(called, naming)].section.at or {}
            for site in _sites(where, at):
                if addresses:
                    yield At(site, host, port, addresses)
                elif site in at:
                    yield At(site, host, port, tuple(dict.fromkeys(at[site].address)), at[site].ports)
