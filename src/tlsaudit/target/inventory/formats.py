"""Which inventory a file is."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath

from tlsaudit.target.inventory.entry import Inventory, InventoryEntry, collect
from tlsaudit.target.inventory.kubernetes import looks_like_manifests, read_manifests
from tlsaudit.target.inventory.lines import read_lines
from tlsaudit.target.inventory.table import looks_like_table, read_table
from tlsaudit.target.inventory.transparency import looks_like_certificates, read_certificates
from tlsaudit.target.inventory.zone import looks_like_zone, read_zone

_LIST = "list"

INVENTORY_FORMATS: Mapping[str, Callable[[str, str], Iterator[InventoryEntry]]] = {
    _LIST: lambda text, _: read_lines(text.splitlines()),
    "csv": read_table,
    "zone": read_zone,
    "kubernetes": read_manifests,
    "ct": read_certificates,
}
"""Text and the file's name -> entries. Each raises TargetsError."""

_SUFFIXES = {".csv": "csv", ".tsv": "csv", ".zone": "zone"}
_LOOKS: Mapping[str, Callable[[str], bool]] = {
    "ct": looks_like_certificates,
    "kubernetes": looks_like_manifests,
    "zone": looks_like_zone,
    "csv": looks_like_table,
}


def format_of(text: str, name: str) -> str:
    """By what the file is called and by what it says; a list where nothing speaks against it."""
    known = _SUFFIXES.get(PurePath(name).suffix.lower())
    return known or next((each for each, looks in _LOOKS.items() if looks(text)), _LIST)


def read_inventory(text: str, name: str, format: str | None = None, *, is_file: bool = True) -> Inventory:  # noqa: A002 the word
    """Each endpoint once, in the order of the file. Wildcards are left out, but are a fault of a list, which somebody
    wrote for this. Raises TargetsError.
    """
    wanted = format or format_of(text, name)
    return collect(INVENTORY_FORMATS[wanted](text, name), name, is_file=is_file, wildcards=wanted != _LIST)
