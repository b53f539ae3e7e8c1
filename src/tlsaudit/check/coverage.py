"""Whether traffic selectors cover a pair of prefixes (RFC 4301 section 4.4.1): all of it, by one of them or several."""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network, summarize_address_range

Addresses = tuple[int, int, int]
"""The version of IP, the first and the last address as numbers."""

Pair = tuple[Addresses, Addresses]
"""Addresses here, and addresses there."""


def addresses(text: str) -> Addresses:
    """`10.64.0.0/16`, a single address, or a range as `10.64.0.1-10.64.0.9`. Raises ValueError."""
    first, dash, last = text.partition("-")
    if dash:
        low, high = ip_address(first), ip_address(last)
        if low.version != high.version or int(low) > int(high):
            raise ValueError(f"{text} is no range of addresses")
        return low.version, int(low), int(high)
    network = ip_network(text)
    return network.version, int(network[0]), int(network[-1])


def first_gap(wanted: Pair, selectors: Iterable[Pair]) -> tuple[str, str] | None:
    """The first part of a pair that no selector covers, as prefixes. None: all of it is covered.

    Between two neighbouring bounds of the selectors here, they cover the same there: each such step is looked at once.
    """
    here, there = wanted
    meeting = [selector for selector in selectors if meets(selector, wanted)]
    for step in _steps(here, [near for near, _ in meeting]):
        gap = _uncovered(there, sorted(far for near, far in meeting if near[1] <= step[1] and step[2] <= near[2]))
        if gap:
            return _prefix(step), _prefix(gap)
    return None


def meets(one: Pair, other: Pair) -> bool:
    """Whether some traffic is part of both pairs."""
    return _meet(one[0], other[0]) and _meet(one[1], other[1])


def _meet(one: Addresses, other: Addresses) -> bool:
    return one[0] == other[0] and one[1] <= other[2] and other[1] <= one[2]


def _steps(whole: Addresses, parts: Sequence[Addresses]) -> Iterator[Addresses]:
    version, first, last = whole
    begins = {first, *(part[1] for part in parts), *(part[2] + 1 for part in parts)}
    inside = sorted(begin for begin in begins if first <= begin <= last)
    for begin, following in zip(inside, [*inside[1:], last + 1], strict=True):
        yield version, begin, following - 1


def _uncovered(whole: Addresses, parts: Sequence[Addresses]) -> Addresses | None:
    """The first addresses in none of the parts, which are in order."""
    version, first, last = whole
    for _, begin, end in parts:
        if begin > first:
            return version, first, min(begin - 1, last)
        first = max(first, end + 1)
    return (version, first, last) if first <= last else None


def _prefix(found: Addresses) -> str:
    """The prefix, or the first of those of which it is made."""
    version, first, last = found
    if version == 4:
        return str(next(summarize_address_range(IPv4Address(first), IPv4Address(last))))
    return str(next(summarize_address_range(IPv6Address(first), IPv6Address(last))))
