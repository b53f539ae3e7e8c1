"""A target as an inventory names it, and endpoints of many of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import NamedTuple

from tlsaudit.target.commandline import parse_target
from tlsaudit.target.defaults import with_root
from tlsaudit.target.endpoint import Endpoint, Location
from tlsaudit.target.name import parse_address
from tlsaudit.target.problem import Problem, TargetError, TargetsError
from tlsaudit.target.roster import Roster


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

    endpoints: Roster
    wildcards: int = 0

    def notes(self, name: str) -> Iterator[str]:
        """What was left out of the file of this name."""
        if count := self.wildcards:
            yield f"{name}: {count:,} {'wildcard is' if count == 1 else 'wildcards are'} no host and left out"


def collect(
    entries: Iterable[InventoryEntry], name: str, *, is_file: bool = True, wildcards: bool = False
) -> Inventory:
    """Each endpoint once, with the pages and addresses of all its entries, and located at the first of them where
    `name` is that of a file. With `wildcards`, names such as `*.example.org` are left out and counted.

    Raises TargetsError with every faulty entry.
    """
    problems: list[Problem] = []
    left_out = set()

    def found() -> Iterator[Endpoint]:
        for entry in entries:
            if wildcards and "*" in entry.target:
                left_out.add(entry.target)
                continue
            try:
                yield _endpoint(entry, Location(entry.file or name, entry.line, entry.column) if is_file else None)
            except TargetError as error:
                problems.append(Problem(entry.line, entry.column, str(error)))

    endpoints = Roster(found())
    if problems:
        raise TargetsError(name, problems)
    return Inventory(_each_once(endpoints), len(left_out))


def _each_once(endpoints: Roster) -> Roster:
    merged: dict[int, Endpoint] = {}
    further: set[int] = set()
    for first, *others in endpoints.repeated():
        merged[first] = reduce(_merged, (endpoints[number] for number in others), endpoints[first])
        further.update(others)
    if not further:
        return endpoints
    return Roster(merged.get(number, endpoint) for number, endpoint in enumerate(endpoints) if number not in further)


def _endpoint(entry: InventoryEntry, location: Location | None) -> Endpoint:
    target = parse_target(entry.target)
    return Endpoint(
        target.host,
        target.port,
        target.http_port,
        entry.service,
        entry.site,
        entry.owner,
        target.pages,
        starttls=target.starttls,
        location=location,
        web=target.web,
        addresses=tuple(dict.fromkeys(map(parse_address, entry.addresses))),
    )


def _merged(one: Endpoint, other: Endpoint) -> Endpoint:
    addresses = tuple(dict.fromkeys((*one.addresses, *other.addresses)))
    return replace(one, addresses=addresses, pages=with_root([*one.pages, *other.pages]))
