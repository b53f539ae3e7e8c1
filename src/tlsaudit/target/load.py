"""targets.yaml -> Targets."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tlsaudit.target.endpoint import Endpoint, Link, LinkSource, Location, Site, Vantage
from tlsaudit.target.expand import Expanded, expand_services
from tlsaudit.target.faults import problems_of
from tlsaudit.target.listed import Listed, Reader, read_listed
from tlsaudit.target.model import ChannelsSection, EvidenceSection, LinkSection, NotifySection, TargetsFile
from tlsaudit.target.notify import Channels, NotifySpec
from tlsaudit.target.problem import Problem, TargetsError
from tlsaudit.target.references import misfits
from tlsaudit.target.source import KEY, Source, read_source
from tlsaudit.target.targets import Place, Targets, as_called, below
from tlsaudit.target.timetable import objective_spec, waiver_spec


def read_targets(path: Path, read: Reader | None) -> Targets:
    """See load_targets."""
    source = read_source(path)
    values = {key: value for key, value in source.values.items() if value is not None}
    problems = list(source.problems)
    try:
        file = TargetsFile.model_validate(values)
    except ValidationError as error:
        problems += problems_of(error, source)
        problems += _located(source, _misfits_of_the_rest(values, error))
        raise TargetsError(str(path), problems) from None
    if problems:
        raise TargetsError(str(path), [*problems, *_located(source, misfits(file))])
    listed = read_listed(path, file, source.position, read) if read else Listed()

    name = as_called(path)

    def locate(place: Place) -> Location:
        return Location(name, *source.position(place))

    expanded = expand_services(file.services, file.defaults, locate, listed.rosters)
    if problems := _located(source, misfits(file, expanded if read else None)):
        raise TargetsError(str(path), problems)
    return _targets(path, file, source, expanded, listed)


def read_history(path: Path) -> str | None:
    """The database URL that a targets.yaml names, without a look at its other sections. Raises TargetsError, with
    everything that is wrong in the file where what was looked at is."""
    source = read_source(path)
    unread = TargetsFile.model_fields.keys() - {"version", "history"}
    with suppress(ValidationError):
        file = TargetsFile.model_validate(
            {key: value for key, value in source.values.items() if value is not None and key not in unread}
        )
        if not source.problems:
            return _history(path, file)
    return read_targets(path, None).history


def _located(source: Source, found: Iterable[tuple[Place, str]]) -> list[Problem]:
    return [Problem(*source.position(place), message) for place, message in found]


def _misfits_of_the_rest(values: Mapping[str, Any], error: ValidationError) -> Iterator[tuple[Place, str]]:
    """Look on behind the first kind of faults: drop the faulty entries and check what remains for misfits."""
    places = [item["loc"] for item in error.errors(include_url=False)]
    if any(len(place) < 2 and place != ("version",) for place in places):
        return
    rest: dict[str, Any] = {**values, "version": 1}
    for section in {place[0] for place in places} - {"version"}:
        faulty = {place[1] for place in places if place[0] == section}
        entries = rest.pop(str(section))
        if isinstance(entries, dict):
            rest[str(section)] = {name: entry for name, entry in entries.items() if name not in faulty}
    names = {section: set(values.get(section, ())) for section in ("sites", "services", "links")}
    yield from misfits(TargetsFile.model_validate(rest), names=names)


def _targets(path: Path, file: TargetsFile, source: Source, expanded: Expanded, listed: Listed) -> Targets:
    owner = file.defaults.owner
    return Targets(
        path=path,
        sites={
            site: Site(site, section.title or site, section.region, tuple(section.prefixes))
            for site, section in file.sites.items()
        },
        vantages={
            name: Vantage(name, section.title or name, section.region) for name, section in file.vantages.items()
        },
        control=tuple(Endpoint(host.host, host.port, None, starttls=host.starttls) for host in file.control),
        services=expanded.services,
        endpoints=expanded.endpoints,
        listed=listed.digest,
        notes=listed.notes,
        links={
            link: Link(
                id=link,
                sites=(section.sites[0], section.sites[1]),
                owner=section.owner or owner,
                gateways={site: tuple(addresses) for site, addresses in section.gateways.items()},
                prefixes={site: tuple(section.prefixes.get(site, file.sites[site].prefixes)) for site in section.sites},
                sources=tuple(_source(path, section, entry) for entry in section.evidence),
                weights=section.weights,
                location=Location(as_called(path), *source.position(("links", link, KEY))),
            )
            for link, section in file.links.items()
        },
        objectives=tuple(objective_spec(goal, section, owner) for goal, section in file.objectives.items()),
        waivers=tuple(waiver_spec(section, owner) for section in file.waivers),
        check_options=file.checks,
        history=_history(path, file),
        notify=_notify(file.notify) if file.notify else None,
        dns=file.defaults.dns or file.defaults.resolver is not None,
        resolver=file.defaults.resolver,
        positions=source.positions("objectives", "waivers", "checks", "notify"),
    )


def _source(path: Path, section: LinkSection, entry: EvidenceSection) -> LinkSource:
    (kind,) = entry.kinds
    where = {
        part: value if kind == "ssh" else str(path.resolve().parent / value)
        for part, value in entry.parts(kind).items()
    }
    return LinkSource(kind, entry.site or section.sites[0], where)


def _notify(section: NotifySection) -> NotifySpec:
    return NotifySpec(
        everybody=_channels(section),
        owners={owner: _channels(channels) for owner, channels in section.owners.items()},
        page_for=frozenset(section.page_for),
        report=section.report,
        stale_after=section.stale_after,
    )


def _channels(section: ChannelsSection) -> Channels:
    return Channels(page=tuple(section.page or ()), mail=tuple(section.mail or ()))


def _history(path: Path, file: TargetsFile) -> str | None:
    """A sqlite URL whose file is relative to targets.yaml, made absolute; any other URL as it is."""
    url = file.history
    if url is None:
        return None
    scheme, slashes, rest = url.partition(":///")
    if not slashes or not scheme.startswith("sqlite"):
        return url
    name, mark, query = rest.partition("?")
    return f"{scheme}:///{below(path.resolve().parent, name)}{mark}{query}"
