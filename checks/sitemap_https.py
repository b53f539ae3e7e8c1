"""Sitemaps name https URLs of this host, and the pages agree.

## Rationale
A sitemap is a site's own list of the addresses that search engines are to index. One that lists http sends them there
first, against what redirects and canonical links say; and they take a page's address from whichever of these signals
they trust most. Locations on a host other than the sitemap's are ignored by most search engines, unless that host's
robots.txt names the sitemap; so is a location whose page names another address as canonical, or has moved there for
good. A sitemap that is itself named by http can be replaced by whoever sits on the path.

Only a site with a sample (`sample: 10` in targets.yaml, or `--sample 10`) is looked at: it takes two requests and more,
and sitemaps can be large. At most ten sitemaps are read, until 50,000 locations were seen. A site without a sitemap has
nothing to judge.

## Remediation
Write https URLs into the sitemaps and into the `Sitemap:` lines of robots.txt, each one as the canonical link of its
page names it. Most content management systems make them from the address that is configured for the site: set that to
https.

Where one sitemap serves several hosts and the robots.txt of each names it, set `other_hosts: true` for this check.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from urllib.parse import unquote, urlsplit

from tlsaudit.check import Fact, Setting, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import CanonicalLinks, NotObserved, PageCopy, SiteIndex

_PERMANENT = (301, 308)


@check(
    title="Sitemaps name https URLs",
    severity=Severity.LOW,
    tags={"http", "canonical", "sitemap"},
    settings={Setting.PAGE},
    references=("sitemaps.org", "RFC 9309 section 2.2.4", "RFC 6596"),
)
def sitemap_https(index: SiteIndex, links: CanonicalLinks, *, other_hosts: bool = False) -> Iterator[Verdict]:
    contradictions = list(_contradictions(index, links))
    insecure = sum(sitemap.insecure_count for sitemap in index.sitemaps)
    elsewhere = sum(sitemap.elsewhere_count for sitemap in index.sitemaps)
    facts: dict[str, Fact] = {
        "sitemaps": len(index.sitemaps),
        "sitemaps_left": index.left,
        "locations": sum(sitemap.count for sitemap in index.sitemaps if not sitemap.index),
        "http_locations": insecure,
        "other_host_locations": elsewhere,
        "sampled_pages": len(index.sampled),
        "contradictions": len(contradictions),
    }
    named = () if isinstance(index.robots, NotObserved) else index.robots
    faults = [
        *_fault("robots.txt names", (url for url in named if not url.startswith("https://"))),
        *_fault(
            f"{_locations(insecure)} by http, such as", (url for sitemap in index.sitemaps for url in sitemap.insecure)
        ),
        *_fault(f"{len(contradictions)} of {len(index.sampled)} pages name another URL, such as", contradictions),
    ]
    if not other_hosts:
        urls = (url for sitemap in index.sitemaps for url in sitemap.elsewhere)
        faults += _fault(f"{_locations(elsewhere)} on another host, such as", urls)
    if faults:
        yield failed(", ".join(faults), **facts)
    else:
        yield _faultless(index, facts)


def _fault(what: str, examples: Iterable[str]) -> Iterator[str]:
    for example in islice(examples, 1):
        yield f"{what} {example:.120}"


def _contradictions(index: SiteIndex, links: CanonicalLinks) -> Iterator[str]:
    """Where the sampled pages of the sitemap say that they are, and the sitemap does not. That it is http is another
    check's concern.
    """
    for page in links.pages:
        if page.path in index.sampled and isinstance(page.https, PageCopy):
            named = _named(page.https)
            if named and _place(page.https.url) not in map(_place, named):
                yield f"{page.path:.120} -> {named[0]:.120}"


def _named(copy: PageCopy) -> tuple[str, ...]:
    if copy.status in _PERMANENT:
        return (copy.redirect,) if copy.redirect else ()
    return copy.links if copy.status == 200 else ()


def _place(url: str) -> tuple[str, ...]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return (url,)
    return parts.netloc.partition(":")[0], unquote(parts.path), unquote(parts.query)


def _faultless(index: SiteIndex, facts: Mapping[str, Fact]) -> Verdict:
    unread = next((sitemap for sitemap in index.sitemaps if sitemap.missing), None)
    if unread:
        return unknown(f"{unread.url:.120}: {unread.missing}", **facts)
    if isinstance(index.robots, NotObserved):
        return unknown(f"robots.txt: {index.robots}", **facts)
    if not index.sitemaps:
        return not_applicable("no sitemap", **facts)
    read, locations = len(index.sitemaps), sum(sitemap.count for sitemap in index.sitemaps if not sitemap.index)
    sitemaps = f"{read} of {read + index.left} sitemaps" if index.left else f"{read} sitemap{'s' * (read > 1)}"
    if not (locations or index.left):
        return not_applicable(f"no locations in {sitemaps}", **facts)
    return passed(f"{_locations(locations)} in {sitemaps}", **facts)


def _locations(count: int) -> str:
    return f"{count} location{'s' * (count != 1)}"
