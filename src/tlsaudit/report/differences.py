"""What differs between the places of a service, its sites or the vantages that it is seen from, as a table: a line for
each difference, a column for each place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MOST = 50
"""Lines of a table."""

_SHOWN = 3
"""Items in a cell; the JSON document has them all."""


@dataclass(frozen=True, slots=True)
class Differences:
    """`rows` are host, dimension, and what is at each of the `places`; `more` lines are left out."""

    places: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int


def differences(facts: Mapping[str, Any]) -> Differences | None:
    """Of the facts of a finding; None where there are none. Checks of others may mean something else by that name."""
    told = facts.get("differences")
    found = [(item, at) for item in told if (at := _places(item))] if isinstance(told, list) else []
    if not found:
        return None
    places = tuple(dict.fromkeys(place for _, at in found for place in at))
    rows = tuple(
        (str(item["host"]), str(item["dimension"]), *(_cell(at.get(place)) for place in places))
        for item, at in found[:_MOST]
    )
    return Differences(places, rows, len(found) - len(rows))


def _places(item: object) -> Mapping[str, object] | None:
    """What a difference says of each place; None where that is none."""
    if not isinstance(item, dict) or not item.keys() >= {"host", "dimension"}:
        return None
    at = item.get("sites", item.get("vantages"))
    return at if isinstance(at, dict) else None


def _cell(items: object) -> str:
    """`-` where a place has nothing of what others have."""
    listed = [str(item) for item in items] if isinstance(items, list) else []
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more or "-"
