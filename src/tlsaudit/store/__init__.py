"""The history: what each audit observed and judged, in SQLite by default, in another database by URL."""

from tlsaudit.store.bulk import PARAMETERS as AT_ONCE
from tlsaudit.store.codec import HOST, Said, host_of
from tlsaudit.store.compare import Side, by_later_names, compare
from tlsaudit.store.errors import StoreAwayError, StoreError
from tlsaudit.store.history import Store
from tlsaudit.store.outages import MANY
from tlsaudit.store.outcomes import Brief, Judged, Outcomes, Outlined, Spoken
from tlsaudit.store.past import Earlier
from tlsaudit.store.prune import FILES
from tlsaudit.store.reachability import WEEK, Window
from tlsaudit.store.records import (
    NONE_COUNTED,
    NOT_ASKED,
    Audit,
    Availability,
    Change,
    Diff,
    EndpointSeen,
    EvidenceSeen,
    Outage,
    Pinned,
    PlacePeriod,
    Pruned,
    Told,
    VantageSeen,
)
from tlsaudit.store.schema import BUCKETS_MS

__all__ = [
    "AT_ONCE",
    "BUCKETS_MS",
    "FILES",
    "HOST",
    "MANY",
    "NONE_COUNTED",
    "NOT_ASKED",
    "WEEK",
    "Audit",
    "Availability",
    "Brief",
    "Change",
    "Diff",
    "Earlier",
    "EndpointSeen",
    "EvidenceSeen",
    "Judged",
    "Outage",
    "Outcomes",
    "Outlined",
    "Pinned",
    "PlacePeriod",
    "Pruned",
    "Said",
    "Side",
    "Spoken",
    "Store",
    "StoreAwayError",
    "StoreError",
    "Told",
    "VantageSeen",
    "Window",
    "by_later_names",
    "compare",
    "host_of",
]
