"""Who a request is from, by its User-Agent and the host in its Referer.

What was asked once is remembered, within bounds: a log is full of what attackers write.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tlsaudit.evidence import Crawler, SearchEngine

_REMEMBERED = 20_000
_REMEMBERED_BYTES = 512

# The domain of any country: google.de, google.co.uk, google.com.au.
_ANY_COUNTRY = r"(?:[a-z]{2,3}|com?\.[a-z]{2})"
_SUBDOMAINS = r"(?:[a-z0-9-]+\.){1,8}"


@dataclass(frozen=True, slots=True)
class Known:
    """Who can be told apart. Ids are unique over both."""

    crawlers: Sequence[Crawler]
    engines: Sequence[SearchEngine]


class Remembered(dict[bytes, str | None]):
    """What a function says of a key."""

    def __init__(self, ask: Callable[[bytes], str | None]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, key: bytes) -> str | None:
        answer = self._ask(key)
        if len(key) <= _REMEMBERED_BYTES:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[key] = answer
        return answer


def crawler_by_agent(crawlers: Sequence[Crawler]) -> Callable[[bytes], str | None]:
    """The id of the crawler whose token stands first in a User-Agent; case does not count."""
    owners = {token.lower().encode(): crawler.id for crawler in crawlers for token in crawler.tokens}
    # Longer ones first: of two that begin at the same place the more exact one decides.
    tokens = b"|".join(re.escape(token) for token in sorted(owners, key=len, reverse=True))
    pattern = re.compile(rb"(?<![a-z0-9_.-])(" + tokens + rb")(?![a-z0-9])")

    def ask(agent: bytes) -> str | None:
        found = pattern.search(agent.lower())
        return owners[found[1]] if found else None

    return ask


def engine_by_host(engines: Sequence[SearchEngine]) -> Callable[[bytes], str | None]:
    """The id of the search engine that a Referer's host belongs to."""
    patterns = [(re.compile("|".join(map(_host_pattern, engine.hosts)).encode()), engine.id) for engine in engines]

    def ask(authority: bytes) -> str | None:
        host = authority.lower().rpartition(b"@")[2].partition(b":")[0].removesuffix(b".")
        return next((name for pattern, name in patterns if pattern.fullmatch(host)), None)

    return ask


def _host_pattern(host: str) -> str:
    middle = re.escape(host.removeprefix("*.").removesuffix(".*"))
    before = _SUBDOMAINS if host.startswith("*.") else ""
    after = rf"\.{_ANY_COUNTRY}" if host.endswith(".*") else ""
    return before + middle + after
