"""A target a line, `#` starts a comment."""

import re
from collections.abc import Iterable, Iterator

from tlsaudit.target.inventory.entry import InventoryEntry, collect
from tlsaudit.target.roster import Roster


def read_lines(lines: Iterable[str]) -> Iterator[InventoryEntry]:
    for number, line in enumerate(lines, 1):
        text = re.sub(r"(^|\s)#.*", "", line.removeprefix("\ufeff")).strip()
        if text:
            yield InventoryEntry(text, number, len(line) - len(line.lstrip()) + 1)


def read_hosts(lines: Iterable[str], name: str, *, is_file: bool = True) -> Roster:
    """The endpoints of a list of hosts. Raises TargetsError with every faulty line."""
    return collect(read_lines(lines), name, is_file=is_file).endpoints
