"""Ask for the URLs that pages name as canonical."""

from collections.abc import Iterable

from tlsaudit.evidence import CanonicalTarget, NotObserved, Page, PageCopy, Visit
from tlsaudit.probe.http.visits import Scheme, Visitor

_MAX_ASKED = 10


async def canonical_targets(visitor: Visitor, pages: Iterable[Page], https: Scheme) -> tuple[CanonicalTarget, ...]:
    """What the https URLs that the pages name answer, in the order in which they are named: all that `https` has
    visited already, and at most 10 others. Redirects are followed as those of pages are.
    """
    known = {first.url: (first.copy, visit) for first, visit in zip(https.firsts, https.visits, strict=True)}
    named = _named(pages)
    asked = [url for url in named if url not in known][:_MAX_ASKED]
    for url in asked:
        known[url] = await _visit(visitor, url)
    targets = []
    for url in named:
        if url in known:
            copy, visit = known[url]
            if isinstance(copy, PageCopy) and visit.stopped is None and (end := visit.hops[-1].url) != url:
                copy, _ = known.get(end) or await _visit(visitor, end)
            targets.append(CanonicalTarget(url, visit, copy.links if isinstance(copy, PageCopy) else ()))
    return tuple(targets)


async def _visit(visitor: Visitor, url: str) -> tuple[PageCopy | NotObserved, Visit]:
    seen = await visitor.visit([url])
    return seen.firsts[0].copy, seen.visits[0]


def _named(pages: Iterable[Page]) -> list[str]:
    copies = (copy for page in pages for copy in (page.http, page.https))
    links = (link for copy in copies if isinstance(copy, PageCopy) for link in copy.links)
    return [link for link in dict.fromkeys(links) if link.startswith("https://")]
