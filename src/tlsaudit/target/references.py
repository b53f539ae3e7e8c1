"""What targets.yaml says twice, and what it names but does not define."""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain

from tlsaudit.target.endpoint import Endpoint
from tlsaudit.target.expand import Expanded, former_ids
from tlsaudit.target.model import HostSection, LinkSection, NotifySection, TargetsFile
from tlsaudit.target.problem import did_you_mean, shown
from tlsaudit.target.roster import Roster
from tlsaudit.target.scope import Names, canonical, names_of
from tlsaudit.target.source import KEY
from tlsaudit.target.targets import Place
from tlsaudit.target.timetable import Misfit, objective_misfits

Defined = Mapping[str, Collection[str]]


def misfits(file: TargetsFile, expanded: Expanded | None = None, names: Defined | None = None) -> Iterator[Misfit]:
    """Everything that is well formed but does not fit, as far as that can be told without what is `expanded` of it.

    `names` are the ids defined in `sites`, `services` and `links`, where the file is only a part of what was written.
    """
    whole = expanded is not None or not any(section.inventory for section in file.services.values())
    defined: Defined = {"sites": file.sites, "services": file.services, "links": file.links, **(names or {})}
    yield from _undefined_sites(file, defined["sites"])
    yield from _services_without_hosts(file)
    if whole:
        yield from _drills_elsewhere(file, expanded)
    yield from _evidence_misfits(file)
    yield from _repeated_endpoints(file)
    yield from _former_endpoints(file, expanded)
    for name, objective in file.objectives.items():
        yield from objective_misfits(name, objective)
    if whole and all(len(defined[section]) == len(getattr(file, section)) for section in ("services", "links")):
        yield from _undefined_scopes(file, expanded)
        yield from _undefined_weights(file)
    if file.defaults.owner is None:
        for index, waiver in enumerate(file.waivers):
            if waiver.owner is None:
                yield ("waivers", index), "the waiver has no owner: write owner: and who answers for it"
    if whole and file.notify and names is None:
        yield from _notify_misfits(file, file.notify, expanded)


def _services_without_hosts(file: TargetsFile) -> Iterator[Misfit]:
    for name, service in file.services.items():
        if not service.hosts and not service.inventory:
            problem = "the service names no hosts: write hosts: [www.example.org], or inventory: hosts.csv"
            yield ("services", name, KEY), problem


def _notify_misfits(file: TargetsFile, notify: NotifySection, expanded: Expanded | None) -> Iterator[Misfit]:
    if not any(each.page or each.mail for each in (notify, *notify.owners.values())):
        yield ("notify", KEY), "notify names no address: write mail: $MAIL_URL, the variable that holds one"
    known = {
        file.defaults.owner,
        *(service.owner for service in file.services.values()),
        *(link.owner for link in file.links.values()),
        *(objective.owner for objective in file.objectives.values()),
        *(waiver.owner for waiver in file.waivers),
        *(expanded.endpoints.owners() if expanded else ()),
    }
    for owner in notify.owners:
        if owner not in known:
            problem = f"{shown(owner)} owns nothing in this file"
            yield (
                ("notify", "owners", owner, KEY),
                problem + (did_you_mean(owner, sorted(filter(None, known))) or ": correct it"),
            )


def _undefined_sites(file: TargetsFile, sites: Collection[str]) -> Iterator[Misfit]:
    for name, service in file.services.items():
        for site in service.at or ():
            if site not in sites:
                yield ("services", name, "at", site, KEY), _undefined_site(site, sites)
    for name, link in file.links.items():
        for index, site in enumerate(link.sites):
            if site not in sites:
                yield ("links", name, "sites", index), _undefined_site(site, sites)
        for key, given in (("gateways", link.gateways), ("prefixes", link.prefixes)):
            for site in given:
                if site not in link.sites:
                    there = " and ".join(link.sites)
                    yield ("links", name, key, site, KEY), f"site {shown(site)} is not one of the link's: {there}"


def _drills_elsewhere(file: TargetsFile, expanded: Expanded | None) -> Iterator[Misfit]:
    """A drill is from one of the service's sites to another."""
    for name, service in file.services.items():
        sites = tuple(service.at or ())
        if expanded and service.inventory and service.drills:
            sites = tuple(sorted(site for site in expanded.services[name].sites if site))
        for index, drill in enumerate(service.drills):
            here = ("services", name, "drills", index)
            for key, site in (("from", drill.origin), ("to", drill.to)):
                if site not in sites:
                    problem = f"{name} does not answer at site {shown(site)}"
                    yield (*here, key), problem + (did_you_mean(site, sites) or ": add it under at:")
            if drill.origin == drill.to:
                yield (*here, "to"), "a drill is from one site to another: correct from or to"


