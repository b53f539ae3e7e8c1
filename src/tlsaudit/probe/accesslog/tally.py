"""Adds up the rows of a chunk: what is from crawlers, and what is from readers who came from a search engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from tlsaudit.evidence import Scheme, Standing
from tlsaudit.probe.accesslog.moment import moment
from tlsaudit.probe.accesslog.ranges import Ranges
from tlsaudit.probe.accesslog.reading import LogReader, Row, Shape
from tlsaudit.probe.accesslog.scheme import Ports, scheme_of
from tlsaudit.probe.accesslog.who import Known, Remembered, crawler_by_agent, engine_by_host

Key = tuple[date, str, Scheme, Standing, str]
"""Day, id, scheme, standing, and the address where it is still to be looked up, else empty."""


@dataclass(slots=True)
class Tally:
    """What chunks hold. `lines` counts all of them, `read` those that are requests; `shown` are the first malformed
    lines of one chunk by their number in it."""

    counts: dict[Key, int] = field(default_factory=dict)
    lines: int = 0
    read: int = 0
    malformed: int = 0
    shown: list[tuple[int, bytes]] = field(default_factory=list)
    first: datetime | None = None
    last: datetime | None = None

    def add(self, other: "Tally") -> None:
        """Take in all but the malformed lines, whose numbers are those of their chunk."""
        for key, number in other.counts.items():
            self.counts[key] = self.counts.get(key, 0) + number
        self.lines += other.lines
        self.read += other.read
        self.malformed += other.malformed
        self.saw(other.first)
        self.saw(other.last)

    def saw(self, at: datetime | None) -> None:
        if at is not None:
            self.first = min(self.first or at, at)
            self.last = max(self.last or at, at)


@dataclass(frozen=True, slots=True)
class Rules:
    """What rows are held against. `ranges` are by the id of a crawler, `look_up` the ids of those whose addresses shall
    be looked up, so that they are kept.
    """

    known: Known
    ports: Ports = field(default_factory=Ports)
    ranges: Mapping[str, Ranges] = field(default_factory=dict)
    look_up: frozenset[str] = frozenset()

    @property
    def addresses(self) -> bool:
        """Whether addresses are wanted at all."""
        return bool(self.ranges or self.look_up)


class Counter:
    """Counts chunks by the same rules."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._crawlers = Remembered(crawler_by_agent(rules.known.crawlers))
        self._engines = Remembered(engine_by_host(rules.known.engines))
        self._moment = lru_cache(20_000)(moment)
        self._scheme = lru_cache(1_000)(scheme_of)
        self._standing = lru_cache(20_000)(self._look)

    def chunk(self, reader: LogReader, chunk: bytes, fallback: Scheme = Scheme.UNKNOWN) -> Tally:
        """Count a chunk of whole lines. `fallback` is the scheme of requests whose line tells none."""
        found = reader.read(chunk)
        tally = Tally(lines=found.lines, malformed=found.malformed, shown=found.shown, read=len(found.rows))
        self._fold(tally, reader.shape, self._gather(reader.shape, found.rows), fallback)
        shape = reader.shape
        for row in (*found.rows[:1], *found.rows[-1:]):
            self.moment(tally, shape, row[shape.time], row[shape.zone])
        return tally

    def moment(self, tally: Tally, shape: Shape, first: bytes, second: bytes) -> bool:
        """Take in when a request was; False where there is no such moment."""
        try:
            tally.saw(self._moment(shape.clock, first.decode(), second.decode()))
        except (ValueError, OverflowError):
            return False
        return True

    def weighted(self, tally: Tally, shape: Shape, rows: Iterable[tuple[Row, int]], fallback: Scheme) -> None:
        """Count rows of which each stands for several; they are requests that were counted as read."""
        for row, number in rows:
            self._fold(tally, shape, dict.fromkeys(self._gather(shape, (row,)), number), fallback)

    def _gather(self, shape: Shape, rows: Iterable[Row]) -> dict[tuple[bytes, bytes, bytes, str, bytes], int]:
        """The rows that are of interest, by what is asked of them. This is the loop that costs."""
        crawlers, engines = self._crawlers, self._engines
        time, zone, scheme, referer, agent, address, *_ = shape
        counts: dict[tuple[bytes, bytes, bytes, str, bytes], int] = {}
        for row in rows:
            who = crawlers[row[agent]]
            where = row[address]
            if who is None:
                host = row[referer]
                if not host:
                    continue
                who = engines[host]
                if who is None:
                    continue
                where = b""
            key = (row[time], row[zone], row[scheme], who, where)
            counts[key] = counts.get(key, 0) + 1
        return counts

    def _fold(
        self,
        tally: Tally,
        shape: Shape,
        counts: Mapping[tuple[bytes, bytes, bytes, str, bytes], int],
        fallback: Scheme,
    ) -> None:
        """Add counts by raw values to a tally."""
        for (time, zone, raw, who, where), number in counts.items():
            try:
                day = self._moment(shape.clock, time.decode(), zone.decode()).date()
            except (ValueError, OverflowError):  # the 31st of February
                tally.malformed += number
                tally.read -= number
                continue
            scheme = self._scheme(shape.scheme_column, raw.decode("utf-8", "replace"), self._rules.ports)
            standing, address = self._standing(who, where)
            key = (day, who, fallback if scheme is Scheme.UNKNOWN else scheme, standing, address)
            tally.counts[key] = tally.counts.get(key, 0) + number

    def _look(self, who: str, where: bytes) -> tuple[Standing, str]:
        ranges = self._rules.ranges.get(who)
        address = where.decode("ascii", "replace").rpartition(",")[2].strip().strip("[]")
        within = None if ranges is None else ranges.has(address)
        if within:
            return Standing.VERIFIED, ""
        if who in self._rules.look_up:
            return Standing.CLAIMED, address
        return (Standing.CLAIMED if within is None else Standing.REFUTED), ""
