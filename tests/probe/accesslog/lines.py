"""Lines of logs, and what is counted of them."""

from tlsaudit.evidence import Scheme
from tlsaudit.policy import crawlers, search_engines
from tlsaudit.probe.accesslog.ranges import Ranges
from tlsaudit.probe.accesslog.recognise import Wishes, recognise
from tlsaudit.probe.accesslog.tally import Counter, Rules, Tally
from tlsaudit.probe.accesslog.who import Known

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BINGBOT = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
TIME = "25/Nov/2026:12:00:00 +0000"


def combined(
    agent: str = GOOGLEBOT,
    *,
    tail: str = "",
    head: str = "",
    referer: str = "-",
    time: str = TIME,
    request: str = "GET / HTTP/1.1",
    address: str = "192.0.2.1",
) -> str:
    """A line in the combined format, with more before and behind it."""
    return f'{head}{address} - - [{time}] "{request}" 200 612 "{referer}" "{agent}"{tail}'


def count(*lines: str, wishes: Wishes | None = None, ranges: dict[str, Ranges] | None = None) -> Tally:
    """What is counted of these lines, their format being told by themselves or by the wishes."""
    wishes = wishes or Wishes()
    text = "".join(f"{line}\n" for line in lines).encode()
    rules = Rules(Known(crawlers(), search_engines()), wishes.ports, ranges or {})
    return Counter(rules).chunk(recognise(text, wishes), text)


def schemes(tally: Tally) -> dict[Scheme, int]:
    """Requests by scheme."""
    found: dict[Scheme, int] = {}
    for (_, _, scheme, _, _), number in tally.counts.items():
        found[scheme] = found.get(scheme, 0) + number
    return found
