"""Which audits of a history are of the same fleet: several may record in one."""

from collections.abc import Collection, Iterable, Set
from itertools import islice
from pathlib import Path

from tlsaudit.app.vantages import series_of
from tlsaudit.store import FILES, Audit, Earlier, Store
from tlsaudit.target import Targets


def name_of(targets: Targets | Path) -> str:
    """By which a targets file is known in the history: the same from wherever tlsaudit is started, and wherever a link
    of that name leads: Kubernetes mounts each time another file behind it."""
    path = targets if isinstance(targets, Path) else targets.path
    return str(path.parent.resolve() / path.name)


def files_of(store: Store, targets: Targets) -> frozenset[str | None]:
    """By which names the history knows these targets: that of the file, and those of files whose last audit was mostly
    of the same endpoints. Such a file has been moved, or lies elsewhere on each machine; any other is another fleet's.
    """
    own = name_of(targets)
    last: dict[str | None, Audit] = {}
    for audit in store.audits():
        if audit.finished_at and audit.targets != own:
            last.setdefault(audit.targets, audit)
    others = islice(last.items(), FILES)  # each takes as long as to read the names of an audit
    return frozenset({own, *(name for name, audit in others if _mostly(store, audit, targets))})


def _mostly(store: Store, audit: Audit, targets: Targets) -> bool:
    """Whether half of the endpoints of an audit and of these targets together are in both."""
    seen = [targets.endpoints.find(name) is not None for name in store.names(audit.id)]
    both = sum(seen)
    return 2 * both >= len(targets.endpoints) + len(seen) - both


def finished(store: Store, files: Collection[str | None]) -> list[Audit]:
    """The finished audits of targets files by these names, newest first."""
    return [audit for audit in store.audits() if audit.finished_at and audit.targets in files]


def newest(store: Store, files: Collection[str | None]) -> Audit | None:
    """The last of them."""
    return next(iter(finished(store, files)), None)


def comparable(store: Store, audit: Audit, targets: Targets, files: Collection[str | None]) -> list[Audit]:
    """The finished audits of the same targets that one can be held against: where the targets file names its vantage,
    those from there."""
    vantage = series_of(audit, targets)
    return [other for other in finished(store, {*files, audit.targets}) if vantage in (None, other.vantage)]


def last_that_ran(store: Store, audits: Iterable[Audit], checks: Set[str]) -> Audit | None:
    """The first of these audits that ran all of the checks."""
    return next((audit for audit in audits if store.pinned(audit.id).rules.keys() >= checks), None)


def earlier(store: Store, audit: Audit, targets: Targets) -> Earlier:
    """What those saw before this one."""
    known = comparable(store, audit, targets, files_of(store, targets))
    return store.earlier(audit.id, frozenset(other.id for other in known))
