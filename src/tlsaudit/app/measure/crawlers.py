"""The share of crawlers' requests that come over https, from access logs: read, count, show."""

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from tlsaudit.app.measure.found import Found
from tlsaudit.app.progress import bytes_progress
from tlsaudit.errors import UserError
from tlsaudit.evidence import CrawlLog, Scheme
from tlsaudit.policy import crawlers, search_engines
from tlsaudit.probe.accesslog.files import CHUNK
from tlsaudit.probe.accesslog.logs import Log, look_into
from tlsaudit.probe.accesslog.pool import Pool
from tlsaudit.probe.accesslog.ranges import Ranges
from tlsaudit.probe.accesslog.recognise import Wishes
from tlsaudit.probe.accesslog.tables import count_table
from tlsaudit.probe.accesslog.tally import Rules
from tlsaudit.probe.accesslog.who import Known

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
    """Which logs, and what is said of them. `ranges` are by the id of a crawler, `look_up` says whether addresses are
    verified by DNS. `processes` is 0 for one a core.
    """

    logs: Sequence[str]
    wishes: Wishes
    schemes: Sequence[SchemeRule] = ()
    ranges: Mapping[str, Ranges] = field(default_factory=dict)
    look_up: bool = False
    processes: int = 0
    quiet: bool = False

    def run(self) -> CrawlLog:
        """Read the logs. Raises UserError."""
        domains = {crawler.id: crawler.domains for crawler in crawlers() if crawler.domains} if self.look_up else {}
        rules = Rules(Known(crawlers(), search_engines()), self.wishes.ports, self.ranges, frozenset(domains))
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
        found.notes += [f"{names} {doubt}" for doubt, names in doubts(logs).items()]
        for log in logs:
            found.check(log)
        if domains:
            found.verify(domains)
        return found.log(names, frozenset(crawler.id for crawler in rules.known.crawlers))

    def _fallback(self, name: str) -> Scheme:
        return next((rule.scheme for rule in self.schemes if rule.covers(name)), Scheme.UNKNOWN)

    def _processes(self, logs: Iterable[Log], total: int) -> int:
        """Processes cost some 0.2 s to start: they are worth it where there is much to read, or nobody knows."""
        packed = any(log.file.packing or not log.file.size for log in logs)
        if total < _WORTH_PROCESSES and not packed:
            return 1
        return self.processes or os.cpu_count() or 1


def doubts(logs: Iterable[Log]) -> Mapping[str, str]:
    """What is doubtful, and the names of the logs that it is said of."""
    names: dict[str, list[str]] = {}
    for log in logs:
        if log.doubts:
            names.setdefault(log.doubts, []).append(log.file.name)
    return {
        doubt: several[0] if len(several) == 1 else f"each of {len(several)} logs" for doubt, several in names.items()
    }


def find_logs(patterns: Sequence[str]) -> list[str]:
    """The files that names and patterns stand for, each once. Raises UserError."""
    names: dict[object, str] = {}
    for pattern in patterns:
        found = [pattern] if pattern == "-" or _exists(pattern) else _matching(pattern)
        if not found:
            raise UserError(f"{pattern}: there is no such file")
        for name in found:
            if Path(name).is_dir():
                raise UserError(f"{name}: is a folder; name the logs in it, for example '{name}/*.log*'")
            names.setdefault(name if name == "-" else Path(name).resolve(), name)
    return list(names.values())


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:  # a folder on the way is not ours to look into
        return False


def _matching(pattern: str) -> list[str]:
    return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 a Path knows no absolute patterns
