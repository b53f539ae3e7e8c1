"""The services of targets.yaml -> their endpoints, and the road to each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from tlsaudit.target.defaults import http_companion, with_root
from tlsaudit.target.endpoint import Drill, Endpoint, Location, Route, Service, SocketAddress
from tlsaudit.target.model import DefaultsSection, HostSection, PlaceSection, ServiceSection
from tlsaudit.target.source import KEY
from tlsaudit.target.targets import Place

Locate = Callable[[Place], Location]
"""Where the value at a place in the file is written."""


def expand_services(
    sections: Mapping[str, ServiceSection], defaults: DefaultsSection, locate: Locate
) -> dict[str, Service]:
    """Every service with its endpoints: each host at each of its sites.

    The endpoints at a site share one route that knows all hosts there, so that a redirect to a sibling is followed
    at the same site.
    """
    routes = _routes(sections)
    services = {}
    for name, section in sections.items():
        owner = section.owner or defaults.owner
        sample = defaults.sample if section.sample is None else section.sample
        endpoints = tuple(_endpoints(name, section, owner, sample, routes, locate=locate))
        drills = tuple(
            Drill(item.day, item.origin, item.to, item.result == "ok", item.record) for item in section.drills
        )
        services[name] = Service(name, owner, endpoints, locate(("services", name, KEY)), drills)
    return services


def _endpoints(
    service: str,
    section: ServiceSection,
    owner: str | None,
    sample: int,
    routes: Mapping[str, Route],
    *,
    locate: Locate,
) -> Iterator[Endpoint]:
    pages = with_root(section.pages)
    sites = tuple(section.at or (None,))
    for index, entry in enumerate(section.hosts):
        host, port, starttls = entry.host
        location = locate(("services", service, "hosts", index))
        weights = {name: weight / len(sites) for name, weight in entry.weights.items()}
        http_port = None if starttls else http_companion(port)
        for site in sites:
            route = routes[site] if site else Route()
            was = former_ids(entry, site)
            endpoint = Endpoint(
                host, port, http_port, service, site, owner, pages, route, starttls, sample, weights, was, location
            )
            yield endpoint if endpoint.speaks_http or not sample else replace(endpoint, sample=0)


def former_ids(entry: HostSection, site: str | None) -> tuple[str, ...]:
    """The ids that the endpoint of a host at a site had before the host was renamed."""
    return tuple(Endpoint(host, port, site=site, starttls=starttls).id for host, port, starttls in entry.was)


def _routes(sections: Mapping[str, ServiceSection]) -> dict[str, Route]:
    addresses: dict[str, dict[str, tuple[str, ...]]] = {}
    pins: dict[str, dict[tuple[str, int], tuple[SocketAddress, ...]]] = {}
    for section in sections.values():
        for site, place in (section.at or {}).items():
            known = addresses.setdefault(site, {})
            pinned = pins.setdefault(site, {})
            here = tuple(dict.fromkeys(place.address))
            for host, port, _ in (entry.host for entry in section.hosts):
                if known.setdefault(host, here) != here or place.ports:
                    pinned.update(_pins(host, port, here, place))
    return {site: Route(pins[site], known) for site, known in addresses.items()}


def _pins(
    host: str, port: int, addresses: tuple[str, ...], place: PlaceSection
) -> Iterator[tuple[tuple[str, int], tuple[SocketAddress, ...]]]:
    public = {port, http_companion(port), *place.ports} - {None}
    for number in sorted(item for item in public if item is not None):
        yield (host, number), tuple((address, place.ports.get(number, number)) for address in addresses)
