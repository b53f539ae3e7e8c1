"""The share of crawlers' requests that come over https, from access logs: read, count, show."""

import glob
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

from tlsaudit.app.progress import bytes_progress
from tlsaudit.errors import UserError
from tlsaudit.evidence import CrawlLog, MalformedLine, Requests, Scheme, Standing
from tlsaudit.policy import crawlers, search_engines
from tlsaudit.probe.accesslog.files import CHUNK
from tlsaudit.probe.accesslog.logs import Log, look_into, unreadable
from tlsaudit.probe.accesslog.pool import Pool
from tlsaudit.probe.accesslog.ranges import Ranges
from tlsaudit.probe.accesslog.recognise import Wishes
from tlsaudit.probe.accesslog.tables import count_table
from tlsaudit.probe.accesslog.tally import Key, Rules, Tally
from tlsaudit.probe.accesslog.who import Known

_SHOWN_MALFORMED = 5
_WORTH_PROCESSES = 4 * CHUNK


@dataclass(frozen=True, slots=True)
class SchemeRule:
    """The scheme of requests whose line tells none, in files whose name or path matches `pattern`."""

    scheme: Scheme
    pattern: str = "*"

    def covers(self, name: str) -> bool:
        return fnmatch(name, self.pattern) or fnmatch(Path(name).name, self.pattern)


@dataclass(frozen=True, slots=True)
class MeasureCrawlers:
    """Which logs, and what is said of them. `ranges` are by the id of a crawler. `processes` is 0 for one a core."""

    logs: Sequence[str]
    wishes: Wishes
    schemes: Sequence[SchemeRule] = ()
    ranges: Mapping[str, Ranges] = field(default_factory=dict)
    processes: int = 0
    quiet: bool = False

    def run(self) -> CrawlLog:
        """Read the logs. Raises UserError."""
        rules = Rules(Known(crawlers(), search_engines()), self.wishes.ports, self.ranges)
        names = find_logs(self.logs)
        looked_into = {name: look_into(name, self.wishes, self._fallback(name)) for name in names}
        logs = [log for log in looked_into.values() if log is not None]
        found = Found(notes=[f"{name} is empty" for name, log in looked_into.items() if log is None])
        total = sum(log.file.size for log in logs)
        with ExitStack() as stack:
            pool = stack.enter_context(Pool(rules, self._processes(logs, total)))
            advance = stack.enter_context(bytes_progress(total, quiet=self.quiet))
            for chunk, tally in pool.tallies(chunk for log in logs for chunk in log.chunks()):
                found.take(chunk.name, tally)
                advance(chunk.weight)
            for log in logs:
                if log.reader is None:
                    found.take(log.file.name, count_table(log.file, self.wishes, rules, log.fallback))
                    advance(log.file.size)
        found.notes += [log.complaint for log in logs if log.complaint]
        for log in logs:
            found.check(log)
        return found.log(names, frozenset(crawler.id for crawler in rules.known.crawlers))

    def _fallback(self, name: str) -> Scheme:
        return next((rule.scheme for rule in self.schemes if rule.covers(name)), Scheme.UNKNOWN)

    def _processes(self, logs: Iterable[Log], total: int) -> int:
        """Processes cost some 0.2 s to start: they are worth it where there is much to read, or nobody knows."""
        packed = any(log.file.packing or not log.file.size for log in logs)
        if total < _WORTH_PROCESSES and not packed:
            return 1
        return self.processes or len(os.sched_getaffinity(0))


def find_logs(patterns: Sequence[str]) -> list[str]:
    """The files that names and patterns stand for, each once. Raises UserError."""
    names: dict[object, str] = {}
    for pattern in patterns:
        found = [pattern] if pattern == "-" or Path(pattern).exists() else _matching(pattern)
        if not found:
            raise UserError(f"{pattern}: there is no such file")
        for name in found:
            if Path(name).is_dir():
                raise UserError(f"{name}: is a folder; name the logs in it, for example '{name}/*.log*'")
            names.setdefault(name if name == "-" else Path(name).resolve(), name)
    return list(names.values())


def _matching(pattern: str) -> list[str]:
    return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 a Path knows no absolute patterns


@dataclass(slots=True)
class Found:
    """What the chunks of all logs add up to."""

    notes: list[str] = field(default_factory=list)
    total: Tally = field(default_factory=Tally)
    files: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    malformed: list[MalformedLine] = field(default_factory=list)

    def take(self, name: str, tally: Tally) -> None:
        """Add a chunk, the next one of its file."""
        file = self.files[name]
        for number, line in tally.shown[: _SHOWN_MALFORMED - len(self.malformed)]:
            self.malformed.append(MalformedLine(name, file.lines + number + 1, line.decode("utf-8", "replace")))
        file.lines += tally.lines
        file.read += tally.read
        file.malformed += tally.malformed
        self.total.add(tally)

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
