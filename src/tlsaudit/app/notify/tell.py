"""Look at the history, find what is new, and tell who is to know."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from tlsaudit.app.notify.book import Book, books
from tlsaudit.app.notify.look import Look
from tlsaudit.app.notify.message import Message, compose
from tlsaudit.app.notify.notice import Key
from tlsaudit.app.notify.plan import Delivery, Plan, first_plan, plan
from tlsaudit.app.notify.post import DEADLINE_S, post
from tlsaudit.registry import Registry
from tlsaudit.report.text import plural
from tlsaudit.store import Store
from tlsaudit.target import NotifySpec, Targets


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
            for due in self._due(store, now):
                for delivery in due.plan.deliveries:
                    yield Sent(delivery.via, delivery.page, due.message(delivery, self.report))

    def tell(self, now: datetime) -> Iterator[Sent]:
        """Deliver what is new, a message at a time; what is delivered is not told again. Where one is not delivered, no
        more is sent to that address, and the next look tells it all. Raises UserError where the history fails.
        """
        with Store.open(self.database, create=False) as store:
            silent: set[str] = set()
            for due in self._due(store, now):
                for delivery in due.plan.deliveries:
                    mine = _claim(due.book, delivery, now) if delivery.via not in silent else None
                    if mine is None:
                        continue
                    message = due.message(mine, self.report)
                    why = post(self.addresses[mine.via], message, page=mine.page, deadline_s=self.deadline_s)
                    _settle(due.book, mine, now, delivered=why is None)
                    if why is not None:
                        silent.add(mine.via)
                    yield Sent(mine.via, mine.page, message, why)
                due.close(now, complete=silent.isdisjoint(each.via for each in due.plan.deliveries))

    def _due(self, store: Store, now: datetime) -> "Iterator[_Due]":
        """Of each vantage by itself: what is so from one place alone would come and go. Waivers are told of once."""
        for number, book in enumerate(books(store, self.targets)):
            seen, told = book.read(), book.told
            by_concern: defaultdict[str, set[Key]] = defaultdict(set)
            for key in set().union(*told.values()):
                by_concern[key[0]].add(key)
            look = Look(store, self.targets, self.registry, book.audits, now=now, seen=seen)
            news = list(look.news(by_concern, of_waivers=number == 0))
            chosen = first_plan(self.notify, news) if seen is None else plan(self.notify, news, told)
            yield _Due(book, look, chosen, first=seen is None)


@dataclass(frozen=True, slots=True)
class _Due:
    book: Book
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

    def close(self, now: datetime, *, complete: bool) -> None:
        """Forget what is over. The look counts once it was told in full: else the next one looks as far back."""
        for via, key in self.plan.known:
            self.book.claim(via, [key], now)
            self.book.confirm(via, [key], now)
        for via, key in self.plan.over:
            self.book.forget(via, [key])
        if complete:
            self.book.looked(self.look.audit.started_at if self.look.audit else now, now)


def _claim(book: Book, delivery: Delivery, now: datetime) -> Delivery | None:
    """What of it nobody else tells meanwhile; None where nothing is left."""
    wanted: defaultdict[str, list[Key]] = defaultdict(list)
    for notice, addresses in delivery.news:
        for address in addresses:
            wanted[address].append(notice.key)
    got = {address: book.claim(address, keys, now) for address, keys in wanted.items()}
    news = [
        (notice, mine)
        for notice, addresses in delivery.news
        if (mine := tuple(address for address in addresses if notice.key in got[address]))
    ]
    return replace(delivery, news=news) if news or delivery.over else None


def _settle(book: Book, delivery: Delivery, now: datetime, *, delivered: bool) -> None:
    """Record what became of a message."""
    settled: defaultdict[str, list[Key]] = defaultdict(list)
    for notice, addresses in delivery.news:
        for address in addresses:
            settled[address].append(notice.key)
    for address, keys in settled.items():
        if delivered:
            book.confirm(address, keys, now)
        else:
            book.forget(address, keys)
    if delivered:
        book.forget(delivery.via, [notice.key for notice in delivery.over])
