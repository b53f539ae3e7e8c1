"""The places that tlsaudit looks from: which other audits saw the same from elsewhere."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from tlsaudit.target import Targets

if TYPE_CHECKING:
    from tlsaudit.store import Audit, Store

_WINDOW = timedelta(days=7)
"""What was seen elsewhere longer ago is not compared with what is seen here."""

_BETWEEN = ", "


def several(vantages: Iterable[str]) -> str:
    """What an audit from several vantages calls the place where it ran."""
    return _BETWEEN.join(vantages)


def names_in(vantage: str) -> set[str]:
    """The vantages of an audit."""
    return set(vantage.split(_BETWEEN))


def series_of(audit: "Audit", targets: Targets) -> str | None:
    """From where audits are that this one is compared with: its own vantage where the targets file names that; None:
    from anywhere.
    """
    return audit.vantage if names_in(audit.vantage) <= targets.vantages.keys() else None


def beside(store: "Store", audit: int, targets: Targets) -> list[int]:
    """The last finished audit of the same targets from each other vantage, within a week, by their ids. Only vantages
    that the targets file names count: without a name, each machine that audits would be a place of its own.
    """
    own = store.audit(audit)
    taken = names_in(own.vantage)
    if series_of(own, targets) is None:
        return []
    found = []
    for other in store.audits():
        there = names_in(other.vantage)
        if taken.isdisjoint(there) and there <= targets.vantages.keys() and _is_beside(other, own):
            taken |= there
            found.append(other.id)
    return found


def _is_beside(other: "Audit", own: "Audit") -> bool:
    if other.finished_at is None or other.targets != own.targets:
        return False
    known = own.finished_at is None or other.finished_at <= own.finished_at
    return known and own.started_at - other.started_at <= _WINDOW
