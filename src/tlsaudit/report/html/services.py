"""The services by site: how much of what was asked fails where, as rows and cells of a table."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tlsaudit.report.html.fleet import Part
from tlsaudit.report.rollup import Place

CELLS = 300
"""Cells of the table in a page that is to be opened at once; the services with most failures come first."""

_STEPS = (0.05, 0.15, 0.3)
"""Shares of failures at which the colour of a cell grows stronger."""


def table(parts: Iterable[Part], links: Mapping[str | None, str], *, most: int | None = None) -> dict[str, Any]:
    """All services by their names, or those with the most failures in as many cells as `most`. The sites are the
    columns; None is for what has no site."""
    rows = sorted(parts, key=lambda part: (part.name is None, part.name or ""))
    sites = sorted(
        {site for part in rows for _, site in part.rollup.places}, key=lambda site: (site is None, site or "")
    )
    shown = rows
    if most is not None and len(rows) * len(sites) > most:
        shown = sorted(rows, key=lambda part: -part.fails)[: max(most // len(sites), 1)]
    return {
        "sites": sites,
        "rows": [_row(part, sites, links) for part in shown],
        "more": len(rows) - len(shown),
    }


def _row(part: Part, sites: Iterable[str | None], links: Mapping[str | None, str]) -> dict[str, Any]:
    places = {item.site: item for item in part.rollup.places.values()}
    return {
        "name": part.name,
        "link": links.get(part.name),
        "owner": part.owner,
        "endpoints": len(part.endpoints),
        "cells": [_cell(places.get(site)) for site in sites],
        "apart": sum(item.counts["fail"] for item in part.rollup.faults.values() if item.kind == "service"),
    }


def _cell(item: Place | None) -> dict[str, Any] | None:
    if item is None:
        return None
    counts = item.counts
    asked = counts.total() - counts["not_applicable"]
    return {
        "fails": counts["fail"],
        "passed": counts["pass"],
        "asked": asked,
        "level": _level(counts, asked),
        "rest": ", ".join(_rest(item)),
    }


def _rest(item: Place) -> Iterator[str]:
    for count, word in (
        (item.counts["unknown"], "unknown"), (item.counts["waived"], "excused"),
        (item.endpoints - item.answered, "without an answer"),
    ):  # fmt: skip
        if count:
            yield f"{count:,} {word}"


def _level(counts: Counter[str], asked: int) -> str:
    """The class of a cell: `good`, `blind` where too little was judged to call it that, else `fail-1` to `fail-4`."""
    if counts["fail"]:
        return f"fail-{1 + sum(counts['fail'] / asked >= step for step in _STEPS)}"
    return "blind" if counts["unknown"] or not asked else "excused" if counts["waived"] else "good"
