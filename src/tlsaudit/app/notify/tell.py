"""Look at the history, find what is new, and tell who is to know."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from tlsaudit.app.notify.look import Look
from tlsaudit.app.notify.message import Message, compose
from tlsaudit.app.notify.notice import Key, restored, stored
from tlsaudit.app.notify.plan import Delivery, Plan, first_plan, plan
from tlsaudit.app.notify.post import DEADLINE_S, post
from tlsaudit.registry import Registry
from tlsaudit.report.text import plural
from tlsaudit.store import Store
from tlsaudit.target import NotifySpec, Targets

_NOWHERE = ""
_LOOKED = stored(("looked",))
"""The address and the key under which stands the start of the newest audit that was looked at."""


class Sent(NamedTuple):
    """A message to the address that the variable `via` holds; `why` says why it was not delivered."""

    via: str
    page: bool
    message: Message
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells what is new in the history at `database`, a URL. `report` is where the reader of a notice finds the report;
    `addresses` are Apprise URLs by the names of the variables that hold them; a delivery takes `deadline_s` at most.
    """

    targets: Targets
    registry: Registry
    notify: NotifySpec
    database: str
    report: str
    addresses: Mapping[str, str] = field(default_factory=dict, repr=False)
    deadline_s: float = DEADLINE_S

    def preview(self, now: datetime) -> Iterator[Sent]:
        """What `tell` would send. Nothing is sent, and nothing recorded. Raises UserError."""
        with Store.open(self.database, create=False) as store:
            due = self._due(store, now)
            for delivery in due.plan.deliveries:
                yield Sent(delivery.via, delivery.page, due.message(delivery, self.report))

    def tell(self, now: datetime) -> Iterator[Sent]:
        """Deliver what is new, a message at a time; what is delivered is not told again. Where one is not delivered, no
        more is sent to that address, and the next look tells it all. Raises UserError where the history fails.
        """
        with Store.open(self.database, create=False) as store:
            due = self._due(store, now)
            silent: set[str] = set()
            for delivery in due.plan.deliveries:
                mine = _claim(store, delivery, now) if delivery.via not in silent else None
                if mine is None:
                    continue
                message = due.message(mine, self.report)
                why = post(self.addresses[mine.via], message, page=mine.page, deadline_s=self.deadline_s)
                _settle(store, mine, now, delivered=why is None)
                if why is not None:
                    silent.add(mine.via)
                yield Sent(mine.via, mine.page, message, why)
            due.close(store, now, complete=not silent)

    def _due(self, store: Store, now: datetime) -> "_Due":
        told: defaultdict[str, set[Key]] = defaultdict(set)
        seen = None
        for each in store.told():
            if (each.address, each.key) == (_NOWHERE, _LOOKED):
                seen = each.told_at
            else:
                told[each.address].add(restored(each.key))
        by_concern: defaultdict[str, set[Key]] = defaultdict(set)
        for key in set().union(*told.values()):
            by_concern[key[0]].add(key)
        look = Look(store, self.targets, self.registry, now=now, seen=seen)
        news = list(look.news(by_concern))
        if seen is None:
            return _Due(look, first_plan(self.notify, news), first=True)
        return _Due(look, plan(self.notify, news, {via: frozenset(keys) for via, keys in told.items()}), first=False)


@dataclass(frozen=True, slots=True)
class _Due:
    look: Look
    plan: Plan
    first: bool

    def message(self, delivery: Delivery, report: str) -> Message:
        audit = self.look.audit
        source = (
            f"audit {audit.id}, {audit.started_at:%Y-%m-%d %H:%M} UTC, {audit.vantage}" if audit else "no audit yet"
        )
        notices = [*(notice for notice, _ in delivery.news), *delivery.over]
        opening = self._opening() if self.first else None
        return compose(notices, delivery.owner, opening=opening, source=source, report=report)

    def _opening(self) -> str:
        audit = self.look.audit
        failing = audit.summary["findings"]["fail"] if audit and audit.summary else 0
        told = "The first notice from this history: what stands. From now on, what changes is told."
        return told + (f" {plural(failing, 'failure')} in all: see the report." if failing else "")

    def close(self, store: Store, now: datetime, *, complete: bool) -> None:
        """Forget what is over. The look counts once it was told in full: else the next one looks as far back."""
        for via, key in self.plan.known:
            store.claim_notices(via, [stored(key)], now)
            store.confirm_notices(via, [stored(key)], now)
        for via, key in self.plan.over:
            store.forget_notices(via, [stored(key)])
        if complete:
            store.claim_notices(_NOWHERE, [_LOOKED], now)
            store.confirm_notices(_NOWHERE, [_LOOKED], self.look.audit.started_at if self.look.audit else now)


def _claim(store: Store, delivery: Delivery, now: datetime) -> Delivery | None:
    """What of it nobody else tells meanwhile; None where nothing is left."""
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for notice, addresses in delivery.news:
        for address in addresses:
            wanted[address].append(stored(notice.key))
    got = {address: store.claim_notices(address, keys, now) for address, keys in wanted.items()}
    news = [
        (notice, mine)
        for notice, addresses in delivery.news
        if (mine := tuple(address for address in addresses if stored(notice.key) in got[address]))
    ]
    return replace(delivery, news=news) if news or delivery.over else None


def _settle(store: Store, delivery: Delivery, now: datetime, *, delivered: bool) -> None:
    """Record what became of a message."""
    settled: defaultdict[str, list[str]] = defaultdict(list)
    for notice, addresses in delivery.news:
        for address in addresses:
            settled[address].append(stored(notice.key))
    for address, keys in settled.items():
        if delivered:
            store.confirm_notices(address, keys, now)
        else:
            store.forget_notices(address, keys)
    if delivered:
        store.forget_notices(delivery.via, [stored(notice.key) for notice in delivery.over])
