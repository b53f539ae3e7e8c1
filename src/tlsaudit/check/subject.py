"""The shapes of evidence that reach beyond one look at one endpoint."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tlsaudit.evidence import NotObserved

X_co = TypeVar("X_co", covariant=True)


@dataclass(frozen=True, slots=True)
class BySite(Generic[X_co]):
    """The same evidence of one service, host by host and place by place.

    `hosts` maps `host:port` to a mapping from place to what was seen there. A place is a site id, or
    `site address` where the host has several addresses at that site. Places at which nothing could be
    observed are absent: the runner has said `unknown` for them. Of `BySite[X | NotObserved]` the others are there, also
    where this evidence is missing.
    """

    service: str
    hosts: Mapping[str, Mapping[str, X_co]]


@dataclass(frozen=True, slots=True)
class ByVantage(Generic[X_co]):
    """The same evidence of one service, host by host and vantage by vantage: from where it was looked at.

    `hosts` maps `host:port`, with `@site` where that is at a site, to a mapping from vantage to what was seen from
    there. A host with several addresses, the same from each vantage, is there once for each, as `host:port address`;
    where they are others, a place is `vantage address`. Vantages from which nothing could be observed are absent: the
    runner has said `unknown` for them. Of `ByVantage[X | NotObserved]` they are there.
    """

    service: str
    hosts: Mapping[str, Mapping[str, X_co]]


@dataclass(frozen=True, slots=True)
class Fleet(Generic[X_co]):
    """The same evidence of every endpoint, as (endpoint id, address, evidence).

    It is read from the history as it is iterated, each time anew, since a large fleet's does not fit into memory: look
    twice rather than keep something of each endpoint (see Shared).
    """

    observations: Iterable[tuple[str, str, X_co]]

    def __iter__(self) -> Iterator[tuple[str, str, X_co]]:
        return iter(self.observations)


@dataclass(frozen=True, slots=True)
class Past(Generic[X_co]):
    """The earlier evidence of the same endpoint and address, newest first.

    Empty where there is none: in a scan, in the first audit of an address, and where only other checks were run
    before. How far it reaches is the history's business (`Store.past`).
    """

    earlier: tuple[X_co, ...]

    def __iter__(self) -> Iterator[X_co]:
        return iter(self.earlier)


@dataclass(frozen=True, slots=True)
class Parent(Generic[X_co]):
    """The same evidence of the domains above the endpoint's host, as far as they are hosts of this run.

    `hosts` maps their names, the nearest first, to what was seen of each: once for each address, at every port and
    site of it. Empty where no domain above is looked at.
    """

    hosts: Mapping[str, Sequence[X_co | NotObserved]]
