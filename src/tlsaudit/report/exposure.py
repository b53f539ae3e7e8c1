"""What sizes alone tell an observer who knows all pages of the sample, and which host is asked (a closed world)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2

from tlsaudit.policy.padding import Scheme

Pages = Mapping[str, Sequence[int]]
"""The sizes of a page's loads, each as likely as the others; the page itself as likely as any other."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """`pages` are so many, each of the shares is from 0 to 1 and of their loads.

    `recognisable`: no other page may have the size. `guessed`: the best guess is right. `entropy` is what the observer
    does not know of the page once the size is seen, in bits; `largest` and `typical` the number of pages among which a
    load hides, at most and on average. `bytes` is the mean size of a load, `overhead` the mean of what padding adds.
    """

    pages: int
    recognisable: float
    guessed: float
    entropy: float
    largest: int
    typical: float
    bytes: float
    overhead: float

    @property
    def overhead_share(self) -> float:
        return self.overhead / (self.bytes - self.overhead) if self.bytes > self.overhead else 0.0


def exposure(hosts: Sequence[Pages], scheme: Scheme) -> Exposure:
    """Of the pages of each host. Raises ValueError where there is none."""
    count = sum(map(len, hosts))
    if not count:
        raise ValueError("no page")
    recognisable = guessed = entropy = typical = 0.0
    largest = 0
    for pages in hosts:
        for width, weights in _sets(pages, scheme):
            total = sum(weights)
            recognisable += width * total * (len(weights) == 1)
            guessed += width * max(weights)
            entropy += width * _bits(weights)
            typical += width * total * len(weights)
            largest = max(largest, len(weights))
    loads = [(size, 1 / len(sizes)) for pages in hosts for sizes in pages.values() for size in sizes]
    before = sum(size * weight for size, weight in loads)
    after = sum((scheme.pad(size) + (scheme.spread - 1) / 2) * weight for size, weight in loads)
    return Exposure(
        *(count, recognisable / count, guessed / count, entropy / count, largest, typical / count),
        *(after / count, (after - before) / count),
    )


def _sets(pages: Pages, scheme: Scheme) -> Iterator[tuple[int, list[float]]]:
    """How many sizes there are in a row with the same pages behind them, and how likely each of these pages has one
    such size.
    """
    changes: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for page, sizes in pages.items():
        for size in sizes:
            first = scheme.pad(size)
            changes[first].append((page, 1))
            changes[first + scheme.spread].append((page, -1))
    active: dict[str, int] = {}
    places = sorted(changes)
    for place, following in pairwise(places):
        for page, step in changes[place]:
            active[page] = active.get(page, 0) + step
            if not active[page]:
                del active[page]
        if active:
            yield (
                following - place,
                [number / len(pages[page]) / scheme.spread for page, number in active.items()],
            )


def _bits(weights: Sequence[float]) -> float:
    """The entropy of who it is, times how likely it is that anybody is."""
    total = sum(weights)
    return sum(weight * log2(total / weight) for weight in weights) if len(weights) > 1 else 0.0


def by_number(hosts: Sequence[Pages], scheme: Scheme, numbers: Sequence[int]) -> dict[int, Exposure]:
    """The same of samples of fewer pages, the first ones in their order, which should be that of no one's choice."""
    found = {}
    every = [(place, page) for place, pages in enumerate(hosts) for page in pages]
    for number in numbers:
        kept: list[dict[str, Sequence[int]]] = [{} for _ in hosts]
        for place, page in every[:number]:
            kept[place][page] = hosts[place][page]
        found[number] = exposure(kept, scheme)
    return found
