"""A target as an inventory names it, and endpoints of many of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from tlsaudit.target.commandline import parse_target
from tlsaudit.target.defaults import with_root
from tlsaudit.target.endpoint import Endpoint, Location, Route
from tlsaudit.target.name import parse_address
from tlsaudit.target.problem import Problem, TargetError, TargetsError


class InventoryEntry(NamedTuple):
    """`target` is what `parse_target` takes; line and column count from 1, of `file` where it is not the one that is
    read. `addresses` are where to connect instead of where DNS points."""

    target: str
    line: int
    column: int = 1
    owner: str | None = None
    service: str | None = None
    site: str | None = None
    addresses: tuple[str, ...] = ()
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """`endpoints` are each there once; `wildcards` is how many names with an asterisk were left out."""

    endpoints: list[Endpoint]
    wildcards: int = 0


def collect(
    entries: Iterable[InventoryEntry], name: str, *, is_file: bool = True, wildcards: bool = False
) -> Inventory:
    """Each endpoint once, with the pages and addresses of all its entries, and located at the first of them where
    `name` is that of a file. With `wildcards`, names such as `*.example.org` are left out and counted.

    Raises TargetsError with every faulty entry.
    """
    found: dict[str, Endpoint] = {}
    problems: list[Problem] = []
    left_out = set()
    for entry in entries:
        if wildcards and "*" in entry.target:
            left_out.add(entry.target)
            continue
        try:
            endpoint = _endpoint(entry, Location(entry.file or name, entry.line, entry.column) if is_file else None)
        except TargetError as error:
            problems.append(Problem(entry.line, entry.column, str(error)))
            continue
        known = found.setdefault(endpoint.id, endpoint)
        if known is not endpoint:
            found[endpoint.id] = _merged(known, endpoint)
    if problems:
        raise TargetsError(name, problems)
    return Inventory(list(found.values()), len(left_out))


def _endpoint(entry: InventoryEntry, location: Location | None) -> Endpoint:
    endpoint = parse_target(entry.target)
    route = Route()
    if entry.addresses:
        route = Route(addresses={endpoint.host: tuple(dict.fromkeys(map(parse_address, entry.addresses)))})
    return replace(endpoint, route=route, owner=entry.owner, service=entry.service, site=entry.site, location=location)


def _merged(one: Endpoint, other: Endpoint) -> Endpoint:
    known, more = (item.route.addresses.get(item.host, ()) for item in (one, other))
    if not set(more) <= set(known):
        one = replace(one, route=Route(addresses={one.host: tuple(dict.fromkeys((*known, *more)))}))
    if one.pages == other.pages:
        return one
    return replace(one, pages=with_root([*one.pages, *other.pages]))
