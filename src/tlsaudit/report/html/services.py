"""The services by site: how much of what was asked fails where, as rows and cells of a table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

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


@dataclass(frozen=True, slots=True)
class Row:
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


def table(found: Sequence[Row], link: Callable[[str | None], str] | None, *, most: int | None = None) -> dict[str, Any]:
    """All services by their names, or those with the most failures in as many cells as `most`. The sites are the
    columns; None is for what has no site."""
    ordered = sorted(found, key=lambda row: (row.name is None, row.name or ""))
    sites = sorted({site for row in found for site in row.cells}, key=lambda site: (site is None, site or ""))
    shown = ordered
    if most is not None and len(found) * len(sites) > most:
        shown = sorted(ordered, key=lambda row: -row.fails)[: max(most // len(sites), 1)]
    return {
        "sites": sites,
        "rows": (rows.service_row(row, sites, link(row.name) if link else None) for row in shown),
        "more": len(found) - len(shown),
    }


def _cell(item: Place) -> Cell:
    counts = item.counts
    return _told(*(counts[kind] for kind in ("pass", "fail", "unknown", "waived")), item.endpoints - item.answered)


@lru_cache(maxsize=4096)  # one for many services: they are kept
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
