"""The services by site: how much of what was asked fails where, as rows and cells of a table."""

import pickle
from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from heapq import merge
from itertools import chain
from typing import IO, Any, NamedTuple

from tlsaudit.report.html import rows
from tlsaudit.report.html.fleet import Service
from tlsaudit.report.html.places import Place

CELLS = 300
"""Cells of the table in a page that is to be opened at once; the services with most failures come first."""

_STEPS = (0.05, 0.15, 0.3)
"""Shares of failures at which the colour of a cell grows stronger."""


class Cell(NamedTuple):
    """How many of what was asked fail and pass. `level` is its class, `rest` what else there is to say."""

    fails: int
    passed: int
    asked: int
    level: str
    rest: str


class Row(NamedTuple):
    """A service: its cells by site, how many findings of it fail that nothing excuses, and how many of them are no
    single endpoint's."""

    name: str | None
    owner: str | None
    endpoints: int
    cells: Mapping[str | None, Cell]
    fails: int
    apart: int


def row(service: Service) -> Row:
    return Row(
        service.name,
        service.owner,
        service.endpoints,
        {site: _cell(item) for site, item in service.places.items()},
        service.fails,
        sum(item.counts["fail"] for item in service.rollup.faults.values() if item.kind == "service"),
    )


class Worst:
    """The services with the most failures, CELLS of them at least where there are as many."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._count = 0
        self._sites: set[str | None] = set()

    def add(self, row: Row) -> None:
        self._count += 1
        self._sites.update(row.cells)
        self._rows.append(row)
        if len(self._rows) > 2 * CELLS:
            self._rows = self._worst(CELLS)

    def table(self, link: Callable[[str | None], str] | None, *, most: int | None) -> dict[str, Any]:
        """All of them as they came, or those with the most failures in as many cells as `most`, which is CELLS or
        less."""
        shown = self._rows
        if most is not None and self._count * len(self._sites) > most:
            shown = self._worst(max(most // len(self._sites), 1))
        return {**_table(shown, self._sites, link), "more": self._count - len(shown)}

    def _worst(self, most: int) -> list[Row]:
        return sorted(self._rows, key=lambda row: -row.fails)[:most]


class Kept:
    """All services, in a file until their tables are written: only then it is known which sites there are."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: defaultdict[str | None, array[int]] = defaultdict(lambda: array("Q"))
        self._sites: defaultdict[str | None, set[str | None]] = defaultdict(set)

    def add(self, row: Row) -> None:
        self._places[row.owner].append(self._file.tell())
        self._sites[row.owner].update(row.cells)
        pickle.dump(row, self._file)

    def all(self, link: Callable[[str | None], str]) -> dict[str, Any]:
        """Those of all owners, as they came."""
        places = merge(*self._places.values())
        return _table(self._at(places), {*chain.from_iterable(self._sites.values())}, link)

    def of(self, owner: str | None, link: Callable[[str | None], str]) -> dict[str, Any]:
        """The owner's."""
        return _table(self._at(self._places[owner]), self._sites[owner], link)

    def _at(self, places: Iterable[int]) -> Iterator[Row]:
        for place in places:
            self._file.seek(place)
            yield pickle.load(self._file)  # noqa: S301  we wrote it


def _table(
    found: Iterable[Row], sites: Collection[str | None], link: Callable[[str | None], str] | None
) -> dict[str, Any]:
    """The sites are the columns; None is for what has no site."""
    columns = sorted(sites, key=lambda site: (site is None, site or ""))
    return {
        "sites": columns,
        "rows": (rows.service_row(row, columns, link(row.name) if link else None) for row in found),
    }


def _cell(item: Place) -> Cell:
    counts = item.counts
    return _told(*(counts[kind] for kind in ("pass", "fail", "unknown", "waived")), item.endpoints - item.answered)


@lru_cache(maxsize=1024)  # one for many services: they are kept
def _told(passed: int, fails: int, unknown: int, waived: int, silent: int) -> Cell:
    asked = passed + fails + unknown + waived
    rest = ((unknown, "unknown"), (waived, "excused"), (silent, "without an answer"))
    said = ", ".join(f"{count:,} {word}" for count, word in rest if count)
    return Cell(fails, passed, asked, _level(fails, unknown, waived, asked), said)


def _level(fails: int, unknown: int, waived: int, asked: int) -> str:
    """The class of a cell: `good`, `blind` where too little was judged to call it that, else `fail-1` to `fail-4`."""
    if fails:
        return f"fail-{1 + sum(fails / asked >= step for step in _STEPS)}"
    return "blind" if unknown or not asked else "excused" if waived else "good"
