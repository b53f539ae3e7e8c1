"""What differs between the sites of a service, as a table: a line for each difference, a column for each site."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MOST = 50
"""Lines of a table."""

_SHOWN = 3
"""Items in a cell; the JSON document has them all."""


@dataclass(frozen=True, slots=True)
class Differences:
    """`rows` are host, dimension, and what is at each of the `sites`; `more` lines are left out."""

    sites: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int


def differences(facts: Mapping[str, Any]) -> Differences | None:
    """Of the facts of a finding; None where there are none. Checks of others may mean something else by that name."""
    told = facts.get("differences")
    found = [item for item in told if _is_difference(item)] if isinstance(told, list) else []
    if not found:
        return None
    sites = tuple(dict.fromkeys(site for item in found for site in item["sites"]))
    rows = tuple(
        (str(item["host"]), str(item["dimension"]), *(_cell(item["sites"].get(site)) for site in sites))
        for item in found[:_MOST]
    )
    return Differences(sites, rows, len(found) - len(rows))


def _is_difference(item: object) -> bool:
    return isinstance(item, dict) and item.keys() >= {"host", "dimension"} and isinstance(item.get("sites"), dict)


def _cell(items: object) -> str:
    """`-` where a site has nothing of what others have."""
    listed = [str(item) for item in items] if isinstance(items, list) else []
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more or "-"
