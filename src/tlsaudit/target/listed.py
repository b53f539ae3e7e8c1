"""What the inventories hold that services of targets.yaml name."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from tlsaudit.errors import UserError
from tlsaudit.target.endpoint import Endpoint, Location
from tlsaudit.target.inventory import Inventory
from tlsaudit.target.model import TargetsFile
from tlsaudit.target.problem import Problem, TargetsError, did_you_mean, shown
from tlsaudit.target.roster import Roster
from tlsaudit.target.targets import Place, as_called

Reader = Callable[[Path, str | None], Inventory]
"""Reads an inventory, of a format where one is named. Raises UserError."""


@dataclass(frozen=True, slots=True)
class Listed:
    """By service the endpoints of its inventories as they are written there. `digest` is of all that decides what is
    audited; `notes` say what was left out.
    """

    rosters: Mapping[str, Roster] = field(default_factory=dict)
    digest: str = ""
    notes: tuple[str, ...] = ()


def read_listed(path: Path, file: TargetsFile, position: Callable[[Place], tuple[int, int]], read: Reader) -> Listed:
    """Read the inventories of a targets file. Raises TargetsError: of that file where one cannot be read or is empty,
    else of the inventory.
    """
    rosters: dict[str, Roster] = {}
    notes: dict[str, None] = {}
    digest = hashlib.sha256()
    for service, section in file.services.items():
        found: list[Roster] = []
        for number, entry in enumerate(section.inventory or ()):
            name = Path(as_called(path)).parent / entry.file
            try:
                inventory = read(name, entry.format)
                if not inventory.endpoints:
                    raise UserError(f"{name}: no host is named there")
            except TargetsError:
                raise
            except UserError as error:
                place = position(("services", service, "inventory", number))
                raise TargetsError(str(path), [Problem(*place, str(error))]) from None
            _check_sites(inventory.endpoints, file)
            found.append(inventory.endpoints)
            notes.update(dict.fromkeys(inventory.notes(str(name))))
        if found:
            rosters[service] = found[0] if len(found) == 1 else Roster(chain.from_iterable(found))
            for endpoint in rosters[service]:
                digest.update(repr((service, *_deciding(endpoint))).encode())
    return Listed(rosters, digest.hexdigest() if rosters else "", tuple(notes))


def _deciding(endpoint: Endpoint) -> tuple[object, ...]:
    return endpoint.id, endpoint.service, endpoint.owner, endpoint.pages, endpoint.addresses or None


def _check_sites(endpoints: Roster, file: TargetsFile) -> None:
    """Raises TargetsError where the inventory names a site that the targets file does not."""
    if any(site and site not in file.sites for site in endpoints.sites()):
        unknown = [each for each in endpoints if each.site and each.site not in file.sites]
        where = unknown[0].location
        raise TargetsError(where.file if where else "", [*_undefined(unknown, file)])


def _undefined(endpoints: list[Endpoint], file: TargetsFile) -> Iterator[Problem]:
    for endpoint in endpoints:
        site, where = str(endpoint.site), endpoint.location or Location("", 0, 0)
        hint = did_you_mean(site, file.sites) or ": add it under sites: of the targets file"
        yield Problem(where.line, where.column, f"site {shown(site)} is not defined{hint}")
