"""The common form of what a source tells, its bounds, and what of it concerns a link."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tlsaudit.evidence import (
    ChildSa,
    Connection,
    IkeSa,
    IpsecPolicy,
    LinkView,
    NotObserved,
    Reason,
    SaSample,
    Selectors,
    TrafficSelector,
)

MOST_BYTES = 8 << 20
"""Of one answer: some ten thousand security associations."""

MOST_ITEMS = 10_000

T = TypeVar("T")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SourceError(Exception):
    """A source told nothing that can be read; the message says why, for whoever reads the report."""

    def __init__(self, message: str, reason: Reason = Reason.NOT_PROBED) -> None:
        super().__init__(message)
        self.reason = NotObserved(reason, message)


@dataclass(frozen=True, slots=True)
class Told:
    """What a source tells of a gateway, all its links. None: it does not tell of such things.

    The samples of IKE and child SAs are in the order of these, their `source` empty.
    """

    ike: tuple[IkeSa, ...] | None = None
    children: tuple[ChildSa, ...] | None = None
    policies: tuple[IpsecPolicy, ...] | None = None
    connections: tuple[Connection, ...] | None = None
    ike_samples: tuple[SaSample, ...] = ()
    child_samples: tuple[SaSample, ...] = ()


@dataclass(frozen=True, slots=True)
class Concerning:
    """A view of one link, and its samples."""

    view: LinkView
    ike: tuple[SaSample, ...]
    children: tuple[SaSample, ...]


def concerning(
    told: Told, source: str, site: str, prefixes: tuple[Sequence[str], Sequence[str]], earlier: Told | None = None
) -> Concerning:
    """What of that concerns the link between the prefixes at the site and those at the other, in this order. A gateway
    has links to many sites: an SA of IKE is of this one where one of its children is, or a configured one. `earlier` is
    what the same source told some seconds before.
    """
    near, far = (_networks(each) for each in prefixes)

    def concerns(selectors: Selectors) -> bool:
        return _meet(selectors.local, near) and _meet(selectors.remote, far)

    children = [
        (sa, sample)
        for sa, sample in zip(told.children or (), told.child_samples, strict=True)
        if concerns(sa.selectors)
    ]
    connections = [
        replace(item, children=tuple(child for child in item.children if concerns(child.selectors)))
        for item in told.connections or ()
    ]
    connections = [item for item in connections if item.children]
    names = {sa.ike for sa, _ in children} | {item.name for item in connections}
    ike = [(sa, sample) for sa, sample in zip(told.ike or (), told.ike_samples, strict=True) if sa.name in names]
    view = LinkView(
        source,
        site,
        None if told.ike is None else _sorted(sa for sa, _ in ike),
        None if told.children is None else _sorted(sa for sa, _ in children),
        None if told.policies is None else _sorted(item for item in told.policies if concerns(item.selectors)),
        None if told.connections is None else _sorted(connections),
    )
    before = {(item.name, item.spi): item for item in earlier.child_samples} if earlier else {}
    return Concerning(
        view,
        tuple(replace(sample, source=source) for _, sample in ike),
        tuple(_since(replace(sample, source=source), before.get((sample.name, sample.spi))) for _, sample in children),
    )


def _sorted(items: Iterable[T]) -> tuple[T, ...]:
    """Daemons list in any order, which is no change of the link; nor are two SAs alike while one replaces the other."""
    return tuple(sorted(dict.fromkeys(items), key=repr))


def _since(sample: SaSample, before: SaSample | None) -> SaSample:
    return replace(sample, earlier_in=before.bytes_in, earlier_out=before.bytes_out) if before else sample


def _networks(prefixes: Sequence[str]) -> list[Network]:
    return [ipaddress.ip_network(prefix) for prefix in prefixes]


def _meet(selectors: Sequence[TrafficSelector], prefixes: Sequence[Network]) -> bool:
    """Whether an address is in both. What no prefixes are known of may be of any."""
    bounds = [_bounds(selector.addresses) for selector in selectors]
    return not prefixes or any(
        version == prefix.version and first <= int(prefix.broadcast_address) and int(prefix.network_address) <= last
        for version, first, last in bounds
        for prefix in prefixes
    )


def _bounds(addresses: str) -> tuple[int, int, int]:
    first, dash, last = addresses.partition("-")
    if dash:
        return ipaddress.ip_address(first).version, int(ipaddress.ip_address(first)), int(ipaddress.ip_address(last))
    network = ipaddress.ip_network(first)
    return network.version, int(network.network_address), int(network.broadcast_address)


def selector(written: str, limit: str = "") -> TrafficSelector:
    """Of a prefix, an address, or a range as `first-last` or strongSwan's `first..last`. Raises ValueError."""
    first, mark, last = written.replace("..", "-").partition("-")
    if not mark:
        return TrafficSelector(str(ipaddress.ip_network(first, strict=False)), limit)
    low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
    if low.version != high.version or int(low) > int(high):
        raise ValueError(f"no range: {written}")
    return TrafficSelector(f"{low}-{high}", limit)
