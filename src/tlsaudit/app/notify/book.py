"""What was told, as a history keeps it, which may be that of several fleets, seen from several places."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tlsaudit.app.notify.notice import Key
from tlsaudit.app.series import files_of
from tlsaudit.app.vantages import series_of
from tlsaudit.store import Audit, Store, Told
from tlsaudit.target import Targets

_NOWHERE = ""
_LOOKED = ("looked",)
"""The address and the key under which stands the start of the newest audit that was looked at."""


@dataclass(frozen=True, slots=True)
class Book:
    """What was told of the audits of a targets file, by any of its names, from one `vantage` or from anywhere. By its
    `name` is told what comes: who has the file elsewhere writes the same. `renamed` are ids that endpoints had, each
    with that of today."""

    store: Store
    name: str
    files: frozenset[str | None]
    vantage: str | None
    audits: tuple[Audit, ...]
    renamed: Mapping[str, str]
    _rows: dict[tuple[str, Key], list[str]] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, set[Key]]:
        """The keys at each address."""
        found: dict[str, set[Key]] = {}
        for address, key in self._rows:
            if address != _NOWHERE:
                found.setdefault(address, set()).add(key)
        return found

    def read(self) -> datetime | None:
        """What is told by now; the answer is the start of the newest audit that was looked at, None before the first
        look."""
        self._rows.clear()
        looked = None
        for row in self.store.told():
            if key := self._own(row):
                self._rows.setdefault((row.address, key), []).append(row.key)
                if (row.address, key) == (_NOWHERE, _LOOKED):
                    looked = max(looked or row.told_at, row.told_at)
        return looked

    def _own(self, row: Told) -> Key | None:
        """The key of a row, None where it is another's. Without a name it is of a tlsaudit that told all alike."""
        parts = json.loads(row.key)
        if not isinstance(parts[-1], list):
            return self._today(parts)
        name, vantage, key = parts
        return self._today(key) if name in self.files and vantage in {"", self.vantage or ""} else None

    def _today(self, key: Sequence[str]) -> Key:
        """By the names that hosts have now."""
        return tuple(self.renamed.get(part, part) for part in key)

    def stored(self, key: Key) -> str:
        return json.dumps([self.name, self.vantage or "", key])

    def claim(self, address: str, keys: Iterable[Key], now: datetime) -> set[Key]:
        """Those that nobody has told at this address, or is about to tell."""
        texts = {self.stored(key): key for key in keys}
        return {texts[text] for text in self.store.claim_notices(address, texts, now)}

    def confirm(self, address: str, keys: Iterable[Key], at: datetime) -> None:
        self.store.confirm_notices(address, [*map(self.stored, keys)], at)

    def forget(self, address: str, keys: Iterable[Key]) -> None:
        texts = (text for key in keys for text in (self.stored(key), *self._rows.get((address, key), ())))
        self.store.forget_notices(address, [*dict.fromkeys(texts)])

    def looked(self, at: datetime, now: datetime) -> None:
        """Audits up to the one that began then were looked at."""
        self.claim(_NOWHERE, [_LOOKED], now)
        self.confirm(_NOWHERE, [_LOOKED], at)


def books(store: Store, targets: Targets) -> Iterator[Book]:
    """One for each vantage that the targets file names and somebody audited from, else one for all audits."""
    files = files_of(store, targets)
    name = min(each for each in files if each)
    audits = [audit for audit in store.audits() if audit.targets in files]
    vantages: list[str | None] = [*sorted({place for audit in audits if (place := series_of(audit, targets))})]
    for vantage in vantages or [None]:
        own = tuple(audit for audit in audits if vantage in (None, audit.vantage))
        yield Book(store, name, files, vantage, own, targets.renamed)
