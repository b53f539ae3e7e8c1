"""What the chunks of all logs add up to, and which of it is from whom it says."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tlsaudit.errors import UserError
from tlsaudit.evidence import CrawlLog, MalformedLine, Requests, Standing
from tlsaudit.probe.accesslog.confirm import confirmed_names, in_domains
from tlsaudit.probe.accesslog.logs import Log, unreadable
from tlsaudit.probe.accesslog.tally import Key, Tally
from tlsaudit.report.text import plural

_SHOWN_MALFORMED = 5
_MOST_LOOK_UPS = 5_000
_LOOK_UP_S = 120.0
_MOST_ADDRESSES = 50_000
_TOO_MANY = (
    f"more than {_MOST_ADDRESSES:,} addresses say that they are crawlers: those that came last are not looked up"
)


@dataclass(slots=True)
class Found:
    """What the chunks of all logs add up to."""

    notes: list[str] = field(default_factory=list)
    total: Tally = field(default_factory=Tally)
    files: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    malformed: list[MalformedLine] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)

    def take(self, name: str, tally: Tally) -> None:
        """Add a chunk, the next one of its file."""
        file = self.files[name]
        for number, line in tally.shown[: _SHOWN_MALFORMED - len(self.malformed)]:
            self.malformed.append(MalformedLine(name, file.lines + number + 1, line.decode("utf-8", "replace")))
        file.lines += tally.lines
        file.read += tally.read
        file.malformed += tally.malformed
        self._bound(tally)
        self.total.add(tally)

    def _bound(self, tally: Tally) -> None:
        """Keep no more addresses than will be looked up, and some."""
        for key in [key for key in tally.counts if key[4] and key[4] not in self.addresses]:
            if len(self.addresses) < _MOST_ADDRESSES:
                self.addresses.add(key[4])
            elif key[4] not in self.addresses:
                without = (*key[:4], "")
                tally.counts[without] = tally.counts.get(without, 0) + tally.counts.pop(key)
                self.notes[:] = [*filter(_TOO_MANY.__ne__, self.notes), _TOO_MANY]

    def verify(self, domains: Mapping[str, Collection[str]]) -> None:
        """Look up the addresses of those who say that they are one of these crawlers, the busiest first."""
        counts = self.total.counts
        busy: dict[str, int] = defaultdict(int)
        for key, number in counts.items():
            busy[key[4]] += number
        busy.pop("", None)
        asked = sorted(busy, key=busy.__getitem__, reverse=True)[:_MOST_LOOK_UPS]
        every = {domain for several in domains.values() for domain in several}
        names = asyncio.run(confirmed_names(asked, every, seconds=_LOOK_UP_S))
        self.total.counts = defaultdict(int)
        for (day, who, scheme, standing, address), number in counts.items():
            name = names.get(address)
            confirmed = Standing.VERIFIED if name and in_domains(name, domains[who]) else Standing.REFUTED
            self.total.counts[day, who, scheme, standing if name is None else confirmed, ""] += number
        left = sum(names.get(address) is None for address in busy)
        if left:
            self.notes.append(f"{left:,} of {plural(len(busy), 'address', 'addresses')} could not be looked up")

    def check(self, log: Log) -> None:
        """Raise UserError for a log of which no line could be read."""
        file = self.files[log.file.name]
        if file.malformed and not file.read:
            first = log.file.head.lstrip().partition(b"\n")[0][:160]
            raise UserError(unreadable(log.file.name, f"none of its {file.malformed:,} lines could be read", first))

    def log(self, sources: Sequence[str], crawler_ids: frozenset[str]) -> CrawlLog:
        counted = _by_day(self.total.counts)
        return CrawlLog(
            crawlers={key: requests for key, requests in counted.items() if key[1] in crawler_ids},
            readers={key: requests for key, requests in counted.items() if key[1] not in crawler_ids},
            lines=self.total.read,
            malformed=self.total.malformed,
            malformed_lines=tuple(self.malformed),
            first=self.total.first,
            last=self.total.last,
            sources=tuple(sources),
            notes=tuple(self.notes),
        )


def _by_day(counts: Mapping[Key, int]) -> dict[tuple[date, str, Standing], Requests]:
    found: dict[tuple[date, str, Standing], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (day, who, scheme, standing, _), number in counts.items():
        found[day, who, standing][scheme.value] += number
    return {key: Requests(**schemes) for key, schemes in sorted(found.items())}
