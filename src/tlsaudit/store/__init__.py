"""The history: what each audit observed and judged, in SQLite by default, in another database by URL."""

from tlsaudit.store.codec import Said
from tlsaudit.store.compare import Side, by_later_names, compare
from tlsaudit.store.errors import StoreError
from tlsaudit.store.history import SitesOfHosts, Store
from tlsaudit.store.outcomes import Brief, Judged, Outcomes
from tlsaudit.store.records import (
    Audit,
    Availability,
    Change,
    Diff,
    EndpointSeen,
    EvidenceSeen,
    Pinned,
    PlaceWeek,
    Pruned,
    Told,
)
from tlsaudit.store.schema import BUCKETS_MS

__all__ = [
    "BUCKETS_MS",
    "Audit",
    "Availability",
    "Brief",
    "Change",
    "Diff",
    "EndpointSeen",
    "EvidenceSeen",
    "Judged",
    "Outcomes",
    "Pinned",
    "PlaceWeek",
    "Pruned",
    "Said",
    "Side",
    "SitesOfHosts",
    "Store",
    "StoreError",
    "Told",
    "by_later_names",
    "compare",
]
