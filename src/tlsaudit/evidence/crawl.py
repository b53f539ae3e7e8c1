"""What access logs tell of crawlers, and of readers who came from a search engine: requests on http and on https."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


class CrawlerKind(StrEnum):
    """What a crawler fetches pages for."""

    SEARCH = "search"
    AI = "ai"
    SOCIAL = "social"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Crawler:
    """A crawler by the words of its User-Agent, as its operator publishes them at `source`.

    `domains` are those that its addresses' names end in, for a reverse and forward look-up; none where the operator
    names none. `retrieved` is when the source was last read.
    """

    id: str
    name: str
    kind: CrawlerKind
    tokens: tuple[str, ...]
    domains: tuple[str, ...]
    source: str
    retrieved: date


@dataclass(frozen=True, slots=True)
class SearchEngine:
    """A search engine by the hosts of its pages of results, as in a Referer. `*` at the end of a host is any country's
    domain, `*.` at its start any name below.
    """

    id: str
    name: str
    hosts: tuple[str, ...]
    source: str
    retrieved: date


class Scheme(StrEnum):
    """How a request came; `unknown` where its line does not say."""

    HTTP = "http"
    HTTPS = "https"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """Whether a request is from whom its User-Agent names: `claimed` where nothing was there to verify it with,
    `refuted` where its address is none of the crawler's.
    """

    VERIFIED = "verified"
    CLAIMED = "claimed"
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True)
class Requests:
    """Numbers of requests. `unknown` are those whose scheme the log does not tell: they are part of every share's
    denominator, for they are not known to be encrypted.
    """

    http: int = 0
    https: int = 0
    unknown: int = 0

    def __add__(self, other: "Requests") -> "Requests":
        return Requests(self.http + other.http, self.https + other.https, self.unknown + other.unknown)

    @property
    def total(self) -> int:
        """What a share is a share of."""
        return self.http + self.https + self.unknown

    @property
    def share(self) -> float | None:
        """The share on https, from 0 to 1; None where not one request's scheme is known."""
        return self.https / self.total if self.http + self.https else None


Counted = Mapping[tuple[date, str, Standing], Requests]
"""By UTC day, id of a crawler or search engine, and standing (`claimed` for readers)."""


@dataclass(frozen=True, slots=True)
class MalformedLine:
    """A line that is none of its file's format; `text` is its start, as it stands."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class CrawlLog:
    """What some access logs hold. `first` and `last` are the earliest and latest moment, UTC, to the minute, None where
    no line could be read; `lines` counts those that could. `malformed_lines` are the first few of `malformed`.
    """

    crawlers: Counted
    readers: Counted
    lines: int
    malformed: int
    malformed_lines: tuple[MalformedLine, ...]
    first: datetime | None
    last: datetime | None
    sources: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def measured(self) -> bool:
        """Whether there is a request from a crawler or a reader whose scheme is known."""
        return any(item.share is not None for counted in (self.crawlers, self.readers) for item in counted.values())

    @property
    def complete_days(self) -> tuple[date, ...]:
        """The days that the logs cover whole, with requests of crawlers or readers: all but the first and the last,
        unless the logs begin or end within a quarter of an hour of midnight.
        """
        if self.first is None or self.last is None:
            return ()
        first = self.first.date() + timedelta(_minutes(self.first) > _NEAR_MIDNIGHT)
        last = self.last.date() - timedelta(_minutes(self.last) < 24 * 60 - _NEAR_MIDNIGHT)
        days = {day for counted in (self.crawlers, self.readers) for day, _, _ in counted}
        return tuple(sorted(day for day in days if first <= day <= last))


_NEAR_MIDNIGHT = 15


def _minutes(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def by_day(
    counted: Counted, ids: Collection[str], standings: Collection[Standing] = tuple(Standing)
) -> dict[date, Requests]:
    """The requests of some crawlers or search engines, and of some standings, added up for each day."""
    days: dict[date, Requests] = {}
    for (day, who, standing), requests in counted.items():
        if who in ids and standing in standings:
            days[day] = days.get(day, Requests()) + requests
    return dict(sorted(days.items()))
