"""The history: what each audit observed and judged, in SQLite by default, in another database by URL."""

from tlsaudit.store.compare import Side, compare
from tlsaudit.store.errors import StoreError
from tlsaudit.store.history import SitesOfHosts, Store
from tlsaudit.store.records import Audit, Change, Diff, EndpointSeen, EvidenceSeen, Pinned

__all__ = [
    "Audit",
    "Change",
    "Diff",
    "EndpointSeen",
    "EvidenceSeen",
    "Pinned",
    "Side",
    "SitesOfHosts",
    "Store",
    "StoreError",
    "compare",
]