def _evidence_misfits(file: TargetsFile) -> Iterator[Misfit]:
    for name, link in file.links.items():
        told: set[tuple[str, str]] = set()
        for index, entry in enumerate(link.evidence):
            place = ("links", name, "evidence", index)
            site = entry.site or link.sites[0]
            if len(entry.kinds) != 1:
                both = f"evidence names {' and '.join(entry.kinds)}: make each an entry of a list"
                yield place, both if entry.kinds else "evidence is empty: name vici, ssh, or files such as swanctl_sas"
            elif site not in link.sites:
                there = " and ".join(link.sites)
                yield (*place, "site"), f"site {shown(site)} is not one of the link's: {there}"
            elif (source := (entry.kinds[0], site)) in told:
                yield (
                    place,
                    f"a second {source[0]} of {site}: write site: where it is of the other gateway, or keep one",
                )
            else:
                told.add(source)
            if entry.kinds == ["libreswan"] and not entry.libreswan_status:
                yield place, "libreswan_traffic alone does not say what its bytes are of: add libreswan_status"


def _undefined_site(site: str, known: Collection[str]) -> str:
    return f"site {shown(site)} is not defined" + (did_you_mean(site, known) or ": add it under sites:")


def _endpoints(file: TargetsFile) -> Iterator[tuple[int, Endpoint]]:
    """Every endpoint, with the index of its host in its service."""
    for name, section in file.services.items():
        for index, entry in enumerate(section.hosts):
            for site in section.at or (None,):
                host, port, starttls = entry.host
                yield index, Endpoint(host, port, service=name, site=site, starttls=starttls)


def _repeated_endpoints(file: TargetsFile) -> Iterator[Misfit]:
    first: dict[str, tuple[str | None, int]] = {}
    reported: set[tuple[str | None, int]] = set()
    for index, endpoint in _endpoints(file):
        here = endpoint.service, index
        there = first.setdefault(endpoint.id, here)
        if there == here or here in reported:
            continue
        reported.add(here)
        service, other = endpoint.service, there[0]
        if other == service:
            problem = f"{endpoint.name} stands twice in {service}: keep one"
        else:
            problem = f"{endpoint.id} is in two services, {other} and {service}: keep it in one"
        yield ("services", str(service), "hosts", index), problem


def _former_endpoints(file: TargetsFile, expanded: Expanded | None) -> Iterator[Misfit]:
    """A name that is still in use was not given up, and a history has one heir."""
    renamed = [
        (("services", name, "hosts", index, "was"), former)
        for name, section in file.services.items()
        for index, entry in enumerate(section.hosts)
        for site in (section.at or (None,) if entry.was else ())
        for former in former_ids(entry, site)
    ]
    listed = expanded.endpoints if expanded else Roster(endpoint for _, endpoint in _endpoints(file))
    heirs: dict[str, Place] = {}
    for place, former in renamed:
        if listed.find(former) is not None:
            yield place, f"{former} is still listed: take it out, or leave was out"
        elif heirs.setdefault(former, place) != place:
            yield place, f"{former} is what two hosts are said to have been: keep one"


def _undefined_scopes(file: TargetsFile, expanded: Expanded | None) -> Iterator[Misfit]:
    endpoints = expanded.endpoints if expanded else Roster(endpoint for _, endpoint in _endpoints(file))
    services = expanded.services if expanded else file.services
    names = Names(endpoints)

    def known(entry: str) -> bool:
        if entry == "fleet" or entry in services or entry in file.links:
            return True
        service, _, site = entry.partition("@")
        return service in services and site in (
            expanded.services[service].sites if expanded else file.services[service].at or ()
        )

    for name, objective in file.objectives.items():
        for index, entry in enumerate(objective.scope or ()):
            if not (known(entry) or names.called(entry) or names.called(canonical(entry))):
                named = sorted({"fleet", *services, *file.links, *chain.from_iterable(map(names_of, endpoints))})
                near = did_you_mean(entry, chain(services, file.links, named))
                problem = f"{shown(entry)} is no service, host or link of this file"
                yield ("objectives", name, "scope", index), problem + (near or ": add it, or correct the name")


def _undefined_weights(file: TargetsFile) -> Iterator[Misfit]:
    entries: list[HostSection | LinkSection] = list(file.links.values())
    for service in file.services.values():
        entries += service.hosts
    known = sorted({name for entry in entries for name in entry.weights})
    for name, objective in file.objectives.items():
        if objective.weighted and objective.weighted not in known:
            hint = did_you_mean(objective.weighted, known)
            problem = f"nothing has weights called {shown(objective.weighted)}"
            example = f": write them beside each host, such as weights: {{{objective.weighted}: 1200}}"
            yield ("objectives", name, "weighted"), problem + (hint or example)
