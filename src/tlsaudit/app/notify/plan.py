"""Which message goes where: what is new at each address, and what is over there."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from tlsaudit.app.notify.notice import GOOD, Key, News, Notice
from tlsaudit.target import Channels, NotifySpec


@dataclass(slots=True)
class Delivery:
    """One message: to the address that the variable `via` holds, for one owner. Once it is delivered, its news count as
    told at the addresses beside them, and what is over is forgotten at this one.
    """

    via: str
    owner: str | None
    page: bool = False
    news: list[tuple[Notice, tuple[str, ...]]] = field(default_factory=list)
    over: list[Notice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """`over` are addresses and keys of what is to be forgotten without a word, `known` of what is taken as told."""

    deliveries: Sequence[Delivery]
    over: Sequence[tuple[str, Key]]
    known: Sequence[tuple[str, Key]]


def plan(spec: NotifySpec, news: Iterable[News], told: Mapping[str, Set[Key]]) -> Plan:
    """`told` are the keys of what was told at each address and is not over as far as is known."""
    found = list(news)
    stands = {notice.key: notice for each in found for notice in each.stands}
    kept = stands.keys() | {key for each in found for key in each.unsure}
    good = {key: notice for each in found for key, notice in each.over.items()}
    deliveries = _Deliveries()
    for notice in stands.values():
        page, addresses = _route(spec, notice)
        for via in addresses:
            if notice.key not in told.get(via, ()):
                deliveries.of(via, notice, page=page).news.append((notice, (via,)))
    over = []
    for via, keys in told.items():
        for key in sorted(keys - kept):
            if key in good and via in spec.variables:
                deliveries.of(via, good[key]).over.append(good[key])
            else:
                over.append((via, key))
    return Plan(deliveries.all, over, [])


def first_plan(spec: NotifySpec, news: Iterable[News]) -> Plan:
    """The first notices from a history: everything that stands, in one message an owner, by mail where there is any.
    Nobody is paged for what is old, and what is good already is no news.
    """
    deliveries = _Deliveries()
    known = []
    for notice in (notice for each in news for notice in each.stands):
        _, addresses = _route(spec, notice)
        if notice.kind in GOOD:
            known += [(via, notice.key) for via in addresses]
            continue
        channels = _channels(spec, notice.owner)
        for via in channels.mail or channels.page:
            deliveries.of(via, notice).news.append((notice, addresses or (via,)))
    return Plan(deliveries.all, [], known)


class _Deliveries:
    """One for each address and owner."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str | None], Delivery] = {}

    @property
    def all(self) -> Sequence[Delivery]:
        """Pages first."""
        return sorted(self._found.values(), key=lambda delivery: not delivery.page)

    def of(self, via: str, notice: Notice, *, page: bool = False) -> Delivery:
        delivery = self._found.setdefault((via, notice.owner), Delivery(via, notice.owner))
        delivery.page |= page
        return delivery


def _channels(spec: NotifySpec, owner: str | None) -> Channels:
    own = spec.owners.get(owner or "", Channels())
    return Channels(own.page or spec.everybody.page, own.mail or spec.everybody.mail)


def _route(spec: NotifySpec, notice: Notice) -> tuple[bool, tuple[str, ...]]:
    """Whether it is a page, and the variables that hold the addresses it goes to."""
    channels = _channels(spec, notice.owner)
    if notice.topic in spec.page_for and channels.page:
        return True, channels.page
    return False, channels.mail
